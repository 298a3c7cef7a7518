/** What waits: how much of it meets a filter, and the oldest of some buckets. */
import type { JobFilter } from '../../../domain/job-filter.ts';
import type { ClaimPick } from '../../../domain/store.ts';
import {
  MOST_WAITING_BUCKETS,
  type WaitingBuckets,
  type WaitingJobs,
  type WaitingQuery,
} from '../../../domain/waiting.ts';
import { bucketOfRow } from '../buckets.ts';
import type { Dialect } from '../dialect.ts';
import { JOB_COLUMNS, type jobOf } from '../rows.ts';
import { LIMIT, numberAt, type Row, type Statements } from '../statements.ts';
import { type Condition, conditionOf, where } from './filter.ts';

type ReadJob = (row: Row) => ReturnType<typeof jobOf>;

export function waitingBuckets(
  statements: Statements,
  { statuses: _, ...filter }: JobFilter,
): WaitingBuckets {
  const { terms, values } = conditionOf(statements.dialect, filter);
  const rows = statements.rows(
    `SELECT min(buckets.queue), min(buckets.priority), min(buckets.client), count(*), sum(jobs.created_at), min(jobs.created_at),
       sum(count(*)) OVER ()
     FROM jobs JOIN buckets ON buckets.id = jobs.line ${where([statements.dialect.patient, 'jobs.line IS NOT NULL', ...terms])}
     GROUP BY jobs.line ORDER BY max(jobs.urgency) DESC, min(jobs.sequence) ${LIMIT}`,
    ...values,
    MOST_WAITING_BUCKETS,
  );
  return {
    buckets: rows.map((row) => ({
      ...bucketOfRow(row, 0),
      count: numberAt(row, 3),
      createdAtSum: numberAt(row, 4),
      oldestCreatedAt: numberAt(row, 5),
    })),
    total: numberAt(rows[0], 6),
  };
}

export function waitingJobs(
  statements: Statements,
  { picks, ofPicks, others, limit }: WaitingQuery,
  jobOfRow: ReadJob,
): WaitingJobs {
  const ofPick = conditionOf(statements.dialect, ofPicks);
  const { statuses, ...conditions } = others;
  const isMeant = (status: 'PENDING' | 'QUEUED') => statuses === undefined || statuses.includes(status);
  const queued = isMeant('QUEUED')
    ? conditionOf(statements.dialect, { ...conditions, statuses: ['QUEUED'] })
    : null;
  const delayed = isMeant('PENDING') ? isDelayed(conditionOf(statements.dialect, conditions)) : null;
  const read = (condition: Condition | null, index: Index, order: string) =>
    condition
      ? statements
          .rows(
            `SELECT ${JOB_COLUMNS} ${found(statements.dialect, condition, index)} ORDER BY ${order} ${LIMIT}`,
            ...condition.values,
            limit,
          )
          .map(jobOfRow)
      : [];
  const count = (condition: Condition | null, index: Index) =>
    condition
      ? numberAt(
          statements.row(
            `SELECT count(*) ${found(statements.dialect, condition, index)}`,
            ...condition.values,
          ),
          0,
        )
      : 0;
  return {
    picked: picks.map((pick) => picked(statements, pick, ofPick).map(jobOfRow)),
    queued: read(queued, 'jobs_seldom', 'jobs.sequence'),
    delayed: read(delayed, 'jobs_delayed', 'jobs.not_before, jobs.sequence'),
    queuedCount: count(queued, 'jobs_seldom'),
    delayedCount: count(delayed, 'jobs_delayed'),
  };
}

/** Both hold few rows, whatever else waits: SQLite would go through all jobs of a client to find its few delayed ones. */
type Index = 'jobs_seldom' | 'jobs_delayed';

function found(dialect: Dialect, { terms }: Condition, index: Index): string {
  return `FROM jobs ${dialect.indexedBy(index)} ${where([dialect.patient, ...terms])}`;
}

function isDelayed({ terms, values }: Condition): Condition {
  return { terms: ['jobs.not_before IS NOT NULL', ...terms], values };
}

/** The bucket is looked up anew: one that had no jobs for a while comes back under another number. */
const LINE = 'jobs.line = (SELECT id FROM buckets WHERE queue = ? AND priority = ? AND client = ?)';

function picked(
  statements: Statements,
  { queue, priority, client, count }: ClaimPick,
  { terms, values }: Condition,
): readonly Row[] {
  return statements.rows(
    `SELECT ${JOB_COLUMNS} FROM jobs ${statements.dialect.indexedBy('jobs_line')} ${where([statements.dialect.patient, LINE, ...terms])}
     ORDER BY jobs.sequence ${LIMIT}`,
    queue,
    priority,
    client,
    ...values,
    count,
  );
}
