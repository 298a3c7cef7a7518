/** A store whose jobs were moved elsewhere says so, and no server works on it any more. */
import { StoreUnusableError } from '../../domain/errors.ts';
import { UPSERT_FACT } from './facts.ts';
import { type Statements, textAt } from './statements.ts';

/** Where it is noted that everything has gone elsewhere. */
const SPACE = 'store';
const KEY = 'movedTo';

/** @returns where to; null where it has not been moved */
export function movedTo(statements: Statements): string | null {
  const row = statements.row('SELECT value FROM facts WHERE space = ? AND key = ?', SPACE, KEY);
  return row ? (JSON.parse(textAt(row, 0)) as string) : null;
}

export function noteMoved(statements: Statements, to: string): void {
  statements.run(UPSERT_FACT, SPACE, KEY, JSON.stringify(to));
}

/** @throws StoreUnusableError for a store whose jobs are elsewhere by now */
export function refuseMoved(statements: Statements, place: string): void {
  const to = movedTo(statements);
  if (to === null) return;
  throw new StoreUnusableError(
    `What ${place} held was moved to ${to}: set store or dataDir to that. What is still here is as old as the move; "vramkeeper move" brings it back.`,
  );
}
