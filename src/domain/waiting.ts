/** What waits, as the store tells it: never all of it, but how much there is and the oldest of the buckets that are asked about. */
import type { Bucket, BucketKey } from './backlog.ts';
import type { Job } from './job.ts';
import type { JobFilter } from './job-filter.ts';
import type { ReadScope } from './read-scope.ts';

/** The most buckets that are told at once: the most urgent, and among those the oldest. */
export const MOST_WAITING_BUCKETS = 1_000;

export interface WaitingBuckets {
  /** With the numbers of the jobs that were asked about alone. */
  readonly buckets: readonly Bucket[];
  /** Jobs in all buckets, those that are not told included. */
  readonly total: number;
}

export interface BucketPick extends BucketKey {
  readonly count: number;
}

export interface WaitingQuery {
  /** Of buckets that are all different, up to `count` of the oldest each. */
  readonly picks: readonly BucketPick[];
  /** Conditions on the picked jobs beyond their buckets. */
  readonly ofPicks: JobFilter;
  /** What the others have to meet; its statuses say which of them are meant. */
  readonly others: JobFilter;
  /** At most so many QUEUED ones, and so many delayed ones. */
  readonly limit: number;
}

export interface WaitingJobs {
  /** In the order of the picks; of each, the oldest first. */
  readonly picked: readonly (readonly Job[])[];
  /** Claimed for an instance that loads, the oldest first. */
  readonly queued: readonly Job[];
  /** Waiting for a retry's delay, the first that is due first. */
  readonly delayed: readonly Job[];
  /** Of all that are meant. */
  readonly queuedCount: number;
  readonly delayedCount: number;
}

/** @throws CallerGoneError, ReadTooLongError, StoreBusyError, as all reads with a scope */
export interface WaitingReads {
  /** What can be claimed and meets `filter`, its statuses left aside. Looks at all that waits, or at what an index finds. */
  buckets(filter: JobFilter, scope?: ReadScope): Promise<WaitingBuckets>;
  jobs(query: WaitingQuery, scope?: ReadScope): Promise<WaitingJobs>;
}
