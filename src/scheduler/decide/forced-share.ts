/**
 * How much may be done out of its order for who has waited for too long. As an absolute right of way it would be all: under overload
 * everybody is overdue, and nothing is left of priorities, of fair shares, and of the time in which models serve instead of being loaded.
 */
import {
  FORCED_BURST_SECONDS,
  FORCED_SHARE,
  MOST_OVERDUE_CREDIT_MS,
  OVERDUE_SLOT_SHARE,
} from './constants.ts';

/** A token bucket of seconds. */
export interface ForcedBudget {
  /** Left at `at`; below 0 when more was spent than there was. */
  readonly seconds: number;
  /** Epoch milliseconds. */
  readonly at: number;
}

export const FULL_BUDGET: ForcedBudget = { seconds: FORCED_BURST_SECONDS, at: 0 };

export function secondsLeft({ seconds, at }: ForcedBudget, now: number): number {
  return Math.min(FORCED_BURST_SECONDS, seconds + (FORCED_SHARE * Math.max(0, now - at)) / 1000);
}

/** When there will be some again, epoch milliseconds. */
export function refilledAt(secondsNow: number, now: number): number {
  return secondsNow > 0 ? now : now + Math.ceil((-secondsNow / FORCED_SHARE) * 1000) + 1;
}

export function spend(budget: ForcedBudget, seconds: number, now: number): ForcedBudget {
  return { seconds: secondsLeft(budget, now) - seconds, at: now };
}

/** The share of the slots of one instance, for overdue jobs of the models that it serves. */
export interface OverdueShare {
  /** Jobs that were claimed before their turn because they were overdue, and that have not left. */
  readonly overdueJobs: number;
  /** What such jobs may still take, in milliseconds of slots; negative when they took more than their share. */
  readonly overdueCreditMs: number;
}

/** How many more overdue jobs may be claimed before their turn. */
export function overdueSlots({ overdueJobs, overdueCreditMs }: OverdueShare, parallel: number): number {
  if (overdueCreditMs < 0) return 0;
  return Math.max(0, Math.ceil(parallel * OVERDUE_SLOT_SHARE) - overdueJobs);
}

/** The credit after a job has left its slot. */
export function settled(creditMs: number, ranMs: number, wasOverdue: boolean): number {
  const change = wasOverdue ? -ranMs : (ranMs * OVERDUE_SLOT_SHARE) / (1 - OVERDUE_SLOT_SHARE);
  return Math.min(MOST_OVERDUE_CREDIT_MS, creditMs + change);
}
