/** Instants in rows that something ends at: they move with the clock when it was set forward between two lives. */
import type { Statements } from './statements.ts';

const UNENDED = `status IN ('PENDING', 'QUEUED', 'RUNNING')`;

/**
 * Jobs that have not ended keep their age, their delay and the time they have left, and batches of requests their windows. The times of what
 * has ended stay as they were shown.
 */
export function moveOpenInstants(statements: Statements, ms: number): void {
  statements.run(
    `UPDATE jobs SET created_at = created_at + ?1, started_at = started_at + ?1, not_before = not_before + ?1, deadline = deadline + ?1
     WHERE ${UNENDED}`,
    ms,
  );
  statements.run(
    `UPDATE request_batches SET record = json_set(record, '$.expiresAt', record ->> '$.expiresAt' + ?) WHERE ended_at IS NULL`,
    ms,
  );
}

/** Files are kept for time in which a server lived. */
export function moveFileExpiry(statements: Statements, ms: number): void {
  statements.run('UPDATE files SET expires_at = expires_at + ? WHERE expires_at IS NOT NULL', ms);
}
