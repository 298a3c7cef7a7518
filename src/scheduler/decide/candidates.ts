/** What is wanted in memory and not there: for jobs that wait, and for wishes. */
import { JOB_PRIORITIES, type JobPriority } from '../../domain/job.ts';
import { least } from '../../domain/long-lists.ts';
import { LONGEST_COURTESY_MS, WISH_WEIGHT } from './constants.ts';
import type { Draft } from './draft.ts';
import { mannersOf } from './manners/manners-of.ts';
import { misfitUntil } from './misfit.ts';
import { fitsEmpty } from './placement.ts';
import { type Head, headOf } from './precedence.ts';
import { orderOf } from './queue-order.ts';
import { nextTrialAt, pausedUntil } from './shortfall.ts';
import type { Demand, LoadOption, Snapshot } from './snapshot.ts';
import { always, type Timed } from './timed.ts';
import { oldestAt, overdueAt, weightedWaiting } from './waiting.ts';

/** A variant that is wanted on one backend. */
export interface Candidate {
  readonly option: LoadOption;
  /** Larger contexts of its weights that are wanted there as well, the largest first: they would serve its jobs, too. */
  readonly wider: readonly LoadOption[];
  readonly weight: number;
  /** Until when it lets a more urgent one go first that it would keep out, epoch milliseconds. */
  readonly courteousUntil: number;
  /** Epoch milliseconds; in the past when it is overdue. */
  readonly overdueAt: number;
  /** Of the most urgent jobs that wait for it; HIGH for a wish. */
  readonly priority: JobPriority;
  /** The least service, in seconds of slots, of the clients whose jobs are overdue; 0 for a wish. It costs a look at each of its queues. */
  service(): number;
  /** The foremost of its jobs; null for what no job waits for. */
  head(): Head | null;
  /** Why it is wanted, for people. */
  readonly wanted: string;
  /** Whether others may have to leave for it. */
  readonly mayEvict: boolean;
  /** Whether it is still to be loaded after what the plan has decided meanwhile. */
  isOpen(): boolean;
}

/** What waits, as numbers that are worked out once, however many places it could run in. */
interface Waiting {
  readonly demand: Demand;
  readonly weight: number;
  readonly oldestAt: number;
  readonly overdueAt: number;
}

interface Target {
  readonly option: LoadOption;
  readonly waiting: Waiting[];
}

/**
 * One for each context that is asked for: who asks for a long one must not decide what the others wait for, and may have to wait alone. What
 * is served on one backend is served.
 */
export function waitedFor(draft: Draft): readonly Candidate[] {
  /** By what one instance could serve with enough context, then by context. */
  const targets = new Map<string, Map<number, Target>>();
  for (const whole of draft.snapshot.demand) {
    if (draft.isServedAnywhere(whole)) continue;
    const demand = draft.worthLoading(whole);
    if (!demand) continue;
    const one = waitingOf(demand, draft.now);
    for (const option of demand.options) {
      if (!draft.note(isPossibleNow(draft, option))) continue;
      const { weights, contextLength, options } = option.variant;
      const key = `${option.backendId} ${weights} ${options.shift}`;
      const contexts = targets.get(key) ?? new Map<number, Target>();
      const target = contexts.get(contextLength) ?? { option, waiting: [] };
      target.waiting.push(one);
      targets.set(key, contexts.set(contextLength, target));
    }
  }
  return [...targets.values()].flatMap((contexts) => {
    const largestFirst = [...contexts.values()].sort(
      (a, b) => b.option.variant.contextLength - a.option.variant.contextLength,
    );
    return largestFirst.map((target, place) => ({
      ...jobsCandidate(draft, target),
      wider: largestFirst.slice(0, place).map(({ option }) => option),
    }));
  });
}

function waitingOf(demand: Demand, now: number): Waiting {
  const { backlog } = demand;
  return {
    demand,
    weight: weightedWaiting(backlog, now),
    oldestAt: oldestAt(backlog),
    overdueAt: overdueAt(backlog),
  };
}

/** Of the buckets whose jobs are not all being claimed. */
function leastServedOverdue({ backlog }: Demand, { service }: Snapshot, now: number): number {
  const overdue = orderOf(backlog, service).overdue(now);
  let first = overdue.next();
  while (first && (backlog.claimed?.get(first.bucket.id) ?? 0) >= first.bucket.count) first = overdue.next();
  overdue.close();
  return first?.service ?? Number.POSITIVE_INFINITY;
}

function jobsCandidate(draft: Draft, { option, waiting }: Target): Omit<Candidate, 'wider'> {
  const weight = waiting.reduce((sum, each) => sum + each.weight, 0);
  const count = waiting.reduce((sum, { demand }) => sum + demand.backlog.count, 0);
  return {
    option,
    weight: weightOn(draft, weight, option),
    courteousUntil: least(waiting.map((each) => each.oldestAt)) + LONGEST_COURTESY_MS,
    overdueAt: least(waiting.map((each) => each.overdueAt)),
    priority: mostUrgent(waiting.map(({ demand }) => demand)),
    head: once(() =>
      headOf(
        waiting.map(({ demand }) => demand),
        draft.snapshot.service,
        draft.now,
      ),
    ),
    service: () => least(waiting.map(({ demand }) => leastServedOverdue(demand, draft.snapshot, draft.now))),
    wanted: `${count} waiting, weight ${weight.toFixed(1)}`,
    mayEvict: true,
    isOpen: () => waiting.some(({ demand }) => !draft.isServedAnywhere(demand)),
  };
}

function once<T>(make: () => T): () => T {
  let made: { readonly value: T } | null = null;
  return () => {
    made ??= { value: make() };
    return made.value;
  };
}

export function mostUrgent(demand: readonly Demand[]): JobPriority {
  const waits = (priority: JobPriority) =>
    demand.some(({ backlog }) => backlog.byPriority[priority].count > 0);
  return JOB_PRIORITIES.find(waits) ?? 'LOW';
}

export function wishedFor(draft: Draft): readonly Candidate[] {
  return draft.snapshot.wishes
    .filter(({ option }) => !draft.isServed(option) && draft.note(isPossibleNow(draft, option)))
    .map(({ option, why, mayEvict, overdueAt: until }) => ({
      option,
      wider: [],
      weight: mayEvict ? weightOn(draft, WISH_WEIGHT, option) : 0,
      // A person who asks for a model gets it at once; what is only kept warm must be in nobody's way.
      courteousUntil: mayEvict ? 0 : Number.POSITIVE_INFINITY,
      overdueAt: until,
      priority: 'HIGH' as const,
      head: () => null,
      service: () => 0,
      wanted: why,
      mayEvict,
      isOpen: () => !draft.isServed(option),
    }));
}

export function weightOn(draft: Draft, weight: number, option: LoadOption): number {
  const backend = draft.backendOf(option);
  return backend ? mannersOf(backend).weight(weight, option, backend) : weight;
}

/**
 * Its backend answers and can be told to load, its last load did not fail just now, and its cards could hold it if nobody used them. While all channels there
 * load there is nothing to weigh: the end of a load is an event.
 */
export function isPossibleNow(draft: Draft, option: LoadOption): Timed<boolean> {
  const { now } = draft;
  const backend = draft.backendOf(option);
  if (!backend?.available || backend.alwaysResident) return always(false);
  if (draft.areChannelsBusy(backend) && !mannersOf(backend).leavesEarly) return always(false);
  const holdUntil = Math.max(
    backend.loadHolds.get(option.variant.weights) ?? 0,
    pausedUntil(option, backend, now),
  );
  const changes = [holdUntil, misfitUntil(option), nextTrialAt(option, backend, now)];
  return {
    is: holdUntil <= now && fitsEmpty(option, backend),
    until: least(changes.filter((at) => at > now)),
  };
}
