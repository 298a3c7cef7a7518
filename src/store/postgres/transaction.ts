/** The transaction of a group on PostgreSQL, which finds out after a lost connection whether the group was committed. */

import type { StorePlace } from '../../config/store-place.ts';
import { DataDirectoryInUseError, StoreUnwritableError } from '../../domain/errors.ts';
import type { CallOf, Operations } from '../operation.ts';
import { numberAt } from '../sql/statements.ts';
import type { Transaction } from '../threads/transaction.ts';
import { takeOwnership } from './owner.ts';
import type { PostgresStatements } from './statements.ts';

/** What a group needs to see, by what it is going to do. */
export interface Foresight {
  /** Begins the transaction, and reads that in the same trip. @returns the number of the connection */
  begin(calls: readonly CallOf<Operations>[]): number;
}

export interface PostgresTransactionParts {
  readonly statements: PostgresStatements;
  readonly foresight: Foresight;
  readonly place: StorePlace;
  readonly life: number;
  /** The connection that holds the schema, and its backend. */
  readonly connection: number;
  readonly backend: number;
  /** Called between two tries to find out what became of a commit; what it throws ends them. Takes a little while. */
  readonly whileInDoubt: () => void;
}

export class PostgresTransaction implements Transaction {
  readonly #parts: PostgresTransactionParts;
  readonly #statements: PostgresStatements;
  #connection: number;
  #backend: number;
  /** Of this life, as its row in `servers` counts them. */
  #commits = 0;

  constructor(parts: PostgresTransactionParts) {
    this.#parts = parts;
    this.#statements = parts.statements;
    this.#connection = parts.connection;
    this.#backend = parts.backend;
  }

  get isOpen(): boolean {
    return this.#statements.isOpen;
  }

  begin(calls: readonly CallOf<Operations>[]): void {
    const connection = this.#parts.foresight.begin(calls);
    if (connection === this.#connection) return;
    this.#own(connection);
    // What was read before the schema was owned again may be somebody else's past.
    this.#statements.rollBack();
    this.#parts.foresight.begin(calls);
  }

  commit(): boolean {
    if (this.#statements.written === 0) {
      this.#statements.end('COMMIT');
      return false;
    }
    const next = this.#commits + 1;
    this.#statements.run('UPDATE servers SET commits = ? WHERE life = ?', next, this.#parts.life);
    if (!this.#statements.tryEnd('COMMIT') && !this.#wasCommitted(next))
      throw new StoreUnwritableError(
        `The connection to PostgreSQL at ${this.#parts.place.shown} was lost before this was stored. Nothing of it was kept.`,
      );
    this.#commits = next;
    return true;
  }

  rollBack(): void {
    this.#statements.rollBack();
  }

  savepoint(): void {
    this.#statements.say('SAVEPOINT operation');
  }

  release(): void {
    this.#statements.say('RELEASE SAVEPOINT operation');
    // What fails has to fail with the operation that wrote it.
    this.#statements.flush();
  }

  undo(): void {
    this.#statements.undo('ROLLBACK TO SAVEPOINT operation; RELEASE SAVEPOINT operation');
  }

  /** Whoever holds the lock knows that the connection before has ended: what it left is all there will be. */
  #wasCommitted(commits: number): boolean {
    for (;;) {
      try {
        this.#own(this.#statements.begin('BEGIN', []).connection);
        const row = this.#statements.row('SELECT commits FROM servers WHERE life = ?', this.#parts.life);
        this.#statements.end('COMMIT');
        return numberAt(row, 0) === commits;
      } catch (error) {
        if (error instanceof DataDirectoryInUseError) throw error;
        this.#parts.whileInDoubt();
      }
    }
  }

  /** The lock went with the connection that held it. */
  #own(connection: number): void {
    this.#backend = takeOwnership(this.#statements, this.#parts.place, this.#backend);
    this.#connection = connection;
  }
}
