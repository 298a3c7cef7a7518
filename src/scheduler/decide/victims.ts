/** Which residents may be asked to leave, and in what order. */
import type { Draft } from './draft.ts';
import { servable } from './fill.ts';
import type { BackendSnapshot, InstanceSnapshot } from './snapshot.ts';
import { overdueAt, weightedWaiting } from './waiting.ts';

/** A victim must have been ready for so long: an instance that was just loaded serves at least its first jobs. */
const YOUNGEST_VICTIM_MS = 1_000;

/** The weighted waiting of the jobs that it could serve. */
export function waitingWeight(draft: Draft, instance: InstanceSnapshot): number {
  const waiting = servable(draft.snapshot.demand, instance);
  return waiting.reduce((sum, each) => sum + weightedWaiting(each.backlog, draft.now), 0);
}

/**
 * Those with nothing of their own to do, least recently used first. For somebody overdue since `overdueSince` also those with
 * work, the least waited for first. Pinned ones never.
 */
export function willingVictims(
  draft: Draft,
  backend: BackendSnapshot,
  overdueSince: number | null,
): readonly InstanceSnapshot[] {
  const possible = draft.standing(backend).filter((instance) => {
    const oldEnoughAt = (instance.loadedAt ?? draft.now) + YOUNGEST_VICTIM_MS;
    draft.wakeBy(oldEnoughAt);
    // What is left of its queue is not known while a claim is under way; the answer is an event, and decided about anew.
    return !instance.pinned && instance.asking === 0 && oldEnoughAt <= draft.now;
  });
  const idle = possible
    .filter((instance) => !draft.hasWork(instance))
    .sort((a, b) => Math.sign(a.activeJobs) - Math.sign(b.activeJobs) || a.lastUsedAt - b.lastUsedAt);
  if (overdueSince === null) return idle;
  // Of two overdue models the one that has been so for longer stays: they must not push each other out for ever.
  const giving = possible.filter((instance) => {
    const waiting = servable(draft.snapshot.demand, instance);
    return waiting.length > 0 && Math.min(...waiting.map((each) => overdueAt(each.backlog))) > overdueSince;
  });
  return [...idle, ...giving.sort((a, b) => waitingWeight(draft, a) - waitingWeight(draft, b))];
}
