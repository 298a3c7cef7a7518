/** What a reading tells of the cards, and what of it nobody explains. */
import { foreignBytes, type GpuReading, type Holding } from '../../domain/gpu.ts';
import { stableId } from '../../domain/ids.ts';
import type { BackendObservation } from '../../domain/observation.ts';
import {
  type BackendRecord,
  type GpuRecord,
  type InstanceRecord,
  instancesOf,
  type SchedulerState,
  withBackend,
} from '../state.ts';
import { isKnownByList } from './residents.ts';

/** The cards as the observation shows them; as they were known where it does not. */
export function cardsRead(
  state: SchedulerState,
  known: BackendRecord,
  observation: BackendObservation,
): BackendRecord['gpus'] {
  return observation.gpus ? readGpus(state, known, withProcesses(observation, known)) : known.gpus;
}

/**
 * Whoever left or was adopted explains its bytes no more, or now: what is left over of a reading that was taken since is a
 * another program's, at once. An older reading still has the bytes of those who left.
 */
export function withUnexplained(state: SchedulerState, known: BackendRecord, since: number): SchedulerState {
  const backend = state.backends.get(known.settings.id);
  if (!backend?.gpus) return state;
  const gpus = backend.gpus.flatMap((gpu) =>
    gpu.reading.sampledAt >= since ? readGpus(state, backend, [gpu.reading]) : [gpu],
  );
  return withBackend(state, { ...backend, gpus });
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
