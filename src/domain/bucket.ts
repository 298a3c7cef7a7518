/** Waiting jobs that are alike to whoever decides: of one queue, one priority and one client. */
import type { JobPriority } from './job.ts';
import type { QueueKey } from './queue-key.ts';

/** What of a job decides where it waits. */
export interface BucketKey {
  readonly queue: QueueKey;
  readonly priority: JobPriority;
  readonly client: string;
}

/** The key as one text, for maps. */
export function bucketId({ queue, priority, client }: BucketKey): string {
  return `${queue}\0${priority}\0${client}`;
}

export interface Bucket extends BucketKey {
  /** Jobs that could be claimed now. */
  readonly count: number;
  /** Σ arrival times, epoch milliseconds: with `count` it gives the sum of ages at any instant in O(1). */
  readonly createdAtSum: number;
  /** Arrival of the oldest, epoch milliseconds; null when empty. */
  readonly oldestCreatedAt: number | null;
  /** Of its jobs' sequences. Absent: nobody counts them. */
  readonly sequences?: SequenceSpan | undefined;
}

/** Where jobs stand in the order of acceptance, as two numbers. */
export interface SequenceSpan {
  readonly oldest: number;
  readonly mean: number;
}

/** How many of the bucket's jobs come before the one with this sequence, about: as if they had come evenly. */
export function placeInBucket({ count, sequences }: Bucket, sequence: number): number {
  if (!sequences || sequences.mean <= sequences.oldest) return 0;
  const share = (sequence - sequences.oldest) / (2 * (sequences.mean - sequences.oldest));
  return Math.round(Math.min(1, Math.max(0, share)) * (count - 1));
}
