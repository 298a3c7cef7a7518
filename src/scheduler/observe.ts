/** Takes a reading of a backend into the state: its health, its GPUs, and who is really resident. */
import type { Resident } from '../domain/backend.ts';
import { foreignBytes, type GpuReading, type Holding } from '../domain/gpu.ts';
import { stableId } from '../domain/ids.ts';
import { nextInstanceStatus } from '../domain/instance.ts';
import { adoptedOptions } from '../domain/model.ts';
import type { BackendObservation } from '../domain/observation.ts';
import { queueKey } from '../domain/queue-key.ts';
import type { ResolvedModel } from '../domain/resolver.ts';
import { attribute } from './attribute.ts';
import { placeConfigured } from './configured-reservations.ts';
import { hostBytesOf } from './decide/host.ts';
import type { Effect } from './events.ts';
import { gpusOfFootprint, rawFreeBytes } from './ledger.ts';
import { UNSEEN } from './probed-memory.ts';
import { confirmReleases } from './release.ts';
import {
  type BackendRecord,
  type GpuRecord,
  type InstanceRecord,
  instancesOf,
  type SchedulerState,
  withBackend,
  withInstance,
  withoutInstance,
} from './state.ts';
import { NO_STRIKES } from './strikes.ts';
import type { Reduced, World } from './turn.ts';

/** Share of an instance's bytes that an unexplained reading may lack: readings are not exact. */
const ADOPTION_TOLERANCE = 0.1;

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
  const releases = confirmReleases(state, observation, now, effects);
  const showsProcesses = observation.gpus !== null && observation.gpuDetail !== 'memory';
  const booked = showsProcesses ? attribute(releases.state, known, effects) : releases.state;
  const since = observation.gpus ? Number.NEGATIVE_INFINITY : releases.newest;
  return { state: withUnexplained(booked, known, since), effects };
}

/**
 * Whoever left or was adopted explains its bytes no more, or now: what is left over of a reading that was taken since is a
 * stranger's, at once. An older reading still has the bytes of those who left.
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
    intents: [],
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
  const resident = instance.status === 'READY' || instance.status === 'DRAINING';
  return resident && instance.loadedAt !== null && instance.loadedAt < sampledAt;
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
    const judged = instance.status === 'READY' || instance.status === 'DRAINING';
    if (!judged || (instance.loadedAt ?? now) >= observation.startedAt) continue;
    const match = resolved.find(({ resident, model }) => isSame(instance, resident, model));
    if (!match) {
      nextInstanceStatus(instance.status, 'vanish');
      state = withoutInstance(state, instance, now);
      effects.push({ type: 'forget', instanceId: instance.id });
      replaced.set(instance.variant.weights, instance);
    } else if (instance.suspectSince !== null && instance.suspectSince < observation.startedAt) {
      state = withInstance(state, { ...instance, suspectSince: null });
    }
  }
  for (const { resident, model } of resolved) {
    if (model && weightsOf(resident, model) === model.variant.weights)
      state = adopt(
        state,
        observation,
        { resident, model, replaces: replaced.get(model.variant.weights) },
        world,
        effects,
        now,
      );
  }
  return state;
}

function isSame(instance: InstanceRecord, resident: Resident, model: ResolvedModel | null): boolean {
  // A name that was deleted or pulled anew means nothing or something else, and yet what was loaded by it stays until it is unloaded.
  const weights = weightsOf(resident, model);
  const named =
    weights === null
      ? resident.modelName === instance.variant.modelName
      : weights === instance.variant.weights;
  if (!named) return false;
  return resident.contextLength === null || resident.contextLength === instance.variant.contextLength;
}

/** Null where that cannot be told: nobody knows the manifest that it was loaded by. */
export function weightsOf(resident: Resident, model: ResolvedModel | null): string | null {
  if (resident.weights !== undefined) return resident.weights;
  return model?.info.digest === resident.digest ? model.variant.weights : null;
}

interface Adoption {
  readonly resident: Resident;
  readonly model: ResolvedModel;
  /** The one of ours in whose place this reading shows it. */
  readonly replaces: InstanceRecord | undefined;
}

/** Takes over what someone else loaded, unless it is one of ours, or one that has left since the reading began. */
function adopt(
  state: SchedulerState,
  observation: BackendObservation,
  { resident, model, replaces }: Adoption,
  world: World,
  effects: Effect[],
  now: number,
): SchedulerState {
  const backend = state.backends.get(observation.backendId);
  if (!backend) return state;
  const { weights } = model.variant;
  const ours = instancesOf(state, observation.backendId).some(
    (instance) => instance.variant.weights === weights,
  );
  const mayHaveLeft = (backend.departures.get(weights) ?? 0) >= observation.startedAt;
  const contextLength = resident.contextLength ?? model.variant.contextLength;
  // What is there with more than ours had did not leave, and serves all that ours did.
  const isAnother = replaces !== undefined && contextLength > replaces.variant.contextLength;
  if (ours || (mayHaveLeft && !isAnother)) return state;
  const options = adoptedOptions(model.variant.options, contextLength);
  const variant = { ...model.variant, contextLength, options };
  const config = { ...model.config, parallel: resident.parallel ?? model.config.parallel };
  const id = world.newInstanceId();
  const spilled = (backend.gpus?.length ?? 0) > 0 && resident.vramBytes < resident.sizeBytes;
  const driverBytes = resident.vramBytes > 0 ? (model.driverBytes ?? 0) : 0;
  const before = replaces ? gpusOfFootprint(backend, replaces.footprint).map(({ key }) => key) : null;
  const keys = resident.gpuKeys ?? (before?.length ? before : null);
  const footprint = spread(resident.vramBytes + driverBytes, backend.gpus ?? [], keys);
  const gpus = gpusOfFootprint(backend, footprint);
  effects.push({
    type: 'adopt',
    instanceId: id,
    backendId: observation.backendId,
    resident,
    spec: { variant, config, gpus },
  });
  effects.push({ type: 'poke', backendId: observation.backendId, when: 'soon' });
  return withInstance(state, {
    id,
    backendId: observation.backendId,
    variant,
    config,
    status: 'READY',
    footprint,
    hostBytes: hostBytesOf(
      { footprintBytes: resident.sizeBytes, cpuBytes: spilled ? resident.sizeBytes - resident.vramBytes : 0 },
      backend.settings.capabilities.hostBytesPerInstance,
      backend.gpus,
    ),
    spilled,
    partialOffload: model.partialOffload ?? false,
    adopted: true,
    loadStartedAt: now,
    loadedAt: now,
    lastUsedAt: now,
    activeJobs: 0,
    keepAliveMs: model.keepAliveMs,
    suspectSince: null,
    unloadStartedAt: null,
    releasedAt: null,
    pinned: false,
    expectedLoadMs: model.loadMs,
    freeBeforeLoad: leastFreeBefore(state, backend, footprint),
    reportedBytes: resident.vramBytes,
    driverBytes,
    probed: UNSEEN,
    strikes: NO_STRIKES,
    claimedAt: {},
    overdue: new Set(),
    overdueCreditMs: 0,
    jobs: [],
    asking: 0,
  });
}

/** When it was loaded nobody saw what was free: at least what is free now besides it. */
function leastFreeBefore(
  state: SchedulerState,
  backend: BackendRecord,
  footprint: InstanceRecord['footprint'],
): InstanceRecord['freeBeforeLoad'] {
  const own = (id: GpuRecord['id']) => footprint.find((part) => part.gpuId === id)?.bytes ?? 0;
  // Its own bytes were unexplained until now, so they are in the foreign ones.
  return new Map([...rawFreeBytes(state, backend)].map(([id, bytes]) => [id, bytes + own(id)]));
}

/** Where it is not told where it lies: on the card whose unexplained memory could hold it, else over all cards. */
function spread(
  bytes: number,
  all: readonly GpuRecord[],
  keys: readonly string[] | null,
): InstanceRecord['footprint'] {
  const gpus = keys === null ? all : all.filter((gpu) => keys.includes(gpu.reading.key));
  if (gpus.length === 0 || bytes === 0) return [];
  const holder =
    gpus.find((gpu) => gpu.foreignBytes >= bytes * (1 - ADOPTION_TOLERANCE)) ??
    (gpus.length === 1 ? gpus[0] : undefined);
  if (holder) return [{ gpuId: holder.id, bytes }];
  return gpus.map((gpu) => ({ gpuId: gpu.id, bytes: Math.floor(bytes / gpus.length) }));
}
