/** Which model is loaded next, and where. */
import { formatBytes, formatDuration } from '../../domain/units.ts';
import { fitsEmpty } from './as-it-loads.ts';
import type { Draft } from './draft.ts';
import { chooseVictims, fitWithout } from './fit.ts';
import { earlyLeavers, spoilers, wouldKeepOut } from './make-way.ts';
import { misfitUntil } from './misfit.ts';
import { nextTrialAt, pausedUntil } from './shortfall.ts';
import type { BackendSnapshot, Demand, InstanceSnapshot, LoadOption } from './snapshot.ts';
import { willingVictims } from './victims.ts';
import { oldestAt, overdueAt, weightedWaiting } from './waiting.ts';

/** A set of weights that is wanted and that nothing serves. */
interface Candidate {
  readonly option: LoadOption;
  readonly weight: number;
  /** Until when it lets a more urgent one go first that it would keep out, epoch milliseconds. */
  readonly courteousUntil: number;
  /** Epoch milliseconds; in the past when it is overdue. */
  readonly overdueAt: number;
  /** Why it is wanted, for people. */
  readonly wanted: string;
  /** Whether others may have to leave for it. */
  readonly mayEvict: boolean;
}

/**
 * On a server that goes by frozen records whoever comes after others finds room only when they have all gone, one slow unload after the
 * other. So large models come first, by their share of the cards.
 */
function bySizeToo(weight: number, option: LoadOption, draft: Draft): number {
  const backend = draft.backendOf(option);
  const totalBytes = backend?.gpus.reduce((sum, gpu) => sum + gpu.totalBytes, 0) ?? 0;
  if (!backend?.hasBeliefs || totalBytes === 0) return weight;
  return (weight * option.footprintBytes) / totalBytes;
}

/** Jobs that come together are submitted one by one: so long after the first of them it is known what they want. */
const GATHERING_MS = 150;

/**
 * Whether the first model of an empty server that goes by frozen records had better not be chosen yet: until it leaves again it decides what
 * fits beside it.
 */
function isGathering(draft: Draft, backend: BackendSnapshot): boolean {
  if (!backend.hasBeliefs || backend.instances.length > 0) return false;
  const waiting = draft.snapshot.demand.filter(({ options }) =>
    options.some(({ backendId }) => backendId === backend.id),
  );
  const gatheredAt = Math.min(...waiting.map(({ backlog }) => oldestAt(backlog))) + GATHERING_MS;
  if (!Number.isFinite(gatheredAt)) return false;
  draft.wakeBy(gatheredAt);
  return gatheredAt > draft.now;
}

/** A wish weighs as much as a HIGH job that has just arrived. */
const WISH_WEIGHT = 8;

export function openPlans(draft: Draft): void {
  const gathering = new Set(
    draft.snapshot.backends.filter((each) => isGathering(draft, each)).map(({ id }) => id),
  );
  const candidates = [...waitedFor(draft), ...wishedFor(draft)]
    .filter(({ option }) => !gathering.has(option.backendId))
    .sort(byUrgency(draft.now));
  const mostUrgent = candidates[0];
  // Free memory first: a load without victims takes nothing from anyone.
  const left = candidates
    .filter((candidate) => !mustWaitFor(draft, candidate, mostUrgent))
    .filter((candidate) => !open(draft, candidate, []));
  for (const [place, candidate] of left.entries()) {
    const backend = draft.backendOf(candidate.option);
    if (!backend || !candidate.mayEvict) continue;
    const overdue = candidate.overdueAt <= draft.now ? candidate.overdueAt : null;
    const willing = willingVictims(draft, backend, overdue);
    const opened = willing.length > 0 && open(draft, candidate, willing, left);
    if (!opened && place === 0) leaveEarly(draft, candidate, backend, willing);
    draft.wakeBy(candidate.overdueAt);
  }
}

/** A load that would be in the way of the most urgent model waits at most for so long while residents work: as long as four unloads stall. */
export const LONGEST_COURTESY_MS = 20_000;

/**
 * Whether it has to let the most urgent model go first, which it would keep out. While residents leave for that one, always: else they
 * leave in vain, and it never has its turn.
 */
function mustWaitFor(
  draft: Draft,
  { option, courteousUntil }: Candidate,
  mostUrgent: Candidate | undefined,
): boolean {
  const backend = draft.backendOf(option);
  if (!backend || !mostUrgent?.mayEvict || mostUrgent.option === option) return false;
  if (mostUrgent.option.backendId !== backend.id || draft.isServed(mostUrgent.option)) return false;
  if (!wouldKeepOut(draft.withPlanned(backend), option, mostUrgent.option)) return false;
  if (backend.instances.some(({ status }) => status === 'DRAINING' || status === 'UNLOADING')) return true;
  draft.wakeBy(courteousUntil);
  return draft.now < courteousUntil;
}

function leaveEarly(
  draft: Draft,
  { option }: Candidate,
  backend: BackendSnapshot,
  willing: readonly InstanceSnapshot[],
): void {
  for (const instance of earlyLeavers(draft, draft.withPlanned(backend), option, willing)) {
    draft.drain(
      backend,
      instance,
      `Makes room for ${option.variant.modelName} early: it has nothing to do, while others that have to leave as well still work.`,
    );
  }
}

/** Overdue ones by their deadline, then by weight. */
function byUrgency(now: number): (a: Candidate, b: Candidate) => number {
  const deadline = (candidate: Candidate) =>
    candidate.overdueAt <= now ? candidate.overdueAt : Number.POSITIVE_INFINITY;
  return (a, b) => (deadline(a) === deadline(b) ? b.weight - a.weight : deadline(a) - deadline(b));
}

function waitedFor(draft: Draft): Candidate[] {
  const byTarget = new Map<string, { demand: Demand[]; option: LoadOption }>();
  for (const demand of draft.snapshot.demand) {
    if (demand.options.some((option) => draft.isServed(option))) continue;
    for (const option of demand.options) {
      if (!isPossibleNow(draft, option)) continue;
      const key = `${option.backendId} ${option.variant.weights}`;
      const known = byTarget.get(key);
      if (!known) byTarget.set(key, { demand: [demand], option });
      else {
        known.demand.push(demand);
        // One instance serves every queue of these weights when it has the largest of their contexts.
        if (option.variant.contextLength > known.option.variant.contextLength) known.option = option;
      }
    }
  }
  return [...byTarget.values()].map(({ demand, option }) => {
    const weight = demand.reduce((sum, each) => sum + weightedWaiting(each.backlog, draft.now), 0);
    const waiting = demand.reduce((sum, each) => sum + each.backlog.count, 0);
    return {
      option,
      weight: bySizeToo(weight, option, draft),
      courteousUntil: Math.min(...demand.map((each) => oldestAt(each.backlog))) + LONGEST_COURTESY_MS,
      overdueAt: Math.min(...demand.map((each) => overdueAt(each.backlog))),
      wanted: `${waiting} waiting, weight ${weight.toFixed(1)}`,
      mayEvict: true,
    };
  });
}

function wishedFor(draft: Draft): Candidate[] {
  return draft.snapshot.wishes
    .filter(({ option }) => !draft.isServed(option) && isPossibleNow(draft, option))
    .map(({ option, why, mayEvict }) => ({
      option,
      weight: mayEvict ? bySizeToo(WISH_WEIGHT, option, draft) : 0,
      // A person who asks for a model gets it at once; what is only kept warm must be in nobody's way.
      courteousUntil: mayEvict ? 0 : Number.POSITIVE_INFINITY,
      overdueAt: Number.POSITIVE_INFINITY,
      wanted: why,
      mayEvict,
    }));
}

/** Its backend answers, its last load did not fail just now, and its cards could hold it if nobody used them. */
function isPossibleNow(draft: Draft, option: LoadOption): boolean {
  const backend = draft.backendOf(option);
  if (!backend?.available) return false;
  const holdUntil = Math.max(
    backend.loadHolds.get(option.variant.weights) ?? 0,
    pausedUntil(option, backend, draft.now),
  );
  draft.wakeBy(holdUntil);
  draft.wakeBy(misfitUntil(option));
  draft.wakeBy(nextTrialAt(option, backend, draft.now));
  return holdUntil <= draft.now && fitsEmpty(option, backend);
}

/** Opens a plan for the candidate with victims among `willing`. False when that is not possible now. */
function open(
  draft: Draft,
  candidate: Candidate,
  willing: readonly InstanceSnapshot[],
  others: readonly Candidate[] = [],
): boolean {
  const { option, wanted } = candidate;
  const backend = draft.backendOf(option);
  if (!backend || draft.isServed(option) || draft.freeChannels(backend) <= 0) return false;
  const now = draft.withPlanned(backend);
  const victims = chooseVictims(option, now, willing);
  if (!victims) return false;
  const rest = option.cpuBytes > 0 ? ` (${formatBytes(option.cpuBytes)} more will be on the CPU)` : '';
  const need = `${wanted}; needs ${formatBytes(option.footprintBytes)}${rest}`;
  if (victims.length === 0) {
    const placement = fitWithout(option, now, []);
    if (!placement) return false;
    draft.load(backend, { option, placement }, `${need}, which is free.`);
    return true;
  }
  for (const victim of victims) {
    const unused = formatDuration(draft.now - victim.lastUsedAt);
    draft.drain(
      backend,
      victim,
      `Makes room for ${option.variant.modelName} (${need}); last used ${unused} ago.`,
    );
  }
  const waiting = others.filter(
    (other) =>
      other !== candidate &&
      other.mayEvict &&
      other.option.backendId === backend.id &&
      !draft.isServed(other.option),
  );
  const queue = [option, ...waiting.map((other) => other.option)];
  const company = spoilers(draft, now, victims, willing, queue);
  for (const spoiler of company) {
    draft.drain(
      backend,
      spoiler,
      `Leaves with others for ${option.variant.modelName}: it has nothing to do, and while it stays the server does not see what memory came back, and would keep waiting models out.`,
    );
  }
  const leaving = [...victims, ...company].map((instance) => instance.id);
  const intent = { target: option, victims: leaving, openedAt: draft.now };
  draft.setIntents(backend, [...draft.intentsOf(backend), intent]);
  return true;
}
