/** Which jobs a reader asked for: what stores, lists, streams and bulk changes mean by it. All but the status of a job stays as it was submitted. */
import type { BatchId } from './ids.ts';
import { type Job, type JobKind, type JobStatus, type Label, leadsTo } from './job.ts';
import { onlyClient, type Principal } from './principal.ts';
import { parseQueueKey } from './queue-key.ts';

export interface JobFilter {
  readonly createdAfter?: number;
  readonly kinds?: readonly JobKind[];
  /** Jobs that have all of these. */
  readonly labels?: readonly Label[];
  /** Canonical or submitted names. */
  readonly models?: readonly string[];
  readonly statuses?: readonly JobStatus[];
  readonly batchId?: BatchId;
  /** Jobs of this client alone. */
  readonly client?: string;
}

/** Only jobs that the caller may see. */
export function ownFilter(principal: Principal, filter: JobFilter): JobFilter {
  const only = onlyClient(principal);
  return only === null ? filter : { ...filter, client: only };
}

/** Whether the job matches but for its status: what of the answer can never change. */
export function matchesUnchanging(filter: JobFilter, job: Job): boolean {
  if (filter.createdAfter !== undefined && job.createdAt <= filter.createdAfter) return false;
  if (filter.client !== undefined && job.client !== filter.client) return false;
  if (filter.batchId !== undefined && job.batchId !== filter.batchId) return false;
  if (filter.kinds !== undefined && !filter.kinds.includes(job.kind)) return false;
  if (filter.models !== undefined && !filter.models.some((name) => isModelOf(job, name))) return false;
  return (filter.labels ?? []).every((wanted) =>
    job.labels.some((label) => label.key === wanted.key && label.value === wanted.value),
  );
}

function matchesStatus(filter: JobFilter, status: JobStatus): boolean {
  return filter.statuses === undefined || filter.statuses.includes(status);
}

export function matchesJob(filter: JobFilter, job: Job): boolean {
  return matchesStatus(filter, job.status) && matchesUnchanging(filter, job);
}

/** Whether a reader is told of the change: the job matches, or stops matching with it, so that the reader can drop it. */
export function concernsReader(filter: JobFilter, job: Job, previousStatus: JobStatus | null): boolean {
  if (!matchesUnchanging(filter, job)) return false;
  if (matchesStatus(filter, job.status)) return true;
  return previousStatus !== null && matchesStatus(filter, previousStatus);
}

/** Whether a reader may have been told of the job in a status that it asked for: the job has one, or can have had one before. */
export function mayBeKnownToReader(filter: JobFilter, job: Job): boolean {
  if (!matchesUnchanging(filter, job)) return false;
  if (matchesStatus(filter, job.status)) return true;
  return filter.statuses?.some((status) => leadsTo(status, job.status)) ?? true;
}

function isModelOf(job: Job, name: string): boolean {
  return job.modelName === name || parseQueueKey(job.queue).model === name;
}
