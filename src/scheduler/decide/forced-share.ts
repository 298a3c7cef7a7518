/**
 * How much may be done out of its order for who has waited for too long. As an absolute right of way it would be all: under overload
 * everybody is overdue, and nothing is left of priorities, of fair shares, and of the time in which models serve instead of being loaded.
 */

/** Share of the time that may go to loads which residents with work had to give way for: the others have four times as much. */
const SHARE = 0.2;
/** So many seconds of such loads may come at once after a quiet time. */
const BURST_SECONDS = 120;
/** A resident with work serves for so many times its load before it gives way: what was loaded is used. */
export const LEAST_SERVICE_LOADS = 4;

/** A token bucket of seconds. */
export interface ForcedBudget {
  /** Left at `at`; below 0 when more was spent than there was. */
  readonly seconds: number;
  /** Epoch milliseconds. */
  readonly at: number;
}

export const FULL_BUDGET: ForcedBudget = { seconds: BURST_SECONDS, at: 0 };

export function secondsLeft({ seconds, at }: ForcedBudget, now: number): number {
  return Math.min(BURST_SECONDS, seconds + (SHARE * Math.max(0, now - at)) / 1000);
}

/** When there will be some again, epoch milliseconds. */
export function refilledAt(secondsNow: number, now: number): number {
  return secondsNow > 0 ? now : now + Math.ceil((-secondsNow / SHARE) * 1000) + 1;
}

export function spend(budget: ForcedBudget, seconds: number, now: number): ForcedBudget {
  return { seconds: secondsLeft(budget, now) - seconds, at: now };
}

/** The same share of the slots of one instance, for overdue jobs of the models that it serves. */
export interface OverdueShare {
  /** Jobs that were claimed before their turn because they were overdue, and that have not left. */
  readonly overdueJobs: number;
  /** What such jobs may still take, in milliseconds of slots; negative when they took more than their share. */
  readonly overdueCreditMs: number;
}

/** Overdue jobs earn no more than this by the work of others, in milliseconds of slots. */
const MOST_CREDIT_MS = 10_000;

/** How many more overdue jobs may be claimed before their turn. */
export function overdueSlots({ overdueJobs, overdueCreditMs }: OverdueShare, parallel: number): number {
  if (overdueCreditMs < 0) return 0;
  return Math.max(0, Math.ceil(parallel * SHARE) - overdueJobs);
}

/** The credit after a job has left its slot. */
export function settled(creditMs: number, ranMs: number, wasOverdue: boolean): number {
  const change = wasOverdue ? -ranMs : (ranMs * SHARE) / (1 - SHARE);
  return Math.min(MOST_CREDIT_MS, creditMs + change);
}
