/** Which model is loaded next, and where. */
import { totalBytes } from '../../domain/instance.ts';
import { formatBytes, formatDuration } from '../../domain/units.ts';
import { type Candidate, waitedFor, wishedFor } from './candidates.ts';
import type { Draft } from './draft.ts';
import { fitWithout, obstacle } from './fit.ts';
import { refilledAt, type SwapRight } from './forced-share.ts';
import { countLimit } from './limits.ts';
import { mannersOf } from './manners/manners-of.ts';
import { withLoad } from './planned.ts';
import { byUrgency, isFair, isForced } from './rank.ts';
import { replicas } from './replicas.ts';
import type { BackendSnapshot, InstanceSnapshot, LoadOption } from './snapshot.ts';
import { stancesTo, willingVictims } from './switch-test.ts';
import { always, holdsUntil, type Timed } from './timed.ts';
import type { Stance } from './verdict.ts';
import { chooseVictims } from './victim-sets.ts';

type Stances = ReadonlyMap<Stance, readonly InstanceSnapshot[]>;

export function openSwaps(draft: Draft): void {
  const wanted = [...waitedFor(draft), ...wishedFor(draft), ...replicas(draft)];
  const gathered = gatheredAt(draft, wanted);
  for (const { option } of wanted) {
    const until = gathered.get(option.variant.weights);
    if (until !== undefined) draft.refuse(option, { kind: 'GATHERING', until });
  }
  const candidates = byUrgency(
    draft,
    wanted.filter(({ option }) => !gathered.has(option.variant.weights)),
  );
  const mostUrgent = candidates[0];
  // Free memory first: a load without victims takes nothing from anyone.
  const left = candidates
    .filter((candidate) => !waitsFor(draft, candidate, mostUrgent))
    .filter((candidate) => !open(draft, candidate, [], candidates));
  for (const [place, candidate] of left.entries()) {
    const backend = draft.backendOf(candidate.option);
    if (!backend || !candidate.mayEvict) continue;
    const { option, priority, overdueAt } = candidate;
    const may = mayOpen(draft, backend, candidate);
    if (!may) draft.refuse(option, { kind: 'CHANNELS' });
    // Who comes first may still have others leave early, although nothing can be loaded for it yet.
    if (place > 0 && !may) continue;
    const forced = draft.note(isForced(draft, candidate));
    const fair = draft.note(isFair(draft, candidate));
    const stances = stancesTo(draft, backend, { option, priority, forced, head: candidate.head(), fair });
    const awaited = draft.awaitedOn(backend);
    const willing = willingVictims(draft, stances).filter(({ id }) => !awaited?.victims.includes(id));
    const opened = willing.length > 0 && open(draft, candidate, willing, left, stances);
    if (!opened && may && !awaited) keepRoom(draft, option, backend, willing);
    if (!opened && may) {
      const forcedAt = Math.max(
        overdueAt,
        refilledAt('OVERDUE', draft.forcedSeconds(backend, 'OVERDUE'), draft.now),
      );
      draft.refuse(option, { kind: 'NO_ROOM', backend: draft.withPlanned(backend), stances, forcedAt });
    }
    if (!opened && place === 0) leaveEarly(draft, candidate, backend, willing);
  }
  for (const candidate of left) cutWhereFree(draft, candidate, left);
}

/**
 * Whoever is less urgent leaves it what it waits for. Otherwise small models, which find room sooner, would take the place of each other, and a large
 * one would have to wait until it is overdue.
 */
function keepRoom(
  draft: Draft,
  option: LoadOption,
  backend: BackendSnapshot,
  willing: readonly InstanceSnapshot[],
): void {
  const others = draft.standing(backend).filter((one) => !one.pinned && !willing.includes(one));
  const victims = chooseVictims(option, draft.withPlanned(backend), [
    ...willing,
    ...others.toSorted((a, b) => draft.waitingWeight(a) - draft.waitingWeight(b)),
  ]);
  if (!victims) return;
  draft.keepRoom(backend, { target: option, victims: victims.map(({ id }) => id), openedAt: draft.now });
}

/**
 * By weights that may go to a server that is gathering: until when they wait for it, epoch milliseconds. Elsewhere somebody might have to leave
 * for them meanwhile.
 */
function gatheredAt(draft: Draft, wanted: readonly Candidate[]): ReadonlyMap<string, number> {
  const found = new Map<string, number>();
  for (const backend of draft.snapshot.backends) {
    const gathering = mannersOf(backend).isGathering(draft, backend);
    if (!draft.note(gathering)) continue;
    for (const candidate of wanted)
      if (isOn(backend, candidate)) found.set(candidate.option.variant.weights, gathering.until);
  }
  return found;
}

function waitsFor(draft: Draft, candidate: Candidate, mostUrgent: Candidate | undefined): boolean {
  const waits = mustWaitFor(draft, candidate, mostUrgent);
  if (waits.is) draft.refuse(candidate.option, { kind: 'COURTESY', until: waits.until });
  return draft.note(waits);
}

/**
 * Over several cards although one could hold it, which costs buffers on each: at once in free memory is still better than waiting for a
 * resident with work, where nobody else waits who would find less room then. A server that chooses the cards itself is not asked to.
 */
function cutWhereFree(draft: Draft, candidate: Candidate, left: readonly Candidate[]): void {
  const { option, wanted } = candidate;
  const backend = draft.backendOf(option);
  if (!backend || backend.oneInstancePerWeights || !candidate.mayEvict) return;
  if (draft.freeChannels(backend) <= 0 || !candidate.isOpen()) return;
  if (left.some((other) => other !== candidate && isOn(backend, other) && other.isOpen())) return;
  if (draft.swapsOf(backend).length > 0) return;
  const placement = fitWithout(option, draft.withPlanned(backend), [], true);
  if (!placement || placement.length < 2) return;
  const need = `${wanted}; needs ${formatBytes(option.footprintBytes)} on one card, and nobody there has nothing to do`;
  draft.load(
    backend,
    { option, placement },
    `${need}. It is cut over ${placement.length} cards, which takes ${formatBytes(totalBytes(placement))} of what is free.`,
  );
}

/**
 * Whether it has to let the most urgent model go first, which it would keep out. While residents leave for that one, always: else they
 * leave in vain, and it never has its turn.
 */
function mustWaitFor(
  draft: Draft,
  { option, courteousUntil }: Candidate,
  mostUrgent: Candidate | undefined,
): Timed<boolean> {
  const backend = draft.backendOf(option);
  if (!backend || !mostUrgent?.mayEvict || mostUrgent.option === option) return always(false);
  if (mostUrgent.option.backendId !== backend.id || draft.isServed(mostUrgent.option)) return always(false);
  if (!mannersOf(backend).wouldKeepOut(draft.withPlanned(backend), option, mostUrgent.option))
    return always(false);
  if (backend.instances.some(({ status }) => status === 'DRAINING' || status === 'UNLOADING'))
    return always(true);
  return holdsUntil(courteousUntil, draft.now);
}

function leaveEarly(
  draft: Draft,
  { option }: Candidate,
  backend: BackendSnapshot,
  willing: readonly InstanceSnapshot[],
): void {
  const early = mannersOf(backend).earlyLeavers(draft, draft.withPlanned(backend), option, willing);
  for (const instance of early) {
    draft.drain(
      instance,
      'ROOM',
      `Makes room for ${option.variant.modelName} early: it has nothing to do, while others that have to leave as well still work.`,
      option.variant.modelName,
    );
  }
}

/** Whether a load may begin there, and this one is still wanted. */
function mayOpen(draft: Draft, backend: BackendSnapshot, candidate: Candidate): boolean {
  return draft.freeChannels(backend) > 0 && candidate.isOpen();
}

/** Opens a plan for the candidate with victims among `willing`. False when that is not possible now. */
function open(
  draft: Draft,
  candidate: Candidate,
  willing: readonly InstanceSnapshot[],
  others: readonly Candidate[],
  stances: Stances = new Map(),
): boolean {
  const { wanted } = candidate;
  const backend = draft.backendOf(candidate.option);
  if (!backend || !mayOpen(draft, backend, candidate)) return false;
  const now = draft.besideAwaited(backend);
  const victims = chooseVictims(candidate.option, now, willing);
  if (!victims) return false;
  const inWay = others.filter((other) => other !== candidate && other.mayEvict && isOn(backend, other));
  const option = widest(candidate, now, victims, inWay);
  const rest = option.cpuBytes > 0 ? ` (${formatBytes(option.cpuBytes)} more will be on the CPU)` : '';
  const need = `${wanted}; needs ${formatBytes(option.footprintBytes)}${rest}${obstacle(option, now) === 'COUNT' ? `; ${countLimit(backend)}` : ''}`;
  if (victims.length === 0) {
    const placement = fitWithout(option, now, []);
    if (!placement) return false;
    draft.load(backend, { option, placement }, `${need}, which is free.`);
    return true;
  }
  const working = victims.filter((victim) => draft.hasWork(victim));
  const right = rightOver(draft, working, candidate, stances);
  if (right)
    draft.spendForced(backend, right, [
      option.loadMs,
      ...working.map(({ expectedLoadMs }) => expectedLoadMs),
    ]);
  for (const victim of victims) {
    const unused = formatDuration(draft.now - victim.lastUsedAt);
    draft.drain(
      victim,
      'ROOM',
      `Makes room for ${option.variant.modelName} (${need}); last used ${unused} ago.`,
      option.variant.modelName,
    );
  }
  const queue = [
    option,
    ...inWay.filter((other) => !draft.isServed(other.option)).map((other) => other.option),
  ];
  const company = mannersOf(backend).company(draft, now, victims, willing, queue);
  for (const spoiler of company) {
    draft.drain(
      spoiler,
      'ROOM',
      `Leaves with others for ${option.variant.modelName}: it has nothing to do, and while it stays the server does not see what memory came back, and would keep waiting models out.`,
      option.variant.modelName,
    );
  }
  const leaving = [...victims, ...company].map((instance) => instance.id);
  const swap = { target: option, victims: leaving, openedAt: draft.now };
  draft.setSwaps(backend, [...draft.swapsOf(backend), swap]);
  return true;
}

/** On whose share of the time they give way; null where all that they are left with is less urgent, or done elsewhere. */
function rightOver(
  draft: Draft,
  working: readonly InstanceSnapshot[],
  { priority }: Candidate,
  stances: Stances,
): SwapRight | null {
  const those = (stance: Stance) => working.filter((victim) => stances.get(stance)?.includes(victim));
  if (those('FORCED').length > 0) return 'OVERDUE';
  return those('OUTRANKED').some((victim) => draft.headOf(victim)?.priority === priority) ? 'FAIR' : null;
}

function isOn({ id }: BackendSnapshot, { option }: Candidate): boolean {
  return option.backendId === id;
}

/**
 * The largest context that is wanted of these weights and costs nobody more: it fits in the same place, and whoever else waits fits beside
 * it if it would fit beside the smaller one. Those who wait for a larger one than that wait alone.
 */
function widest(
  { option, wider }: Candidate,
  backend: BackendSnapshot,
  victims: readonly InstanceSnapshot[],
  others: readonly Candidate[],
): LoadOption {
  if (wider.length === 0) return option;
  const movable = backend.instances.filter(({ pinned }) => !pinned);
  const beside = (loaded: LoadOption, other: LoadOption) => {
    const placement = fitWithout(loaded, backend, victims);
    const rest = movable.filter((instance) => !victims.includes(instance));
    return placement !== null && fitWithout(other, withLoad(backend, { option: loaded, placement }), rest);
  };
  const otherModels = others.filter((other) => other.option.variant.weights !== option.variant.weights);
  const costsNobody = (wide: LoadOption) =>
    fitWithout(wide, backend, victims) !== null &&
    otherModels.every((other) => !beside(option, other.option) || beside(wide, other.option));
  return wider.find(costsNobody) ?? option;
}
