/** What waiting weighs, and when it has lasted too long. Formula and constants: design of the policy, "W_j = p·(1 + age/τ)". */
import type { QueueBacklog } from '../../domain/backlog.ts';
import { JOB_PRIORITIES, type JobPriority } from '../../domain/job.ts';
import { least } from '../../domain/long-lists.ts';

/** Weight of a job that has just arrived. */
const WEIGHT: Readonly<Record<JobPriority, number>> = { HIGH: 8, NORMAL: 3, LOW: 1 };
/** Waiting for so long doubles it, in milliseconds. */
const DOUBLING_MS: Readonly<Record<JobPriority, number>> = { HIGH: 10_000, NORMAL: 60_000, LOW: 300_000 };
/** A job that has waited for longer may push out a resident that has work of its own, in milliseconds. */
export const OVERDUE_MS: Readonly<Record<JobPriority, number>> = {
  HIGH: 30_000,
  NORMAL: 180_000,
  LOW: 900_000,
};

type Waiting = Pick<QueueBacklog, 'byPriority'>;

/** Σ p·(1 + age/τ) over the backlog, from counts and sums alone. */
export function weightedWaiting(backlog: Waiting, now: number): number {
  let weight = 0;
  for (const priority of JOB_PRIORITIES) {
    const { count, createdAtSum } = backlog.byPriority[priority];
    const ageSumMs = Math.max(0, count * now - createdAtSum);
    weight += WEIGHT[priority] * (count + ageSumMs / DOUBLING_MS[priority]);
  }
  return weight;
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
