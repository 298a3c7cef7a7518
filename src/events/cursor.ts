/**
 * Where a subscriber stands, as opaque text that it can come back with. It counts in revisions of the store, which are
 * durable: a cursor is good across restarts of the server, and for every server on the same store.
 */

export interface CursorPosition {
  /** Every change up to here was told. */
  readonly revision: number;
  /** The snapshot was not told to its end, so it is owed again, and after it what changed since `revision`. */
  readonly withinSnapshot: boolean;
}

const WITHIN_SNAPSHOT = '.part';

/** @param history names the store whose revisions are counted. */
export function cursorOf(history: string, { revision, withinSnapshot }: CursorPosition): string {
  return `${history}.${revision.toString(36)}${withinSnapshot ? WITHIN_SNAPSHOT : ''}`;
}

const CURSOR = /^([A-Za-z0-9_-]{8})\.([0-9a-z]{1,11})(\.part)?$/;

/** Undefined when the cursor is of another store, or is none: the stream begins anew. */
export function positionOf(history: string, cursor: string): CursorPosition | undefined {
  const [, cursorHistory, revisionText, part] = CURSOR.exec(cursor) ?? [];
  if (cursorHistory !== history || revisionText === undefined) return undefined;
  const revision = Number.parseInt(revisionText, 36);
  return Number.isSafeInteger(revision) ? { revision, withinSnapshot: part !== undefined } : undefined;
}
