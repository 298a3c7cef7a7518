/** The comparison that is being set up: it stays over a reload of the tab, and when sending is refused. */
import { useState } from 'react';
import { NO_PLAN, type Plan, readPlan } from './plan.ts';

const NAME = 'vramkeeper-comparison';

export type ChangePlan = (change: (plan: Plan) => Plan) => void;

export function usePlan(): readonly [Plan, ChangePlan] {
  const [plan, setPlan] = useState(keptPlan);
  const change: ChangePlan = (next) =>
    setPlan((before) => {
      const after = next(before);
      keepPlan(after);
      return after;
    });
  return [plan, change];
}

export function keepPlan(plan: Plan): void {
  attempt(() =>
    plan === NO_PLAN ? sessionStorage.removeItem(NAME) : sessionStorage.setItem(NAME, JSON.stringify(plan)),
  );
}

function keptPlan(): Plan {
  const kept = attempt(() => JSON.parse(sessionStorage.getItem(NAME) ?? 'null') as unknown);
  return readPlan(kept);
}

/** Browsers can be told to keep nothing. */
function attempt<T>(run: () => T): T | undefined {
  try {
    return run();
  } catch {
    return undefined;
  }
}
