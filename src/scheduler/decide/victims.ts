/** Which residents may be asked to leave, and in what order. */
import { JOB_PRIORITIES, type JobPriority } from '../../domain/job.ts';
import type { Draft } from './draft.ts';
import { LEAST_SERVICE_LOADS } from './forced-share.ts';
import { type BackendSnapshot, type InstanceSnapshot, type LoadOption, serves } from './snapshot.ts';
import { weightedWaiting } from './waiting.ts';

/** A victim must have been ready for so long: an instance that was just loaded serves at least its first jobs. */
const YOUNGEST_VICTIM_MS = 1_000;

/** The weighted waiting of the jobs that it could serve. */
export function waitingWeight(draft: Draft, instance: InstanceSnapshot): number {
  const waiting = draft.servable(instance);
  return waiting.reduce((sum, each) => sum + weightedWaiting(each.backlog, draft.now), 0);
}

/** For whom others are asked to leave. */
export interface Newcomer {
  readonly option: LoadOption;
  /** The most urgent priority of the jobs that wait for it. */
  readonly priority: JobPriority;
  /** Residents with work may be made to give way. */
  readonly forced: boolean;
}

/**
 * Those with nothing of their own to do, least recently used first; then those whose work another backend serves as well. For a forced
 * newcomer also the others that have served for long enough, the least waited for first. A pinned one only for a larger context
 * of its own weights: the model is what is pinned, and stays.
 */
export function willingVictims(
  draft: Draft,
  backend: BackendSnapshot,
  newcomer: Newcomer,
): readonly InstanceSnapshot[] {
  const { option, forced } = newcomer;
  const possible = draft.standing(backend).filter((instance) => {
    const oldEnoughAt = (instance.loadedAt ?? draft.now) + YOUNGEST_VICTIM_MS;
    draft.wakeBy(oldEnoughAt);
    const stays = instance.pinned && instance.variant.weights !== option.variant.weights;
    // What is left of its queue is not known while a claim is under way; the answer is an event, and decided about anew.
    return !stays && instance.asking === 0 && oldEnoughAt <= draft.now;
  });
  const idle = possible
    .filter(
      (instance) => !draft.hasWork(instance) && (forced || !servesMoreUrgent(draft, instance, newcomer)),
    )
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

/**
 * A queue that is empty at this moment is not all: jobs that come one by one start at once, and the next would wait for a load. So the model
 * of more urgent ones stays, after its last one, for as long as the swap and the way back would take.
 */
function servesMoreUrgent(draft: Draft, instance: InstanceSnapshot, { option, priority }: Newcomer): boolean {
  const moreUrgent = JOB_PRIORITIES.slice(0, JOB_PRIORITIES.indexOf(priority));
  const lastAt = Math.max(...moreUrgent.map((each) => instance.claimedAt[each] ?? Number.NEGATIVE_INFINITY));
  const mayStillRun = instance.activeJobs > 0 && lastAt >= instance.lastUsedAt;
  const backMs = option.loadMs + instance.expectedLoadMs;
  const quietAt = (mayStillRun ? draft.now : lastAt) + backMs;
  draft.wakeBy(quietAt);
  return quietAt > draft.now;
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
