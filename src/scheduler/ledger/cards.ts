/** Who has which bytes of each card: the readings, the instances and the reservations put together. */
import type { LoadSpec } from '../../domain/backend.ts';
import { type Gpu, isStale, vramUsage } from '../../domain/gpu.ts';
import type { GpuId } from '../../domain/ids.ts';
import { bytesOn, type Instance } from '../../domain/instance.ts';
import { ownPids } from '../observe/attribute.ts';
import { ownersUse, reservationsOn } from '../reservations/use.ts';
import { type BackendRecord, instancesOf, type SchedulerState, withBackend } from '../state.ts';

/** Share of a card that is held back from new loads while its reading is stale: other programs may have come unseen. */
const STALE_MARGIN = 0.1;

/** The ledger of a backend's GPUs. */
export function gpusOf(state: SchedulerState, backend: BackendRecord): readonly Gpu[] {
  const own = ownPids(state, backend);
  return (backend.gpus ?? []).map((gpu) => {
    const { id, reading } = gpu;
    const reserved = reservationsOn(state, gpu, own);
    const reservedBytes = reserved.reduce((sum, reservation) => sum + reservation.bytes, 0);
    const usage = vramUsage({
      reading,
      headroomBytes: backend.settings.headroomBytes,
      reservedBytes,
      foreignBytes: gpu.foreignBytes - ownersUse(gpu, reserved),
      instanceBytes: instanceBytesOn(state, backend, id),
    });
    const { key, index, name, processes, activity } = reading;
    const foreignProcesses = processes.filter(({ pid }) => !own.has(pid));
    return { id, key, index, name, usage, foreignProcesses, ...(activity && { activity }) };
  });
}

/** The cards that a footprint lies on, as backends know them. */
export function gpusOfFootprint(backend: BackendRecord, footprint: Instance['footprint']): LoadSpec['gpus'] {
  const gpus = (backend.gpus ?? []).filter(({ id }) => footprint.some((part) => part.gpuId === id));
  return gpus.map(({ reading }) => ({ key: reading.key, index: reading.index }));
}

function instanceBytesOn(state: SchedulerState, backend: BackendRecord, gpuId: GpuId): number {
  const parts = instancesOf(state, backend.settings.id)
    .filter(({ yielded }) => !yielded)
    .flatMap((instance) => instance.footprint);
  return bytesOn(gpuId, parts);
}

/** What must not be counted on although the ledger calls it free. */
export function uncertainBytes(backend: BackendRecord, gpu: Gpu, now: number): number {
  return isStale(gpu.usage, backend.gpuIntervalMs, now) ? gpu.usage.totalBytes * STALE_MARGIN : 0;
}

/** Free bytes of each card as its server saw them: headroom and reservations are ours alone, but what a lease's owner uses is used. */
export function rawFreeBytes(state: SchedulerState, backend: BackendRecord): ReadonlyMap<GpuId, number> {
  return new Map(
    (backend.gpus ?? []).map(({ id, reading, foreignBytes }) => {
      return [id, Math.max(0, reading.totalBytes - foreignBytes - instanceBytesOn(state, backend, id))];
    }),
  );
}

/** Takes down since when each card has been overdrawn, and which reservations have got their room. */
export function markDeficits(before: SchedulerState, now: number): SchedulerState {
  let state = before;
  for (const backend of before.backends.values()) {
    if (!backend.gpus?.length) continue;
    const usages = gpusOf(state, backend).map((gpu) => gpu.usage);
    const gpus = backend.gpus.map((gpu, i) => {
      const deficit = usages[i]?.deficitBytes ?? 0;
      const deficitSince = deficit > 0 ? (gpu.deficitSince ?? now) : null;
      return deficitSince === gpu.deficitSince ? gpu : { ...gpu, deficitSince };
    });
    if (gpus.some((gpu, i) => gpu !== backend.gpus?.[i])) state = withBackend(state, { ...backend, gpus });
    state = markReady(
      state,
      gpus.filter((gpu) => gpu.deficitSince === null).map((gpu) => gpu.id),
    );
  }
  return state;
}

function markReady(state: SchedulerState, gpuIds: readonly GpuId[]): SchedulerState {
  const waiting = [...state.wishes.reservations.values()].filter(
    (one) => !one.ready && gpuIds.includes(one.gpuId),
  );
  if (waiting.length === 0) return state;
  const reservations = new Map(state.wishes.reservations);
  for (const reservation of waiting) reservations.set(reservation.id, { ...reservation, ready: true });
  return { ...state, wishes: { ...state.wishes, reservations } };
}
