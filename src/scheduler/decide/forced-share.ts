/**
 * How much may be done out of its order for who has waited for too long. As an absolute right of way it would be all: under overload
 * everybody is overdue, and nothing is left of priorities, of fair shares, and of the time in which models serve instead of being loaded.
 */
import {
  FAIR_BURST_SECONDS,
  FAIR_SHARE,
  FORCED_BURST_SECONDS,
  FORCED_SHARE,
  MOST_OVERDUE_CREDIT_MS,
  OVERDUE_SLOT_SHARE,
} from './constants.ts';

/** For whom residents give way although their jobs are as urgent: for clients that have received less, or for who has waited for too long. */
export type SwapRight = 'FAIR' | 'OVERDUE';

/** Of the time of a backend, and of what may come at once. */
const SHARES: Readonly<Record<SwapRight, { readonly share: number; readonly burstSeconds: number }>> = {
  FAIR: { share: FAIR_SHARE, burstSeconds: FAIR_BURST_SECONDS },
  OVERDUE: { share: FORCED_SHARE, burstSeconds: FORCED_BURST_SECONDS },
};

/** A token bucket of seconds. */
export interface ForcedBudget {
  /** Left at `at`; below 0 when more was spent than there was. */
  readonly seconds: number;
  /** Epoch milliseconds. */
  readonly at: number;
}

export type Budgets = Readonly<Record<SwapRight, ForcedBudget>>;
/** What is left, or what is spent, of each. */
export type SwapSeconds = Readonly<Record<SwapRight, number>>;

export const FULL_BUDGETS: Budgets = {
  FAIR: { seconds: SHARES.FAIR.burstSeconds, at: 0 },
  OVERDUE: { seconds: SHARES.OVERDUE.burstSeconds, at: 0 },
};
export const NOTHING_SPENT: SwapSeconds = { FAIR: 0, OVERDUE: 0 };

export function secondsLeft(budgets: Budgets, now: number): SwapSeconds {
  const left = (right: SwapRight) => {
    const { share, burstSeconds } = SHARES[right];
    const { seconds, at } = budgets[right];
    return Math.min(burstSeconds, seconds + (share * Math.max(0, now - at)) / 1000);
  };
  return { FAIR: left('FAIR'), OVERDUE: left('OVERDUE') };
}

/** When there will be some again, epoch milliseconds. */
export function refilledAt(right: SwapRight, secondsNow: number, now: number): number {
  return secondsNow > 0 ? now : now + Math.ceil((-secondsNow / SHARES[right].share) * 1000) + 1;
}

export function spend(budgets: Budgets, spent: SwapSeconds, now: number): Budgets {
  return budgetsAt(lessThan(secondsLeft(budgets, now), spent), now);
}

export function lessThan(left: SwapSeconds, spent: SwapSeconds): SwapSeconds {
  return { FAIR: left.FAIR - spent.FAIR, OVERDUE: left.OVERDUE - spent.OVERDUE };
}

export function budgetsAt({ FAIR, OVERDUE }: SwapSeconds, at: number): Budgets {
  return { FAIR: { seconds: FAIR, at }, OVERDUE: { seconds: OVERDUE, at } };
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
