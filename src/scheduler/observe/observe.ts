/** Takes a reading of a backend into the state: its health, its GPUs, and who is really resident. */
import type { Resident } from '../../domain/backend.ts';
import { foreignBytes, type GpuReading, type Holding } from '../../domain/gpu.ts';
import { stableId } from '../../domain/ids.ts';
import { nextInstanceStatus } from '../../domain/instance.ts';
import type { BackendObservation } from '../../domain/observation.ts';
import { queueKey } from '../../domain/queue-key.ts';
import type { ResolvedModel } from '../../domain/resolver.ts';
import type { Effect } from '../events.ts';
import { placeConfigured } from '../reservations/configured.ts';
import {
  type BackendRecord,
  type GpuRecord,
  type InstanceRecord,
  instancesOf,
  type SchedulerState,
  withBackend,
  withInstance,
  withoutInstance,
} from '../state.ts';
import type { Reduced, World } from '../turn.ts';
import { type AdoptedModel, adopt, unknownModel } from './adopt.ts';
import { attribute } from './attribute.ts';
import { confirmFreed } from './freed-memory.ts';

export function observe(
  before: SchedulerState,
  observation: BackendObservation,
  world: World,
  now: number,
): Reduced {
  const known = before.backends.get(observation.backendId);
  if (!known) return { state: before, effects: [] };
  const effects: Effect[] = [];
  let state = withBackend(before, {
    ...known,
    health: observation.health,
    problem: observation.problem ?? observation.probeProblem,
    version: observation.version ?? known.version,
    lastSeenAt: observation.health === 'UNREACHABLE' ? known.lastSeenAt : observation.at,
    residents: observation.residents ?? known.residents,
    ownPids: observation.ownPids ? new Set(observation.ownPids) : known.ownPids,
    host: observation.host ?? known.host,
    gpuIntervalMs: observation.gpuIntervalMs ?? known.gpuIntervalMs,
    gpus: observation.gpus ? readGpus(before, known, withProcesses(observation, known)) : known.gpus,
  });
  state = placeConfigured(state, state.backends.get(observation.backendId) ?? known);
  if (observation.health === 'UNREACHABLE') return forgetAll(state, known, now);
  if (observation.residents)
    state = reconcile(state, observation, observation.residents, world, effects, now);
  const freed = confirmFreed(state, observation, now, effects);
  const showsProcesses = observation.gpus !== null && observation.gpuDetail !== 'memory';
  const booked = showsProcesses ? attribute(freed.state, known, effects) : freed.state;
  const since = observation.gpus ? Number.NEGATIVE_INFINITY : freed.newest;
  return { state: withUnexplained(booked, known, since), effects };
}

/**
 * Whoever left or was adopted explains its bytes no more, or now: what is left over of a reading that was taken since is a
 * another program's, at once. An older reading still has the bytes of those who left.
 */
function withUnexplained(state: SchedulerState, known: BackendRecord, since: number): SchedulerState {
  const backend = state.backends.get(known.settings.id);
  if (!backend?.gpus) return state;
  const gpus = backend.gpus.flatMap((gpu) =>
    gpu.reading.sampledAt >= since ? readGpus(state, backend, [gpu.reading]) : [gpu],
  );
  return withBackend(state, { ...backend, gpus });
}

/** A lost server has lost its instances too, or will be asked about them when it is back. */
function forgetAll(before: SchedulerState, backend: BackendRecord, now: number): Reduced {
  let state = withBackend(before, {
    ...(before.backends.get(backend.settings.id) ?? backend),
    swaps: [],
    residents: [],
    // It may come back with other settings.
    shortfalls: [],
  });
  const effects: Effect[] = [];
  for (const instance of instancesOf(before, backend.settings.id)) {
    nextInstanceStatus(instance.status, 'vanish');
    state = withoutInstance(state, instance, now);
    effects.push({ type: 'forget', instanceId: instance.id });
  }
  return { state, effects };
}

/** A reading of memory alone leaves it to the one before who has it; of processes of ours those that have ended since are known. */
function withProcesses(
  { gpus, gpuDetail, ownPids }: BackendObservation,
  known: BackendRecord,
): readonly GpuReading[] {
  if (!gpus || gpuDetail !== 'memory') return gpus ?? [];
  const stillOurs = new Set(ownPids ?? known.ownPids);
  const before = new Map(known.gpus?.map(({ reading }) => [reading.key, reading.processes]));
  return gpus.map((reading) => {
    const last = before.get(reading.key) ?? [];
    const processes = last.filter(({ pid }) => stillOurs.has(pid) || !known.ownPids.has(pid));
    return { ...reading, processes };
  });
}

function readGpus(
  state: SchedulerState,
  backend: BackendRecord,
  readings: readonly GpuReading[],
): readonly GpuRecord[] {
  const last = new Map(backend.gpus?.map((gpu) => [gpu.reading.key, gpu]));
  return readings.map((reading) => {
    const id = stableId('gpu', backend.settings.name, reading.key);
    const before = last.get(reading.key)?.foreignBytes ?? 0;
    const foreign =
      reading.usedBytes === null
        ? 0
        : foreignBytes(reading.usedBytes, holdings(state, backend, id, reading.sampledAt), before);
    return { id, reading, foreignBytes: foreign, deficitSince: last.get(reading.key)?.deficitSince ?? null };
  });
}

function holdings(
  state: SchedulerState,
  backend: BackendRecord,
  gpuId: GpuRecord['id'],
  sampledAt: number,
): Holding[] {
  return instancesOf(state, backend.settings.id).flatMap((instance) =>
    instance.footprint
      .filter((part) => part.gpuId === gpuId)
      .map(
        (part) =>
          ({ bytes: part.bytes, state: isSettled(instance, sampledAt) ? 'settled' : 'moving' }) as const,
      ),
  );
}

/** Whether all of its bytes are in a reading of that time. */
function isSettled(instance: InstanceRecord, sampledAt: number): boolean {
  const { loadedAt, yielded } = instance;
  return isKnownByList(instance) && !yielded && loadedAt !== null && loadedAt < sampledAt;
}

/** What we believe is there against what is: the vanished are forgotten, the unknown adopted, suspects cleared. */
function reconcile(
  before: SchedulerState,
  observation: BackendObservation,
  residents: readonly Resident[],
  world: World,
  effects: Effect[],
  now: number,
): SchedulerState {
  let state = before;
  const backendId = observation.backendId;
  const resolved = residents.map((resident) => ({
    resident,
    model: world.resolve(queueKey({ model: resident.modelName, contextLength: null }), backendId),
  }));
  // By weights: another client has had them loaded with another context, in the place of ours.
  const replaced = new Map<string, InstanceRecord>();
  for (const instance of instancesOf(state, backendId)) {
    if (!isKnownByList(instance) || (instance.loadedAt ?? now) >= observation.startedAt) continue;
    const match = resolved.find(({ resident, model }) => isSame(instance, resident, model));
    if (!match) {
      nextInstanceStatus(instance.status, 'vanish');
      state = withoutInstance(state, instance, now);
      effects.push({ type: 'forget', instanceId: instance.id });
      replaced.set(instance.variant.weights, instance);
    } else if (instance.suspectSince !== null && instance.suspectSince < observation.startedAt) {
      state = withInstance(state, { ...instance, suspectSince: null });
    } else if (instance.yielded && hasLoaded(state, observation)) {
      // The server has kept it.
      state = withInstance(state, { ...instance, yielded: false });
    }
  }
  for (const { resident, model } of resolved) {
    const meant = model && weightsOf(resident, model) === model.variant.weights ? model : null;
    const there = meant ?? namelessModel(state, observation, { resident, model }, world);
    if (!there) continue;
    const replaces = replaced.get(there.variant.weights);
    state = adopt(state, observation, { resident, model: there, replaces }, world, effects, now);
  }
  return state;
}

/** What is there and means nothing that any name says; null for what is one of ours, or cannot be told yet. */
function namelessModel(
  state: SchedulerState,
  { backendId }: BackendObservation,
  { resident, model }: { readonly resident: Resident; readonly model: ResolvedModel | null },
  world: World,
): AdoptedModel | null {
  const settings = state.backends.get(backendId)?.settings;
  if (!settings?.capabilities.shared || !world.hasListed(backendId)) return null;
  const weights = weightsOf(resident, model) ?? resident.digest;
  if (world.isNamed(weights, backendId)) return null;
  const isOurs = instancesOf(state, backendId).some((instance) => isSame(instance, resident, model));
  return isOurs ? null : unknownModel(resident, weights, settings.parallel);
}

/** Whether the server's list tells if it is there. The end of an unload is told by whoever waits for it; what has no name is waited for in vain. */
function isKnownByList({ status, nameless }: InstanceRecord): boolean {
  return status === 'READY' || status === 'DRAINING' || (status === 'UNLOADING' && nameless);
}

/** Whether every load there had ended when the observation began. */
function hasLoaded(state: SchedulerState, { backendId, startedAt }: BackendObservation): boolean {
  return instancesOf(state, backendId).every(
    ({ status, loadedAt }) => status !== 'LOADING' && (loadedAt ?? 0) < startedAt,
  );
}

function isSame(instance: InstanceRecord, resident: Resident, model: ResolvedModel | null): boolean {
  // A name that was deleted or pulled anew means nothing or something else, and yet what was loaded by it stays until it is unloaded.
  const weights = weightsOf(resident, model);
  const named =
    weights === null
      ? resident.modelName === instance.variant.modelName
      : weights === instance.variant.weights;
  if (!named) return false;
  if (resident.shift !== undefined && resident.shift !== (instance.variant.options.shift ?? null))
    return false;
  return resident.contextLength === null || resident.contextLength === instance.variant.contextLength;
}

/** Null where that cannot be told: nobody knows the manifest that it was loaded by. */
export function weightsOf(resident: Resident, model: ResolvedModel | null): string | null {
  if (resident.weights !== undefined) return resident.weights;
  return model?.info.digest === resident.digest ? model.variant.weights : null;
}
