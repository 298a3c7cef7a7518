/** Jobs as rows, and back. */
import type { BucketKey } from '../../domain/backlog.ts';
import type { Fallback } from '../../domain/fallback.ts';
import type { BatchId, InstanceId, JobId } from '../../domain/ids.ts';
import type { Job, JobKind, JobStatus } from '../../domain/job.ts';
import { urgencyOf } from '../../domain/store.ts';
import type { Row, SqlValue } from './statements.ts';

interface Column {
  readonly name: string;
  readonly value: (job: Job) => SqlValue;
}

const listText = (list: readonly unknown[]) => (list.length === 0 ? null : JSON.stringify(list));
const objectText = (value: object | null) => (value === null ? null : JSON.stringify(value));

/** Columns that never change. */
const FIXED_COLUMNS: readonly Column[] = [
  { name: 'sequence', value: (job) => job.sequence },
  { name: 'id', value: (job) => job.id },
  { name: 'created_at', value: (job) => job.createdAt },
  { name: 'max_attempts', value: (job) => job.maxAttempts },
  { name: 'kind', value: (job) => job.kind },
  { name: 'fallback', value: (job) => objectText(job.fallback ?? null) },
  { name: 'task', value: (job) => job.task ?? null },
  { name: 'batch', value: (job) => job.batchId },
  { name: 'labels', value: (job) => listText(job.labels) },
  { name: 'metadata', value: (job) => objectText(job.metadata) },
];

/** Columns that an update writes when their value is not the one before. */
export const CHANGING_COLUMNS: readonly (Column & { readonly same: (a: Job, b: Job) => boolean })[] = [
  column('revision', 'revision'),
  column('status', 'status'),
  column('fence', 'fence'),
  column('started_at', 'startedAt'),
  column('finished_at', 'finishedAt'),
  column('not_before', 'notBefore'),
  column('failed_attempts', 'failedAttempts'),
  column('backend', 'backend'),
  column('instance_id', 'instanceId'),
  column('deadline', 'deadline'),
  column('model_name', 'modelName'),
  { name: 'cache_key', value: (job) => job.cacheKey ?? null, same: (a, b) => a.cacheKey === b.cacheKey },
  {
    name: 'answered_by',
    value: (job) => job.answeredBy ?? null,
    same: (a, b) => a.answeredBy === b.answeredBy,
  },
  { name: 'urgency', value: (job) => urgencyOf(job.priority), same: (a, b) => a.priority === b.priority },
  { name: 'failure', value: (job) => objectText(job.failure), same: (a, b) => a.failure === b.failure },
  { name: 'history', value: (job) => listText(job.history), same: (a, b) => a.history === b.history },
  {
    name: 'caller_left',
    value: (job) => (job.callerLeft ? 1 : null),
    same: (a, b) => a.callerLeft === b.callerLeft,
  },
];

function column(
  name: string,
  key:
    | 'revision'
    | 'status'
    | 'fence'
    | 'startedAt'
    | 'finishedAt'
    | 'notBefore'
    | 'failedAttempts'
    | 'backend'
    | 'instanceId'
    | 'deadline'
    | 'modelName',
) {
  return { name, value: (job: Job) => job[key], same: (a: Job, b: Job) => a[key] === b[key] };
}

const INSERTED = [...FIXED_COLUMNS, ...CHANGING_COLUMNS];

export const INSERT_JOB = `INSERT INTO jobs (bucket, line, live, ${INSERTED.map(({ name }) => name).join(', ')})
  VALUES (?, ?, ?, ${INSERTED.map(() => '?').join(', ')})`;

/** After the numbers of its bucket, its line and the life that it is live in. */
export function insertValues(job: Job): SqlValue[] {
  return INSERTED.map(({ value }) => value(job));
}

/** What a query selects to be read by `jobOf`. */
export const JOB_COLUMNS = `jobs.sequence, jobs.id, jobs.revision, jobs.status, jobs.bucket, jobs.fence, jobs.started_at,
  jobs.finished_at, jobs.not_before, jobs.failed_attempts, jobs.backend, jobs.instance_id, jobs.failure, jobs.history,
  jobs.created_at, jobs.deadline, jobs.max_attempts, jobs.kind, jobs.model_name, jobs.batch, jobs.labels, jobs.metadata,
  jobs.live, jobs.caller_left, jobs.task, jobs.fallback,
  jobs.cache_key, jobs.answered_by`;

export function jobOf(row: Row, bucketOf: (id: number) => BucketKey): Job {
  const bucket = bucketOf(row[4] as number);
  return {
    sequence: row[0] as number,
    id: row[1] as JobId,
    revision: row[2] as number,
    status: row[3] as JobStatus,
    queue: bucket.queue,
    priority: bucket.priority,
    client: bucket.client,
    fence: row[5] as number,
    startedAt: row[6] as number | null,
    finishedAt: row[7] as number | null,
    notBefore: row[8] as number | null,
    failedAttempts: row[9] as number,
    backend: row[10] as string | null,
    instanceId: row[11] as InstanceId | null,
    failure: parsed(row[12], null),
    history: parsed(row[13], []),
    createdAt: row[14] as number,
    deadline: row[15] as number | null,
    maxAttempts: row[16] as number,
    kind: row[17] as JobKind,
    modelName: row[18] as string,
    batchId: row[19] as BatchId | null,
    labels: parsed(row[20], []),
    metadata: parsed(row[21], null),
    live: row[22] !== null,
    ...(row[23] !== null && { callerLeft: true }),
    ...(row[24] !== null && { task: row[24] as string }),
    ...(row[26] !== null && { cacheKey: row[26] as string }),
    ...(row[27] !== null && { answeredBy: row[27] as JobId }),
    ...(row[25] !== null && { fallback: parsed<Fallback | undefined>(row[25], undefined) }),
  };
}

/** JSON that this store wrote itself, or what its absence stands for. */
function parsed<T>(text: unknown, otherwise: T): T {
  return typeof text === 'string' ? (JSON.parse(text) as T) : otherwise;
}
