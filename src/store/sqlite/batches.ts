/** Batches of jobs as rows, each with the numbers of its jobs by status, which are kept with every change. */
import type { BatchId } from '../../domain/ids.ts';
import { JOB_STATUSES, type Job, type JobStatus } from '../../domain/job.ts';
import type { BatchJobCounts } from '../../domain/request-batch.ts';
import type { Batch } from '../../domain/store.ts';
import { isOverdue } from '../overdue.ts';
import type { Tables } from '../tables.ts';
import { numberAt, type Row, type Statements, textAt } from './statements.ts';

const COLUMNS: Readonly<Record<JobStatus, string>> = {
  PENDING: 'pending',
  QUEUED: 'queued',
  RUNNING: 'running',
  COMPLETE: 'complete',
  FAILED: 'failed',
  CANCELLED: 'cancelled',
};

/** Of a query that `countsAt` reads. */
export const COUNT_COLUMNS = [...JOB_STATUSES.map((status) => COLUMNS[status]), 'overdue']
  .map((name) => `batches.${name}`)
  .join(', ');

/** @param from the column of the first number */
export function countsAt(row: Row, from: number): BatchJobCounts {
  const jobs = Object.fromEntries(
    JOB_STATUSES.map((status, place) => [status, numberAt(row, from + place)]),
  ) as Record<JobStatus, number>;
  return { jobs, overdue: numberAt(row, from + JOB_STATUSES.length) };
}

export class SqliteBatches {
  readonly #statements: Statements;

  constructor(statements: Statements) {
    this.#statements = statements;
  }

  insert({ id, name, client, createdAt }: Parameters<Tables['insertBatch']>[0]): void {
    this.#statements.run(
      'INSERT INTO batches (id, name, client, created_at) VALUES (?, ?, ?, ?)',
      id,
      name,
      client,
      createdAt,
    );
  }

  /** Not while a batch of requests may still bring jobs. */
  deleteEmpty(id: BatchId): void {
    this.#statements.run(
      `DELETE FROM batches WHERE id = ? AND NOT EXISTS (SELECT 1 FROM jobs WHERE batch = batches.id)
         AND NOT EXISTS (SELECT 1 FROM request_batches WHERE id = batches.id)`,
      id,
    );
  }

  /** A job became another one; null before it exists and after it is forgotten. */
  count(before: Job | null, after: Job | null): void {
    const id = (after ?? before)?.batchId ?? null;
    if (id === null || before?.status === after?.status) return;
    const changes = [
      ...(before ? [`${COLUMNS[before.status]} = ${COLUMNS[before.status]} - 1`] : []),
      ...(after ? [`${COLUMNS[after.status]} = ${COLUMNS[after.status]} + 1`] : []),
    ];
    const overdue = Number(after !== null && isOverdue(after)) - Number(before !== null && isOverdue(before));
    if (overdue !== 0) changes.push(`overdue = overdue + ${overdue}`);
    const finishedAt = after?.finishedAt ?? null;
    if (finishedAt !== null) changes.push('last_finished_at = max(ifnull(last_finished_at, 0), ?)');
    this.#statements.run(
      `UPDATE batches SET ${changes.join(', ')} WHERE id = ?`,
      ...(finishedAt === null ? [] : [finishedAt]),
      id,
    );
  }

  byId(id: BatchId): Batch | null {
    const row = this.#statements.row(
      `SELECT name, client, created_at, last_finished_at, ${COUNT_COLUMNS} FROM batches WHERE id = ?`,
      id,
    );
    if (!row) return null;
    const counts = countsAt(row, 4).jobs;
    const isFinished = counts.PENDING + counts.QUEUED + counts.RUNNING === 0;
    return {
      id,
      name: row[0] as string | null,
      client: textAt(row, 1),
      createdAt: numberAt(row, 2),
      finishedAt: isFinished ? (row[3] as number | null) : null,
      counts,
    };
  }
}
