/**
 * The verdicts of a finished plan. What was decided is taken down in the draft (`Refusal`); the rest holds by the snapshot alone, and is the
 * same that made the plan think of no load. Each is put together when somebody asks for it: most queues are never asked about.
 */

import { greatest } from '../../domain/long-lists.ts';
import type { QueueKey } from '../../domain/queue-key.ts';
import { Draft } from './draft.ts';
import { couldFit, fitWithout, obstacle } from './fit.ts';
import { refilledAt } from './forced-share.ts';
import { hostAdmits, hostBytesOf, hostCouldAdmit } from './host.ts';
import { explainedBySlots, impossibleEverywhere } from './impossible.ts';
import { misfitUntil } from './misfit.ts';
import { fitsEmpty } from './placement.ts';
import { pausedUntil, shortfallOf, shortfallUntil } from './shortfall.ts';
import { type BackendSnapshot, type Demand, type LoadOption, type Snapshot, serves } from './snapshot.ts';
import { stancesTo } from './switch-test.ts';
import type { NoRoom, Refusal, Verdict, Verdicts } from './verdict.ts';

interface Place {
  readonly option: LoadOption;
  readonly backend: BackendSnapshot;
}

export function verdictsOf(draft: Draft): Verdicts {
  const byQueue = new Map(draft.snapshot.demand.map((demand) => [demand.backlog.queue, demand]));
  const known = new Map<QueueKey, Verdict>();
  return {
    of: (queue) => {
      const demand = byQueue.get(queue);
      if (!demand) return null;
      const verdict = known.get(queue) ?? verdictOf(draft, demand);
      known.set(queue, verdict);
      return verdict;
    },
  };
}

function verdictOf(draft: Draft, demand: Demand): Verdict {
  if (draft.snapshot.paused) return { kind: 'PAUSED', until: null };
  const slots = draft.readySlots(demand);
  const since = slots > 0 ? null : loadingSince(draft, demand);
  if (since !== null) {
    const loadMs = greatest(demand.options.map((option) => option.loadMs));
    return { kind: 'LOADING', since, until: since + loadMs };
  }
  const places = demand.options.flatMap((option) => {
    const backend = draft.backendOf(option);
    return backend?.available ? [{ option, backend }] : [];
  });
  if (places.length === 0) return unreachable(draft, demand);
  return slots > 0
    ? { kind: 'TURN', slots, backlog: demand.backlog, until: null }
    : forMemory(draft, demand, places);
}

/** By the snapshot, or by this plan; null when none of its options loads. */
function loadingSince(draft: Draft, { options }: Demand): number | null {
  const found = options.flatMap((option) => draft.loadingOf(option));
  return found[0] ?? null;
}

function unreachable({ snapshot: { backends } }: Draft, { options }: Demand): Verdict {
  const unread = backends.find(
    ({ id, unreadGpus }) => unreadGpus !== null && options.some(({ backendId }) => backendId === id),
  );
  return {
    kind: 'UNREACHABLE',
    unread: unread?.unreadGpus ? { name: unread.name, why: unread.unreadGpus } : null,
    down: backends.filter(({ available }) => !available).map(({ name }) => name),
    isKnown: options.length > 0,
    until: null,
  };
}

/** Of the place where room is being made for it, else of the first that could hold it, else of the first one. */
function forMemory(draft: Draft, demand: Demand, places: readonly Place[]): Verdict {
  const loadable = places.filter(({ backend }) => !backend.alwaysResident);
  const possible = loadable.find(({ option, backend }) => couldFit(option, backend));
  const planned = loadable.find(({ option, backend }) =>
    draft.swapsOf(backend).some(({ target }) => serves(target, option)),
  );
  const shown = planned ?? possible ?? loadable[0];
  if (!shown) return { kind: 'NOT_RESIDENT', names: places.map(({ backend }) => backend.name), until: null };
  return (
    whyNever(draft, demand, shown, possible !== undefined) ??
    whyNotYet(draft, shown) ??
    whyNotChosen(draft, shown)
  );
}

/** What it takes is more than there is, or more than it had when it failed. */
function whyNever(
  { snapshot, now }: Draft,
  { options, asResolved = options }: Demand,
  { option, backend }: Place,
  isPossible: boolean,
): Verdict | null {
  const never = impossibleEverywhere(asResolved, snapshot.backends, now);
  if (never) return { kind: 'IMPOSSIBLE', explanation: never.explanation, until: null };
  if (!isPossible && !hostCouldAdmit(option, backend))
    return { kind: 'HOST_TOO_SMALL', ...hostNeed(option, backend), until: null };
  const fits = fitWithout(option, backend, []) !== null;
  const misfitEnd = misfitUntil(option);
  if (option.misfit && misfitEnd > now && !fits)
    return { kind: 'SPILLED', roomBytes: option.misfit.roomBytes, until: misfitEnd };
  const failed = fits ? null : shortfallOf(option, backend, now);
  if (failed) {
    const said = asResolved.find(({ backendId }) => backendId === backend.id);
    return {
      kind: 'RAN_OUT',
      roomBytes: failed.roomBytes,
      fitsEmpty: fitsEmpty(option, backend),
      advice: said ? explainedBySlots(said, backend, failed) : '',
      until: shortfallUntil(failed),
    };
  }
  if (isPossible) return null;
  return {
    kind: 'TOO_LARGE_NOW',
    place: backend,
    needBytes: option.footprintBytes,
    mostBytes: Math.max(0, greatest(backend.gpus.map((gpu) => gpu.capacityBytes))),
    until: null,
  };
}

/** It is under way, or something has to end before it can be. */
function whyNotYet(draft: Draft, { option, backend }: Place): Verdict | null {
  const { now } = draft;
  const swap = draft.swapsOf(backend).find(({ target }) => serves(target, option));
  if (swap) {
    const leaving = backend.instances.filter(({ id }) => swap.victims.includes(id));
    return {
      kind: 'MAKING_ROOM',
      needBytes: option.footprintBytes,
      leaving: leaving.map((instance) => draft.left(instance)),
      until: null,
    };
  }
  const hold = backend.loadHolds.get(option.variant.weights) ?? 0;
  const heldUntil = Math.max(hold, pausedUntil(option, backend, now));
  if (heldUntil > now) return { kind: 'HELD', until: heldUntil };
  const own = backend.instances.filter((instance) => serves(instance, option));
  if (own.length > 0)
    return { kind: 'LEAVING', own: own.map((instance) => draft.left(instance)), until: null };
  if (!hostAdmits(option, backend, []))
    return { kind: 'HOST_SHORT', ...hostNeed(option, backend), until: null };
  return null;
}

/** It could have been loaded by this plan, and was not. */
function whyNotChosen(draft: Draft, { option, backend }: Place): Verdict {
  const refusal = draft.refusalOf(option);
  switch (refusal?.kind) {
    case 'CHANNELS':
      return { kind: 'CHANNELS', place: backend, until: null };
    case 'COURTESY': {
      const fits = fitWithout(option, backend, []) !== null;
      return { kind: 'COURTESY', needBytes: option.footprintBytes, fits, until: refusal.until };
    }
    case 'GATHERING':
      return { kind: 'ABOUT_TO_LOAD', until: refusal.until };
    case 'NO_ROOM':
      return noRoom(draft, option, refusal);
    case undefined:
      return draft.areChannelsBusy(backend)
        ? { kind: 'CHANNELS', place: backend, until: null }
        : { kind: 'ABOUT_TO_LOAD', until: null };
    default:
      return refusal satisfies never;
  }
}

function noRoom(
  draft: Draft,
  option: LoadOption,
  { backend, stances, forcedAt }: Extract<Refusal, { kind: 'NO_ROOM' }>,
): NoRoom {
  const stanceOf = new Map([...stances].flatMap(([stance, those]) => those.map((one) => [one, stance])));
  const residents = backend.instances.map((instance) => {
    return { resident: draft.left(instance), stance: stanceOf.get(instance) ?? 'MOVING' };
  });
  const canForce = residents.some(({ stance }) => stance !== 'PINNED' && stance !== 'MOVING');
  return {
    kind: 'NO_ROOM',
    place: backend,
    obstacle: obstacle(option, backend),
    needBytes: option.footprintBytes,
    freeBytes: backend.gpus.reduce((sum, gpu) => sum + gpu.freeBytes, 0),
    residents,
    until: canForce && forcedAt > draft.now ? forcedAt : null,
  };
}

/** Of something that somebody asks for, without what waits. */
export function noRoomFor(
  snapshot: Snapshot,
  option: LoadOption,
  backend: BackendSnapshot,
  now: number,
): NoRoom {
  const draft = new Draft(snapshot, now);
  const stances = stancesTo(draft, backend, {
    option,
    priority: 'HIGH',
    forced: false,
    head: null,
    fair: false,
  });
  const forcedAt = refilledAt('OVERDUE', backend.forcedSeconds.OVERDUE, now);
  return noRoom(draft, option, { kind: 'NO_ROOM', backend, stances, forcedAt });
}

function hostNeed(option: LoadOption, { host, gpus }: BackendSnapshot) {
  return {
    needBytes: hostBytesOf(option, host?.bytesPerInstance ?? 0, gpus),
    freeBytes: Math.max(0, host?.freeBytes ?? 0),
  };
}
