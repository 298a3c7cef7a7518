/** The transaction that a group of operations is done in, one after the other on one connection. */
import type { CallOf, Operations } from '../operation.ts';

export interface Transaction {
  /** False before `begin` and after its end: on some errors a database rolls back by itself. */
  readonly isOpen: boolean;
  /** @param calls what is going to be done in it */
  begin(calls: readonly CallOf<Operations>[]): void;
  /** When it returns, everything is on disk. @returns whether anything was changed */
  commit(): boolean;
  rollBack(): void;
  /** What is done from here on can be undone by itself, or kept. One at a time. */
  savepoint(): void;
  release(): void;
  undo(): void;
}
