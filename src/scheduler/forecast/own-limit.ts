/** When a client that may run only so many jobs at once comes to one of its waiting jobs. Slots that it would have may be free before: it may not have them. */
import { type Bucket, placeInBucket } from '../../domain/bucket.ts';
import { JOB_PRIORITIES } from '../../domain/job.ts';
import type { QueueKey } from '../../domain/queue-key.ts';
import type { Placed } from './ahead.ts';

/** What a client with a limit has, and waits for. */
export interface OwnJobs {
  readonly running: number;
  /** How many more it may run; Infinity without a limit. */
  readonly room: number;
  readonly waiting: readonly Bucket[];
  /** Whether jobs of a queue could start now: only such ones, and those of its own queue, come before a job. */
  isServed(queue: QueueKey): boolean;
  /** What a job of a queue takes, in milliseconds; null where nobody knows. */
  runMsOf(queue: QueueKey): number | null;
}

/** From now, in milliseconds; 0 where its limit is not in its way, null where that cannot be known. */
export function ownTurnMs(own: OwnJobs, queue: QueueKey, job: Placed): number | null {
  const most = own.running + own.room;
  if (!Number.isFinite(most) || most <= 0) return 0;
  const runMs = own.runMsOf(queue);
  let ahead = 0;
  let workMs = runMs ?? 0;
  for (const bucket of own.waiting) {
    if (bucket.queue !== queue && !own.isServed(bucket.queue)) continue;
    const before = beforeIn(bucket, queue, job);
    ahead += before;
    workMs += before * (own.runMsOf(bucket.queue) ?? runMs ?? 0);
  }
  const ends = ahead - own.room;
  if (ends < 0) return 0;
  return runMs === null ? null : endMs(ends, most, workMs / (ahead + 1));
}

function beforeIn(bucket: Bucket, queue: QueueKey, { priority, sequence, place }: Placed): number {
  const [its, ofJob] = [JOB_PRIORITIES.indexOf(bucket.priority), JOB_PRIORITIES.indexOf(priority)];
  if (its !== ofJob) return its < ofJob ? bucket.count : 0;
  if (place !== undefined) return bucket.queue === queue ? place : 0;
  return sequence === null ? bucket.count : placeInBucket(bucket, sequence);
}

/**
 * When the first after so many ends comes, with all places in use. Those that run now are anywhere in their time: of n the i-th ends after i/(n + 1) of it, in the
 * mean; who follows takes as long.
 */
function endMs(ends: number, most: number, runMs: number): number {
  return (Math.floor(ends / most) + ((ends % most) + 1) / (most + 1)) * runMs;
}
