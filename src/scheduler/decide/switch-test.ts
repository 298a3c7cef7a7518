/** The switch test: whether a resident gives way to another model now, and in what order those that do. */
import { JOB_PRIORITIES, type JobPriority } from '../../domain/job.ts';
import { greatest } from '../../domain/long-lists.ts';
import {
  LEAST_SERVICE_LOADS,
  LEAST_SERVICE_LOADS_AHEAD,
  WORTH_CUTTING_SWAPS,
  YOUNGEST_VICTIM_MS,
} from './constants.ts';
import type { Draft } from './draft.ts';
import { type Head, isMoreUrgent, leads } from './precedence.ts';
import { type BackendSnapshot, type InstanceSnapshot, type LoadOption, serves } from './snapshot.ts';
import { always, type Timed } from './timed.ts';
import type { Stance } from './verdict.ts';
import { nextVisitMs } from './visits.ts';

/** For whom others are asked to leave. */
export interface Newcomer {
  readonly option: LoadOption;
  /** The most urgent priority of the jobs that wait for it. */
  readonly priority: JobPriority;
  /** Residents with work may be made to give way. */
  readonly forced: boolean;
  /** The foremost of its jobs; null for what no job waits for. */
  readonly head: Head | null;
  /** Residents whose jobs are as urgent may be made to give way to who has received less. */
  readonly fair: boolean;
}

/** Why the resident would leave for the newcomer, or would not. */
function stanceOf(
  draft: Draft,
  backend: BackendSnapshot,
  instance: InstanceSnapshot,
  newcomer: Newcomer,
): Timed<Stance> {
  if (!draft.stands(instance)) return always('MOVING');
  // The model is what is pinned: it stays when a larger context of it comes.
  if (instance.pinned && instance.variant.weights !== newcomer.option.variant.weights)
    return always('PINNED');
  const oldEnoughAt = (instance.loadedAt ?? draft.now) + YOUNGEST_VICTIM_MS;
  if (oldEnoughAt > draft.now) return { is: 'JUST_LOADED', until: oldEnoughAt };
  // What is left of its queue is not known while a claim is under way; the answer is an event, and decided about anew.
  if (instance.asking > 0) return always('HAS_WORK');
  if (!draft.hasWork(instance)) {
    if (newcomer.forced) return always('IDLE');
    if (runsAsUrgent(instance, newcomer.priority)) return always('RUNNING');
    const quietAt = quietFrom(draft, instance, newcomer);
    return quietAt > draft.now ? { is: 'MORE_URGENT', until: quietAt } : always('IDLE');
  }
  // Two models with work push each other out only so often that most of the time they serve.
  const isAhead = comesBefore(draft, newcomer, instance);
  const loads = isAhead ? LEAST_SERVICE_LOADS_AHEAD : LEAST_SERVICE_LOADS;
  const enoughAt = (instance.loadedAt ?? draft.now) + loads * instance.expectedLoadMs;
  if (enoughAt > draft.now) return { is: 'HAS_WORK', until: enoughAt };
  if (isServedElsewhere(draft, backend, instance)) return always('SPARE');
  if (isAhead) return always('OUTRANKED');
  return always(newcomer.forced ? 'FORCED' : 'HAS_WORK');
}

/** How long what waits keeps it busy, in milliseconds; 0 while nobody knows how long its jobs take. */
function clearMs(draft: Draft, instance: InstanceSnapshot): number {
  const count = draft.servable(instance).reduce((sum, { backlog }) => sum + backlog.count, 0);
  const runMs = draft.snapshot.runMs.get(instance.variant.weights) ?? 0;
  return (count * runMs) / Math.max(1, instance.config.parallel);
}

/** What it would cut off comes after its own jobs, and would last for longer than the swap and the way back are worth. */
function comesBefore(draft: Draft, { option, head, fair }: Newcomer, instance: InstanceSnapshot): boolean {
  const other = draft.headOf(instance);
  if (!head || !other) return false;
  const swapMs = option.loadMs + instance.expectedLoadMs;
  if (clearMs(draft, instance) < WORTH_CUTTING_SWAPS * swapMs) return false;
  if (isMoreUrgent(head, other)) return true;
  return fair && leads(head, other, (instance.config.parallel * swapMs) / 1000);
}

/** The residents by how they stand to the newcomer. */
export function stancesTo(
  draft: Draft,
  backend: BackendSnapshot,
  newcomer: Newcomer,
): ReadonlyMap<Stance, readonly InstanceSnapshot[]> {
  return Map.groupBy(backend.instances, (instance) =>
    draft.note(stanceOf(draft, backend, instance, newcomer)),
  );
}

/**
 * Those with nothing of their own to do, first who is expected to be asked for last; then those whose work another backend serves as well. For a forced
 * newcomer also the others that have served for long enough, the least waited for first.
 */
export function willingVictims(
  draft: Draft,
  stances: ReadonlyMap<Stance, readonly InstanceSnapshot[]>,
): readonly InstanceSnapshot[] {
  const those = (stance: Stance) => stances.get(stance) ?? [];
  const expectedIn = ({ visits, lastUsedAt }: InstanceSnapshot) => nextVisitMs(visits, lastUsedAt, draft.now);
  const byVisit = (a: InstanceSnapshot, b: InstanceSnapshot) =>
    Math.sign(a.activeJobs) - Math.sign(b.activeJobs) || expectedIn(b) - expectedIn(a);
  const byWeight = (a: InstanceSnapshot, b: InstanceSnapshot) =>
    draft.waitingWeight(a) - draft.waitingWeight(b);
  return [
    ...those('IDLE').toSorted(byVisit),
    ...those('SPARE').toSorted(byWeight),
    ...[...those('OUTRANKED'), ...those('FORCED')].toSorted(byWeight),
  ];
}

/**
 * It runs a job that is as urgent, as far as is known, and its model is one that is asked for again and again. While it has to stay for that job it takes
 * what comes, too: told to go, it would finish with fewer and fewer slots in use, and what came meanwhile would wait for a load.
 * Simulated: a sixth of the mean under saturation.
 */
function runsAsUrgent(
  { activeJobs, busySince, claimedAt, visits }: InstanceSnapshot,
  priority: JobPriority,
): boolean {
  if (activeJobs === 0 || !visits || visits.gapMs === null) return false;
  const asUrgent = JOB_PRIORITIES.slice(0, JOB_PRIORITIES.indexOf(priority) + 1);
  return asUrgent.some((each) => (claimedAt[each] ?? Number.NEGATIVE_INFINITY) >= busySince);
}

/**
 * From when on its model has nothing more urgent to do, epoch milliseconds. A queue that is empty at this moment is not all: jobs that come one
 * by one start at once, and the next would wait for a load. So the model of more urgent ones stays, after its last one, for as long as the swap
 * and the way back would take.
 */
function quietFrom(draft: Draft, instance: InstanceSnapshot, { option, priority }: Newcomer): number {
  const moreUrgent = JOB_PRIORITIES.slice(0, JOB_PRIORITIES.indexOf(priority));
  const lastAt = greatest(moreUrgent.map((each) => instance.claimedAt[each] ?? Number.NEGATIVE_INFINITY));
  const mayStillRun = instance.activeJobs > 0 && lastAt >= instance.lastUsedAt;
  const backMs = option.loadMs + instance.expectedLoadMs;
  return (mayStillRun ? draft.now : lastAt) + backMs;
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
