/** Jobs submitted together. */
import type { BatchId } from './ids.ts';
import type { JobCounts } from './job.ts';
import type { JsonObject } from './json.ts';

export interface Batch {
  readonly id: BatchId;
  readonly name: string | null;
  readonly client: string;
  readonly createdAt: number;
  /**
   * When its last job ended; null while any has not, and before it has any. Of a batch of requests also null while its requests have not ended;
   * without a job it was over when they were.
   */
  readonly finishedAt: number | null;
  readonly counts: JobCounts;
  /** Neither it nor its jobs are forgotten. */
  readonly kept: boolean;
  /** What whoever submitted it wants to find with it. */
  readonly metadata: JsonObject | null;
}

export interface NewBatch extends Pick<Batch, 'id' | 'name' | 'client'> {
  /** Absent: false. */
  readonly kept?: boolean;
  readonly metadata?: JsonObject | null;
}

/** What is absent stays. */
export type BatchChange = Partial<Pick<Batch, 'kept' | 'metadata' | 'name'>>;

export interface BatchFilter {
  /** Those of this client alone. */
  readonly client?: string;
  /** Those in whose metadata `kind` is this text. */
  readonly kind?: string;
}

/** The newest come first, in the order of their ids, which tell when they were made. */
export interface BatchQuery {
  readonly filter: BatchFilter;
  /** Exclusive, as `before`. */
  readonly after?: BatchId;
  readonly before?: BatchId;
  /** Take the last `limit` of the range instead of the first; the newest come first either way. */
  readonly fromEnd?: boolean;
  /** At most 1,000. */
  readonly limit: number;
}

export interface BatchPage {
  readonly batches: readonly Batch[];
  /** Whether more match before the first, and after the last, of `batches`. */
  readonly hasPrevious: boolean;
  readonly hasNext: boolean;
}

/**
 * When a batch was over: its last job has ended, and no more come.
 * @param jobsEndedAt when the last of its jobs ended; null while one has not, and where there are none
 * @param requestsEndedAt when its requests ended, null before; undefined for a batch that is none of requests
 */
export function batchFinishedAt(
  counts: JobCounts,
  jobsEndedAt: number | null,
  requestsEndedAt: number | null | undefined,
): number | null {
  if (counts.PENDING + counts.QUEUED + counts.RUNNING > 0 || requestsEndedAt === null) return null;
  return jobsEndedAt ?? requestsEndedAt ?? null;
}

/** The kind that metadata name, by which batches are found. */
export function kindIn(metadata: JsonObject | null): string | null {
  const kind = metadata?.kind;
  return typeof kind === 'string' ? kind : null;
}
