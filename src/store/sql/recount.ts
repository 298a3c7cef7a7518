/** The queue's numbers from its rows: what the writer starts with, and what it must always equal. */
import { type JobCounts, type JobStatus, NO_JOBS } from '../../domain/job.ts';
import type { QueueState } from '../queue-writer.ts';
import { bucketOfRow } from './buckets.ts';
import { numberAt, type Statements, textAt } from './statements.ts';

export function recount(statements: Statements): QueueState {
  const counts: Record<JobStatus, number> = { ...NO_JOBS };
  for (const row of statements.rows('SELECT status, count(*) FROM jobs GROUP BY status')) {
    counts[row[0] as JobStatus] = numberAt(row, 1);
  }
  const baseAt = numberAt(statements.row('SELECT min(created_at) FROM jobs'), 0);
  const buckets = statements
    .rows(
      `SELECT queue, priority, client, waiting, arrivals, sequences FROM
         (SELECT line, count(*) AS waiting, sum(created_at - ?) AS arrivals, sum(sequence) AS sequences
          FROM jobs
          WHERE line IS NOT NULL GROUP BY line) AS lines
       JOIN buckets ON buckets.id = line`,
      baseAt,
    )
    .map((row) => ({
      ...bucketOfRow(row, 0),
      count: numberAt(row, 3),
      baseAt,
      arrivalsAfterBaseMs: numberAt(row, 4),
      sequenceSum: numberAt(row, 5),
    }));
  return {
    counts: counts satisfies JobCounts,
    buckets,
    clients: clientsOf(statements),
    delayed: numberAt(statements.row('SELECT count(*) FROM jobs WHERE not_before IS NOT NULL'), 0),
    sequence: highest(statements, 'sequence'),
    revision: highest(statements, 'revision'),
  };
}

function clientsOf(statements: Statements): QueueState['clients'] {
  const rows = statements.rows(
    `SELECT client, count(*) FILTER (WHERE status = 'PENDING'), count(*) FILTER (WHERE status <> 'PENDING') FROM jobs JOIN buckets ON buckets.id = jobs.bucket
     WHERE status IN ('PENDING', 'QUEUED', 'RUNNING') GROUP BY client`,
  );
  return rows.map(
    (row) => [textAt(row, 0), { waiting: numberAt(row, 1), running: numberAt(row, 2) }] as const,
  );
}

export function highest(statements: Statements, column: 'sequence' | 'revision'): number {
  const marked = numberAt(statements.row('SELECT value FROM high_marks WHERE name = ?', column), 0);
  return Math.max(marked, numberAt(statements.row(`SELECT max(${column}) FROM jobs`), 0));
}

/** Sequences and revisions never come twice, even when the rows that had the last ones are gone. */
export function markHighest(statements: Statements): void {
  for (const column of ['sequence', 'revision'])
    statements.run(
      `INSERT INTO high_marks SELECT '${column}', coalesce(max(${column}), 0) FROM jobs WHERE true
       ON CONFLICT (name) DO UPDATE SET value = ${statements.dialect.greatest}(high_marks.value, excluded.value)`,
    );
}
