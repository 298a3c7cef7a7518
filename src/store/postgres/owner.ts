/**
 * One server at a time works on a schema. The lock belongs to the writer's connection, so it goes with that: with the server, or when
 * PostgreSQL sees that the connection is dead. Once it is held, no earlier connection of this server is at work any more.
 */
import { systemClock } from '../../clock.ts';
import type { StorePlace } from '../../config/store-place.ts';
import { DataDirectoryInUseError } from '../../domain/errors.ts';
import { numberAt } from '../sql/statements.ts';
import { pause } from '../threads/pause.ts';
import type { PostgresStatements } from './statements.ts';

function keyOf({ schema }: StorePlace): string {
  return `hashtextextended('vramkeeper ${schema}', 0)`;
}

/** A query for the lock of who works there: https://www.postgresql.org/docs/current/view-pg-locks.html says how the key is shown. */
export function heldLock(place: StorePlace): string {
  return `SELECT 1 FROM pg_locks WHERE locktype = 'advisory' AND granted AND objsubid = 1
    AND database = (SELECT oid FROM pg_database WHERE datname = current_database())
    AND ((classid::bigint << 32) | objid::bigint) = ${keyOf(place)}`;
}

/** A server that has just ended may still have a connection there. */
const PATIENCE_MS = 2_000;
const PAUSE_MS = 25;

/**
 * @param before the backend of an earlier connection of this server, which may not have heard yet that it is over; null where there was none
 * @returns the backend of this connection
 * @throws DataDirectoryInUseError when another server holds it
 */
export function takeOwnership(
  statements: PostgresStatements,
  place: StorePlace,
  before: number | null,
): number {
  const key = keyOf(place);
  const own = numberAt(statements.row('SELECT pg_backend_pid()'), 0);
  const until = systemClock.monotonic() + PATIENCE_MS;
  while (statements.row(`SELECT pg_try_advisory_lock(${key})`)?.[0] !== true) {
    if (before !== null)
      statements.row('SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE pid = ?', before);
    if (systemClock.monotonic() > until)
      throw new DataDirectoryInUseError(
        `Another vramkeeper works on the store at ${place.shown}. Several servers on one store are not possible yet: ` +
          'stop it first, or give this one a schema of its own (?schema=NAME).',
      );
    pause(PAUSE_MS);
  }
  return own;
}
