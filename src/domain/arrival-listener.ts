import type { BucketKey } from './backlog.ts';

/** Who gives jobs to instances, and hears of those that come before they are committed. */
export interface ArrivalListener {
  /** A job is about to be committed. Answers whether it is to count in the backlog already. */
  arriving(job: BucketKey): boolean;
  /** The writes of this tick are about to go to the disk. What is written now is in the same commit, after them. */
  gathered(): void;
}
