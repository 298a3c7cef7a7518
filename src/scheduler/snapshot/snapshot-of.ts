/** The state as decisions see it: the ledger worked out, and what is being claimed taken off the demand. */

import { bucketId, type QueueBacklog } from '../../domain/backlog.ts';
import type { Gpu } from '../../domain/gpu.ts';
import type { InstanceId } from '../../domain/ids.ts';
import { bytesOn } from '../../domain/instance.ts';
import type { ClaimPick } from '../../domain/store.ts';
import { asItLoads } from '../decide/as-it-loads.ts';
import { secondsLeft } from '../decide/forced-share.ts';
import { isMoving } from '../decide/placement.ts';
import type { BackendSnapshot, Demand, GpuSnapshot, LoadOption, Snapshot, Wish } from '../decide/snapshot.ts';
import { gpusOf, uncertainBytes } from '../ledger/cards.ts';
import { hostSnapshot } from '../ledger/host.ts';
import { alwaysReserved } from '../reservations/use.ts';
import { meanRunMs } from '../runs/work.ts';
import { type BackendRecord, instancesOf, type SchedulerState } from '../state.ts';

/** Ollama's default limit (`OLLAMA_MAX_LOADED_MODELS` = 0). */
const MODELS_PER_GPU = 3;

export function snapshotOf(
  state: SchedulerState,
  demand: readonly Demand[],
  wishes: readonly Wish[],
  now: number,
  roomOf: (client: string) => number = () => Number.POSITIVE_INFINITY,
): Snapshot {
  const asked = overdueAsked(state);
  const askedFor = askedOf(state);
  const roomLeft = (client: string) => roomOf(client) - (askedFor.get(client) ?? 0);
  const backends = [...state.backends.values()].map((backend) => backendSnapshot(state, backend, asked, now));
  const asLoaded = (option: LoadOption) => asItLoads(option, backends, now);
  return {
    paused: state.paused,
    backends,
    demand: withOptions(withoutClaimed(state, demand), backends, asLoaded),
    wishes: wishes.map((wish) => ({ ...wish, option: asLoaded(wish.option) })),
    service: state.service,
    clientRoom: { get: roomLeft },
    clientsAtLimit: [...askedFor.keys()].filter((client) => roomLeft(client) <= 0),
    runMs: { get: (weights) => meanRunMs(state.work, weights) },
  };
}

function withOptions(
  demand: readonly Demand[],
  backends: readonly BackendSnapshot[],
  change: (option: LoadOption) => LoadOption,
): readonly Demand[] {
  const hasShortfalls = backends.some(({ shortfalls }) => shortfalls.length > 0);
  const isSpecial = ({ mayOffload, misfit, marginBytes }: LoadOption) =>
    hasShortfalls || mayOffload || misfit !== null || marginBytes > 0;
  if (!demand.some(({ options }) => options.some(isSpecial))) return demand;
  return demand.map((each) => ({
    ...each,
    options: each.options.map(change),
    asResolved: each.options,
  }));
}

function backendSnapshot(
  state: SchedulerState,
  backend: BackendRecord,
  asked: ReadonlyMap<InstanceId, number>,
  now: number,
): BackendSnapshot {
  const { settings } = backend;
  return {
    id: settings.id,
    name: settings.name,
    // Without a first reading of its GPUs nothing is known to be free.
    available: backend.health !== 'UNREACHABLE' && backend.gpus !== null,
    unreadGpus:
      backend.health !== 'UNREACHABLE' && backend.gpus === null
        ? (backend.problem ?? 'It has only just answered.')
        : null,
    alwaysResident: settings.capabilities.alwaysResident,
    loadChannels: settings.capabilities.loadChannels,
    maxLoadedModels: settings.maxLoadedModels ?? usualMost(backend),
    admitsByItself: settings.capabilities.admitsByItself,
    oneInstancePerWeights: settings.capabilities.oneInstancePerWeights,
    gpus: gpusOf(state, backend).map((gpu, i) =>
      gpuSnapshot(state, backend, gpu, backend.gpus?.[i]?.deficitSince ?? null, now),
    ),
    host: hostSnapshot(state, backend),
    instances: instancesOf(state, settings.id)
      .filter(({ yielded }) => !yielded)
      .map((instance) => ({
        ...instance,
        suspect: instance.suspectSince !== null,
        visits: state.visits.get(instance.variant.weights) ?? null,
        overdueJobs: instance.overdue.size + (asked.get(instance.id) ?? 0),
      })),
    forcedSeconds: secondsLeft(backend.forced, now),
    swaps: backend.swaps,
    loadHolds: new Map([...backend.loadHolds].map(([weights, hold]) => [weights, hold.until])),
    shortfalls: backend.shortfalls,
  };
}

/** Jobs that were asked of the store and not answered yet, by client. */
function askedOf({ claims }: SchedulerState): ReadonlyMap<string, number> {
  const asked = new Map<string, number>();
  for (const { picks } of claims.values())
    for (const { client, count } of picks) asked.set(client, (asked.get(client) ?? 0) + count);
  return asked;
}

/** Overdue jobs that were asked of the store before their turn, and not answered yet. */
function overdueAsked({ claims }: SchedulerState): ReadonlyMap<InstanceId, number> {
  const asked = new Map<InstanceId, number>();
  for (const { instanceId, overdue, picks } of claims.values()) {
    const count = overdue ? picks.reduce((sum, pick) => sum + pick.count, 0) : 0;
    asked.set(instanceId, (asked.get(instanceId) ?? 0) + count);
  }
  return asked;
}

/** Where no count limits them they are as many as the cards and the host hold. */
function usualMost({ settings, gpus, host }: BackendRecord): number {
  const cards = gpus?.length ?? 0;
  if (!settings.capabilities.limitsModelsByCount && (cards > 0 || host !== null))
    return Number.POSITIVE_INFINITY;
  return MODELS_PER_GPU * Math.max(1, cards);
}

function gpuSnapshot(
  state: SchedulerState,
  backend: BackendRecord,
  gpu: Gpu,
  deficitSince: number | null,
  now: number,
): GpuSnapshot {
  const { freeBytes, deficitBytes, instanceBytes, totalBytes, headroomBytes, reservedBytes } = gpu.usage;
  const uncertain = uncertainBytes(backend, gpu, now);
  return {
    id: gpu.id,
    index: gpu.index,
    freeBytes: Math.max(0, freeBytes - uncertain),
    capacityBytes: Math.max(0, freeBytes - deficitBytes + instanceBytes - uncertain),
    emptyBytes: Math.max(0, totalBytes - headroomBytes - alwaysReserved(state, gpu.id)),
    headroomBytes,
    totalBytes,
    reservedBytes,
    movingBytes: instancesOf(state, backend.settings.id)
      .filter(isMoving)
      .reduce((sum, { footprint }) => sum + bytesOn(gpu.id, footprint), 0),
    deficitBytes,
    deficitSince,
  };
}

/** Jobs whose claim is under way are still in the counts: they must not be decided about twice. */
export function withoutClaimed(state: SchedulerState, demand: readonly Demand[]): readonly Demand[] {
  if (state.claims.size === 0) return demand;
  const claimed = Map.groupBy(
    [...state.claims.values()].flatMap(({ picks }) => picks),
    ({ queue }) => queue,
  );
  return demand.flatMap((each) => {
    const ofQueue = claimed.get(each.backlog.queue);
    if (!ofQueue) return [each];
    const backlog = lessened(each.backlog, ofQueue);
    return backlog ? [{ ...each, backlog }] : [];
  });
}

/** Takes the oldest of each bucket off; their mean arrival stands for their own, which is not known. @param claimed of this queue */
function lessened(backlog: QueueBacklog, claimed: readonly ClaimPick[]): QueueBacklog | null {
  const byPriority = { ...backlog.byPriority };
  let { count } = backlog;
  const taken = new Map<string, number>();
  for (const pick of claimed) {
    const bucket = backlog.buckets.get(bucketId(pick));
    if (!bucket) continue;
    const before = taken.get(bucket.id) ?? 0;
    const more = Math.min(bucket.count - before, pick.count);
    taken.set(bucket.id, before + more);
    const total = byPriority[pick.priority];
    const left = total.count - more;
    byPriority[pick.priority] = {
      count: left,
      createdAtSum: total.createdAtSum - (bucket.createdAtSum / bucket.count) * more,
      oldestCreatedAt: left === 0 ? null : total.oldestCreatedAt,
    };
    count -= more;
  }
  return count === 0 ? null : { ...backlog, count, byPriority, claimed: taken };
}
