/** What waiting weighs, p·(1 + age/τ) for each job, and when it has lasted too long. */
import type { Bucket, QueueBacklog } from '../../domain/backlog.ts';
import { JOB_PRIORITIES } from '../../domain/job.ts';
import { least } from '../../domain/long-lists.ts';
import { DOUBLING_MS, OVERDUE_MS, WEIGHT } from './constants.ts';

type Waiting = Pick<QueueBacklog, 'byPriority'>;

/** Σ p·(1 + age/τ) over the backlog, from counts and sums alone. */
export function weightedWaiting(backlog: Waiting, now: number): number {
  let weight = 0;
  for (const priority of JOB_PRIORITIES) {
    const { count, createdAtSum } = backlog.byPriority[priority];
    weight += bucketWeight({ priority, count, createdAtSum }, now);
  }
  return weight;
}

export function bucketWeight(
  { priority, count, createdAtSum }: Pick<Bucket, 'priority' | 'count' | 'createdAtSum'>,
  now: number,
): number {
  const ageSumMs = Math.max(0, count * now - createdAtSum);
  return WEIGHT[priority] * (count + ageSumMs / DOUBLING_MS[priority]);
}

/** When the first of the backlog came, epoch milliseconds; Infinity when nothing waits. */
export function oldestAt({ byPriority }: Waiting): number {
  return least(
    JOB_PRIORITIES.map((priority) => byPriority[priority].oldestCreatedAt ?? Number.POSITIVE_INFINITY),
  );
}

/** When the first of the backlog becomes overdue (in the past if one is), epoch milliseconds; Infinity when nothing waits. */
export function overdueAt(backlog: Waiting): number {
  let first = Number.POSITIVE_INFINITY;
  for (const priority of JOB_PRIORITIES) {
    const { oldestCreatedAt } = backlog.byPriority[priority];
    if (oldestCreatedAt !== null) first = Math.min(first, oldestCreatedAt + OVERDUE_MS[priority]);
  }
  return first;
}
