/** Which jobs a reader asked for: what stores, lists, streams and bulk changes mean by it. */
import type { BatchId } from './ids.ts';
import {
  isTerminal,
  type Job,
  type JobKind,
  type JobPriority,
  type JobStatus,
  type Label,
  leadsTo,
} from './job.ts';
import { may, onlyClient, type Principal } from './principal.ts';
import { parseQueueKey } from './queue-key.ts';

export interface JobFilter {
  /** Jobs of any of these clients. */
  readonly clients?: readonly string[];
  readonly createdAfter?: number;
  readonly createdBefore?: number;
  /** Jobs that ended later than this. */
  readonly finishedAfter?: number;
  readonly kinds?: readonly JobKind[];
  /** Jobs that have all of these. */
  readonly labels?: readonly Label[];
  /** Jobs whose id begins so, or that have it in a label, in a name of their model or in that of their client; in capitals or not. Not empty. */
  readonly matching?: string;
  /** Canonical or submitted names. */
  readonly models?: readonly string[];
  readonly priorities?: readonly JobPriority[];
  readonly statuses?: readonly JobStatus[];
  readonly batchId?: BatchId;
  /** Jobs of this client alone: the one that asks. */
  readonly client?: string;
}

/** What of a job can change from one state to the next, as far as filters look at it. */
export type JobBefore = Pick<Job, 'status' | 'priority'>;

/** Only jobs that the caller may see. */
export function ownFilter(principal: Principal, filter: JobFilter): JobFilter {
  const only = onlyClient(principal);
  return only === null ? filter : { ...filter, client: only };
}

/** Only jobs that the caller may change. */
export function changeableFilter(principal: Principal, filter: JobFilter): JobFilter {
  return may(principal, 'OPERATE') ? filter : { ...filter, client: principal.client };
}

/** Whether the job matches but for what can change: what of the answer stays as it is. */
export function matchesUnchanging(filter: JobFilter, job: Job): boolean {
  if (filter.createdAfter !== undefined && job.createdAt <= filter.createdAfter) return false;
  if (filter.createdBefore !== undefined && job.createdAt >= filter.createdBefore) return false;
  if (filter.client !== undefined && job.client !== filter.client) return false;
  if (filter.clients !== undefined && !filter.clients.includes(job.client)) return false;
  if (filter.batchId !== undefined && job.batchId !== filter.batchId) return false;
  if (filter.kinds !== undefined && !filter.kinds.includes(job.kind)) return false;
  if (filter.models !== undefined && !filter.models.some((name) => isModelOf(job, name))) return false;
  if (filter.matching !== undefined && !isFoundBy(job, filter.matching)) return false;
  return (filter.labels ?? []).every((wanted) =>
    job.labels.some((label) => label.key === wanted.key && label.value === wanted.value),
  );
}

function matchesStatus(filter: JobFilter, status: JobStatus): boolean {
  return filter.statuses === undefined || filter.statuses.includes(status);
}

function matchesPriority(filter: JobFilter, priority: JobPriority): boolean {
  return filter.priorities === undefined || filter.priorities.includes(priority);
}

function matchesEnd(filter: JobFilter, { finishedAt }: Job): boolean {
  return filter.finishedAfter === undefined || (finishedAt !== null && finishedAt > filter.finishedAfter);
}

export function matchesJob(filter: JobFilter, job: Job): boolean {
  return (
    matchesStatus(filter, job.status) &&
    matchesPriority(filter, job.priority) &&
    matchesEnd(filter, job) &&
    matchesUnchanging(filter, job)
  );
}

/** Whether a reader is told of the change: the job matches, or stops matching with it, so that the reader can drop it. */
export function concernsReader(filter: JobFilter, job: Job, before: JobBefore | null): boolean {
  if (!matchesUnchanging(filter, job)) return false;
  if (matchesJob(filter, job)) return true;
  if (!before || !matchesStatus(filter, before.status) || !matchesPriority(filter, before.priority))
    return false;
  // When an earlier end was is not known any more.
  return filter.finishedAfter === undefined || isTerminal(before.status);
}

/** Whether a reader may have been told of the job: it matches, or can have matched before. Any job may have had another priority, or an end before this one. */
export function mayBeKnownToReader(filter: JobFilter, job: Job): boolean {
  if (!matchesUnchanging(filter, job)) return false;
  if (matchesStatus(filter, job.status)) return true;
  return filter.statuses?.some((status) => leadsTo(status, job.status)) ?? true;
}

function isModelOf(job: Job, name: string): boolean {
  return job.modelName === name || parseQueueKey(job.queue).model === name;
}

function isFoundBy(job: Job, text: string): boolean {
  const wanted = inSmallLetters(text);
  const names = [
    job.client,
    job.modelName,
    parseQueueKey(job.queue).model,
    ...job.labels.flatMap(({ key, value }) => [key, value]),
  ];
  return job.id.startsWith(text) || names.some((name) => inSmallLetters(name).includes(wanted));
}

/** Of the Latin letters without accents alone, as SQLite's `lower`. */
function inSmallLetters(text: string): string {
  return text.replace(/[A-Z]+/g, (letters) => letters.toLowerCase());
}
