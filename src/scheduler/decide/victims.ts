/** Which residents may be asked to leave, and in what order. */
import type { Draft } from './draft.ts';
import { LEAST_SERVICE_LOADS } from './forced-share.ts';
import { type BackendSnapshot, type InstanceSnapshot, serves } from './snapshot.ts';
import { weightedWaiting } from './waiting.ts';

/** A victim must have been ready for so long: an instance that was just loaded serves at least its first jobs. */
const YOUNGEST_VICTIM_MS = 1_000;

/** The weighted waiting of the jobs that it could serve. */
export function waitingWeight(draft: Draft, instance: InstanceSnapshot): number {
  const waiting = draft.servable(instance);
  return waiting.reduce((sum, each) => sum + weightedWaiting(each.backlog, draft.now), 0);
}

/**
 * Those with nothing of their own to do, least recently used first; then those whose work another backend serves as well. With `forced`
 * also the others that have served for long enough, the least waited for first. Pinned ones never.
 */
export function willingVictims(
  draft: Draft,
  backend: BackendSnapshot,
  forced: boolean,
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
  const byWeight = (a: InstanceSnapshot, b: InstanceSnapshot) =>
    waitingWeight(draft, a) - waitingWeight(draft, b);
  const working = possible
    .filter((instance) => draft.hasWork(instance) && hasServedEnough(draft, instance))
    .sort(byWeight);
  const spare = working.filter((instance) => isServedElsewhere(draft, backend, instance));
  const rest = forced ? working.filter((instance) => !spare.includes(instance)) : [];
  return [...idle, ...spare, ...rest];
}

/** Two models with work push each other out only so often that most of the time they serve. */
function hasServedEnough(draft: Draft, { loadedAt, expectedLoadMs }: InstanceSnapshot): boolean {
  const enoughAt = (loadedAt ?? draft.now) + LEAST_SERVICE_LOADS * expectedLoadMs;
  draft.wakeBy(enoughAt);
  return enoughAt <= draft.now;
}

function isServedElsewhere(draft: Draft, backend: BackendSnapshot, instance: InstanceSnapshot): boolean {
  const others = draft.snapshot.backends.filter((each) => each !== backend && each.available);
  const standing = others.flatMap((each) => draft.standing(each));
  return draft
    .servable(instance)
    .every(({ options }) =>
      options.some((option) => standing.some((other) => !other.suspect && serves(other, option))),
    );
}
