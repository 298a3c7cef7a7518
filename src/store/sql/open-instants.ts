/** Instants in rows that something ends at: they move with the clock when it was set forward between two lives. */
import type { RequestBatch } from '../../domain/request-batch.ts';
import { numberAt, type Statements, textAt } from './statements.ts';

const UNENDED = `status IN ('PENDING', 'QUEUED', 'RUNNING')`;

/**
 * Jobs that have not ended keep their age, their delay and the time they have left, and batches of requests their windows. The times of what
 * has ended stay as they were shown.
 */
export function moveOpenInstants(statements: Statements, ms: number): void {
  statements.run(
    `UPDATE jobs SET created_at = created_at + ?, started_at = started_at + ?, not_before = not_before + ?, deadline = deadline + ?
     WHERE ${UNENDED}`,
    ms,
    ms,
    ms,
    ms,
  );
  for (const row of statements.rows('SELECT sequence, record FROM request_batches WHERE ended_at IS NULL')) {
    const batch = JSON.parse(textAt(row, 1)) as RequestBatch;
    const moved: RequestBatch = { ...batch, expiresAt: batch.expiresAt + ms };
    statements.run(
      'UPDATE request_batches SET record = ? WHERE sequence = ?',
      JSON.stringify(moved),
      numberAt(row, 0),
    );
  }
}

/** Files are kept for time in which a server lived. */
export function moveFileExpiry(statements: Statements, ms: number): void {
  statements.run('UPDATE files SET expires_at = expires_at + ? WHERE expires_at IS NOT NULL', ms);
}
