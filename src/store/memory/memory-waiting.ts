/** What waits, of jobs in memory. */
import { type Bucket, bucketId } from '../../domain/backlog.ts';
import type { Job } from '../../domain/job.ts';
import { type JobFilter, matchesJob } from '../../domain/job-filter.ts';
import { least } from '../../domain/long-lists.ts';
import { urgencyOf } from '../../domain/store.ts';
import {
  MOST_WAITING_BUCKETS,
  type WaitingBuckets,
  type WaitingJobs,
  type WaitingQuery,
} from '../../domain/waiting.ts';
import { isClaimable } from '../tally.ts';

/** @param all in order of sequence, as in the next one */
export function waitingBuckets(all: readonly Job[], { statuses: _, ...filter }: JobFilter): WaitingBuckets {
  const meant = all.filter((job) => isClaimable(job) && matchesJob(filter, job));
  const groups = [...Map.groupBy(meant, bucketId).values()];
  // A stable sort: among equals the group with the oldest job came first.
  groups.sort(([a], [b]) => urgencyOf((b as Job).priority) - urgencyOf((a as Job).priority));
  return {
    buckets: groups.slice(0, MOST_WAITING_BUCKETS).map(bucketOf),
    total: meant.length,
  };
}

export function waitingJobs(
  all: readonly Job[],
  { picks, ofPicks, others, limit }: WaitingQuery,
): WaitingJobs {
  const queued = all.filter((job) => job.status === 'QUEUED' && matchesJob(others, job));
  const delayed = all
    .filter((job) => job.notBefore !== null && matchesJob(others, job))
    .sort((a, b) => (a.notBefore ?? 0) - (b.notBefore ?? 0));
  return {
    picked: picks.map((pick) =>
      all
        .filter((job) => isClaimable(job) && bucketId(job) === bucketId(pick) && matchesJob(ofPicks, job))
        .slice(0, pick.count),
    ),
    queued: queued.slice(0, limit),
    delayed: delayed.slice(0, limit),
    queuedCount: queued.length,
    delayedCount: delayed.length,
  };
}

function bucketOf(jobs: readonly Job[]): Bucket {
  const { queue, priority, client } = jobs[0] as Job;
  const times = jobs.map(({ createdAt }) => createdAt);
  return {
    queue,
    priority,
    client,
    count: jobs.length,
    createdAtSum: times.reduce((sum, at) => sum + at, 0),
    oldestCreatedAt: least(times),
  };
}
