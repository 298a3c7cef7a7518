/** Batches of jobs as rows, each with the numbers of its jobs by status, which are kept with every change. */
import {
  type Batch,
  type BatchChange,
  type BatchFilter,
  type BatchPage,
  type BatchQuery,
  batchFinishedAt,
} from '../../domain/batch.ts';
import type { BatchId } from '../../domain/ids.ts';
import { JOB_STATUSES, type Job, type JobStatus } from '../../domain/job.ts';
import type { JsonObject } from '../../domain/json.ts';
import type { BatchJobCounts } from '../../domain/request-batch.ts';
import { batchPage } from '../batch-paging.ts';
import { isOverdue } from '../overdue.ts';
import type { BatchRow } from '../tables.ts';
import { where } from './reads/filter.ts';
import { LIMIT, numberAt, type Row, type SqlValue, type Statements, textAt } from './statements.ts';

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

export class SqlBatches {
  readonly #statements: Statements;

  constructor(statements: Statements) {
    this.#statements = statements;
  }

  insert({ id, name, client, createdAt, kept, metadata }: BatchRow): void {
    this.#statements.run(
      'INSERT INTO batches (id, name, client, created_at, kept, metadata) VALUES (?, ?, ?, ?, ?, ?)',
      id,
      name,
      client,
      createdAt,
      Number(kept),
      textOf(metadata),
    );
  }

  update(id: BatchId, change: BatchChange): boolean {
    if (!this.#statements.row('SELECT 1 FROM batches WHERE id = ?', id)) return false;
    if (change.name !== undefined)
      this.#statements.run('UPDATE batches SET name = ? WHERE id = ?', change.name, id);
    if (change.kept !== undefined)
      this.#statements.run('UPDATE batches SET kept = ? WHERE id = ?', Number(change.kept), id);
    if (change.metadata !== undefined)
      this.#statements.run('UPDATE batches SET metadata = ? WHERE id = ?', textOf(change.metadata), id);
    return true;
  }

  /** Of those all of whose jobs ended at `time` or before, and that nothing keeps: the first to end first. */
  forgettableAt(time: number, limit: number): readonly BatchId[] {
    return this.#statements
      .rows(
        `SELECT id FROM batches WHERE kept = 0 AND last_finished_at <= ? AND pending + queued + running = 0
         AND complete + failed + cancelled > 0 AND NOT EXISTS
           (SELECT 1 FROM request_batches
            WHERE request_batches.id = batches.id AND ${this.#statements.dialect.orNever('ended_at')} > ?)
         ORDER BY last_finished_at ${LIMIT}`,
        time,
        time,
        limit,
      )
      .map((row) => textAt(row, 0) as BatchId);
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
    if (finishedAt !== null)
      changes.push(
        `last_finished_at = ${this.#statements.dialect.greatest}(coalesce(last_finished_at, 0), ?)`,
      );
    this.#statements.run(
      `UPDATE batches SET ${changes.join(', ')} WHERE id = ?`,
      ...(finishedAt === null ? [] : [finishedAt]),
      id,
    );
  }

  byId(id: BatchId): Batch | null {
    const row = this.#statements.row(`${BATCHES} WHERE id = ?`, id);
    return row ? batchOf(row) : null;
  }

  list(query: BatchQuery): BatchPage {
    return batchPage(query, ({ filter, below, above, upwards, limit }) => {
      const { terms, values } = this.#conditionsOf(filter);
      if (below !== undefined) {
        terms.push('id < ?');
        values.push(below);
      }
      if (above !== undefined) {
        terms.push('id > ?');
        values.push(above);
      }
      return this.#statements
        .rows(`${BATCHES} ${where(terms)} ORDER BY id ${upwards ? 'ASC' : 'DESC'} ${LIMIT}`, ...values, limit)
        .map(batchOf);
    });
  }

  countMatching(filter: BatchFilter): number {
    const { terms, values } = this.#conditionsOf(filter);
    return numberAt(this.#statements.row(`SELECT count(*) FROM batches ${where(terms)}`, ...values), 0);
  }

  #conditionsOf({ client, kind }: BatchFilter) {
    const terms: string[] = [this.#statements.dialect.patientRow];
    const values: SqlValue[] = [];
    if (client !== undefined) {
      terms.push('client = ?');
      values.push(client);
    }
    if (kind !== undefined) {
      terms.push('kind = ?');
      values.push(kind);
    }
    return { terms, values };
  }
}

/** In the place of the end of a batch of requests that has not ended; null where there are no requests. */
const NOT_ENDED = -1;
const REQUESTS_ENDED_AT = `(SELECT coalesce(ended_at, ${NOT_ENDED}) FROM request_batches WHERE request_batches.id = batches.id)`;
const BATCHES = `SELECT id, name, client, created_at, last_finished_at, kept, metadata, ${REQUESTS_ENDED_AT}, ${COUNT_COLUMNS} FROM batches`;

function batchOf(row: Row): Batch {
  const counts = countsAt(row, 8).jobs;
  const requestsEndedAt = row[7] === NOT_ENDED ? null : ((row[7] as number | null) ?? undefined);
  return {
    id: textAt(row, 0) as BatchId,
    name: row[1] as string | null,
    client: textAt(row, 2),
    createdAt: numberAt(row, 3),
    finishedAt: batchFinishedAt(counts, row[4] as number | null, requestsEndedAt),
    kept: row[5] === 1,
    metadata: row[6] === null ? null : (JSON.parse(textAt(row, 6)) as JsonObject),
    counts,
  };
}

function textOf(metadata: JsonObject | null): string | null {
  return metadata === null ? null : JSON.stringify(metadata);
}
