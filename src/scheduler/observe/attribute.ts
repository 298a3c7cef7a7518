/**
 * Which processes hold an instance, and so which cards it lies on and how much of each it takes. A managed backend tells the
 * processes that it started; of an attached one they are told apart by what was there before the load and is there after it.
 */
import type { GpuReading } from '../../domain/gpu.ts';
import type { GpuId } from '../../domain/ids.ts';
import { footprintBytes } from '../../domain/instance.ts';
import { greatest } from '../../domain/long-lists.ts';
import { GiB } from '../../domain/units.ts';
import type { Effect } from '../events.ts';
import {
  type BackendRecord,
  type InstanceRecord,
  instancesOf,
  type SchedulerState,
  withInstance,
} from '../state.ts';
import { UNSEEN } from './probed-memory.ts';

/** As `nvidia-smi` and the driver's files name what Ollama starts for a model, with a path or without. */
const ENGINE_NAME = /(^|[/\\])(ollama|llama)[^/\\]*$/i;
/** The driver's own part of a process on a card is never more. */
const MOST_DRIVER_BYTES = GiB;
/** Share of what the server tells that a process may lack: readings are in MiB, and not exact. */
const TOLERANCE = 0.1;
/** Of what is on its fullest card: where less is, there is no layer of it. */
const LEAST_PART = 0.1;

type Shares = ReadonlyMap<GpuId, number>;

/** Books every instance where a reading that was taken after its load shows it. */
export function attribute(before: SchedulerState, known: BackendRecord, effects: Effect[]): SchedulerState {
  let state = before;
  const backend = state.backends.get(known.settings.id);
  if (!backend?.gpus?.length) return state;
  for (const { id } of instancesOf(state, known.settings.id)) {
    const instance = state.instances.get(id);
    if (!instance || !isSettled(instance, backend)) continue;
    const pids = pidsOf(instance, backend, state);
    const byProcess = sharesOfProcesses(pids, backend);
    const shares = isPlausible(total(byProcess), instance, backend)
      ? byProcess
      : instance.probed.isSeen
        ? null
        : growth(instance, backend, state);
    if (shares && !instance.probed.isSeen && !instance.adopted)
      effects.push({ type: 'probed', instanceId: id, probedBytes: total(shares), cards: cardsOf(shares) });
    state = withInstance(state, {
      ...instance,
      footprint: shares ? footprintOf(shares) : instance.footprint,
      probed: { ...instance.probed, pids, isSeen: true },
    });
  }
  return state;
}

/** Of the processes on a backend's cards those that hold its instances, or one that is on its way in. */
export function ownPids(state: SchedulerState, backend: BackendRecord): ReadonlySet<number> {
  const instances = instancesOf(state, backend.settings.id);
  const own = new Set([...backend.ownPids, ...instances.flatMap(({ probed }) => [...probed.pids])]);
  // Also those that have just been loaded: which process holds one is known with the next reading.
  const loading = instances.filter(({ probed }) => !probed.isSeen && probed !== UNSEEN);
  for (const { reading } of backend.gpus ?? []) {
    for (const { pid, name } of reading.processes) {
      const isNew = loading.some(({ probed }) => !probed.pidsBefore.has(pid));
      if (isNew && isEngine(name)) own.add(pid);
    }
  }
  return own;
}

function isSettled({ status, loadedAt, reportedBytes }: InstanceRecord, { gpus }: BackendRecord): boolean {
  const isResident = status === 'READY' || status === 'DRAINING';
  const newest = (gpus ?? []).every(({ reading }) => loadedAt !== null && loadedAt < reading.sampledAt);
  return isResident && newest && reportedBytes !== null && reportedBytes > 0;
}

function pidsOf(
  instance: InstanceRecord,
  backend: BackendRecord,
  state: SchedulerState,
): ReadonlySet<number> {
  const present = new Set(processes(backend).map(({ pid }) => pid));
  const kept = [...instance.probed.pids].filter((pid) => present.has(pid));
  if (kept.length > 0) return new Set(kept);
  const taken = new Set(
    instancesOf(state, backend.settings.id).flatMap(({ id, probed }) =>
      id === instance.id ? [] : [...probed.pids],
    ),
  );
  const told = backend.residents.find(
    ({ pids, modelName }) =>
      modelName === instance.variant.modelName && pids?.every((pid) => !taken.has(pid)),
  )?.pids;
  if (told) return new Set(told);
  const candidates = [...present].flatMap((pid) => {
    const bytes = total(sharesOfProcesses(new Set([pid]), backend));
    const isCandidate =
      !taken.has(pid) &&
      !instance.probed.pidsBefore.has(pid) &&
      processes(backend).every((each) => each.pid !== pid || isEngine(each.name)) &&
      isPlausible(bytes, instance, backend);
    return isCandidate ? [{ pid, off: Math.abs(bytes - footprintBytes(instance)) }] : [];
  });
  const [best] = candidates.sort((a, b) => a.off - b.off);
  return new Set(best ? [best.pid] : []);
}

/** By how much each card's use grew over the load; null unless nothing else of ours moved and it is about what the server tells. */
function growth(instance: InstanceRecord, backend: BackendRecord, state: SchedulerState): Shares | null {
  const { usedBefore } = instance.probed;
  if (!usedBefore) return null;
  const others = instancesOf(state, backend.settings.id).filter(({ id }) => id !== instance.id);
  const stood = others.every(
    ({ status, loadedAt }) =>
      (status === 'READY' || status === 'DRAINING') && (loadedAt ?? Infinity) < instance.loadStartedAt,
  );
  const left = [...backend.departures.values()].some((at) => at >= instance.loadStartedAt);
  if (!stood || left) return null;
  const shares = new Map<GpuId, number>();
  for (const { id, reading } of backend.gpus ?? []) {
    const bytes = (reading.usedBytes ?? 0) - (usedBefore.get(id) ?? 0);
    if (bytes > 0) shares.set(id, bytes);
  }
  return isPlausible(total(shares), instance, backend) ? shares : null;
}

function isPlausible(bytes: number, { reportedBytes }: InstanceRecord, { gpus }: BackendRecord): boolean {
  const told = reportedBytes ?? 0;
  const most = told + MOST_DRIVER_BYTES * Math.max(1, gpus?.length ?? 0);
  return bytes >= told * (1 - TOLERANCE) && bytes <= most;
}

function sharesOfProcesses(pids: ReadonlySet<number>, backend: BackendRecord): Shares {
  const shares = new Map<GpuId, number>();
  for (const { id, reading } of backend.gpus ?? []) {
    const own = reading.processes.filter(({ pid }) => pids.has(pid));
    const bytes = own.reduce((sum, process) => sum + process.bytes, 0);
    if (bytes > 0) shares.set(id, bytes);
  }
  return shares;
}

function processes({ gpus }: BackendRecord): readonly GpuReading['processes'][number][] {
  return (gpus ?? []).flatMap(({ reading }) => reading.processes);
}

function isEngine(name: string | null): boolean {
  return name === null || ENGINE_NAME.test(name);
}

/** Those with a part of its layers: an engine that lies on one card may have opened the others, too. */
function cardsOf(shares: Shares): number {
  const least = LEAST_PART * greatest(shares.values());
  return [...shares.values()].filter((bytes) => bytes >= least).length;
}

function footprintOf(shares: Shares): InstanceRecord['footprint'] {
  return [...shares].map(([gpuId, bytes]) => ({ gpuId, bytes }));
}

function total(shares: Shares): number {
  return [...shares.values()].reduce((sum, bytes) => sum + bytes, 0);
}
