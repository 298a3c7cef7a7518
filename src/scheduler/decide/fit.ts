/** Whether an instance fits, and where. */
import { bytesOn, totalBytes } from '../../domain/instance.ts';
import { hostAdmits, hostCouldAdmit } from './host.ts';
import { admissionOf } from './manners/admission.ts';
import { isMoving, place, placeSplit, placeWhole } from './placement.ts';
import type { Placement } from './plan.ts';
import type { BackendSnapshot, GpuSnapshot, InstanceSnapshot, LoadOption } from './snapshot.ts';
import type { Obstacle } from './verdict.ts';

/** Whether it could ever fit, with every instance gone. */
export function couldFit(option: LoadOption, backend: BackendSnapshot): boolean {
  const empty = backend.gpus.map((gpu) => ({ ...gpu, freeBytes: gpu.capacityBytes, movingBytes: 0 }));
  return place(option, empty, backend) !== null && hostCouldAdmit(option, backend);
}

/** The GPUs as they would be without these instances. */
export function without(backend: BackendSnapshot, leaving: readonly InstanceSnapshot[]): GpuSnapshot[] {
  const gone = leaving.flatMap(({ footprint }) => footprint);
  const moved = leaving.filter(isMoving).flatMap(({ footprint }) => footprint);
  return backend.gpus.map((gpu) => ({
    ...gpu,
    movingBytes: Math.max(0, gpu.movingBytes - bytesOn(gpu.id, moved)),
    freeBytes: Math.min(
      gpu.capacityBytes,
      Math.max(0, gpu.freeBytes - gpu.deficitBytes + bytesOn(gpu.id, gone)),
    ),
  }));
}

/**
 * Where the option fits once `leaving` are gone; null when something keeps it out. On several cards only what no single one could hold, or
 * what `maySplit`: every further card costs buffers of its own and is slower.
 */
export function fitWithout(
  option: LoadOption,
  backend: BackendSnapshot,
  leaving: readonly InstanceSnapshot[],
  maySplit = mustBeSplit(option, backend),
): Placement | null {
  const found = placeWithout(option, backend, leaving, maySplit);
  return typeof found === 'string' ? null : found;
}

/** What keeps it out as things are; null when it fits. */
export function obstacle(option: LoadOption, backend: BackendSnapshot): Obstacle | null {
  const found = placeWithout(option, backend, [], mustBeSplit(option, backend));
  return typeof found === 'string' ? found : null;
}

function placeWithout(
  option: LoadOption,
  backend: BackendSnapshot,
  leaving: readonly InstanceSnapshot[],
  maySplit: boolean,
): Placement | Obstacle {
  const fits = (gone: readonly InstanceSnapshot[]) => isPlaced(option, backend, gone, maySplit);
  const found = placeBeside(option, backend, leaving, maySplit);
  if (typeof found !== 'string') return found;
  const evicted = admissionOf(backend).evicts(option, backend, leaving, fits);
  return evicted.length > 0 ? placeBeside(option, backend, [...leaving, ...evicted], maySplit) : found;
}

/** Whom the server will evict by itself for a load that is sent now: none unless it needs their room. */
export function evictedFor(option: LoadOption, backend: BackendSnapshot): readonly InstanceSnapshot[] {
  const maySplit = mustBeSplit(option, backend);
  if (isPlaced(option, backend, [], maySplit)) return [];
  return admissionOf(backend).evicts(option, backend, [], (gone) =>
    isPlaced(option, backend, gone, maySplit),
  );
}

function isPlaced(
  option: LoadOption,
  backend: BackendSnapshot,
  leaving: readonly InstanceSnapshot[],
  maySplit: boolean,
): boolean {
  return typeof placeBeside(option, backend, leaving, maySplit) !== 'string';
}

function placeBeside(
  option: LoadOption,
  backend: BackendSnapshot,
  leaving: readonly InstanceSnapshot[],
  maySplit: boolean,
): Placement | Obstacle {
  if (backend.instances.length - leaving.length >= backend.maxLoadedModels) return 'COUNT';
  if (!hostAdmits(option, backend, leaving)) return 'HOST';
  const gpus = without(backend, leaving);
  const staying = backend.instances.filter((instance) => !leaving.includes(instance));
  // A server that judges for itself takes one card only where it believes that it fits, and else all of them.
  const { takesWhole, takesPart } = admissionOf(backend);
  const cards = gpus.filter((gpu) => takesWhole(option.predictedByServerBytes, gpu, gpus.length, staying));
  const whole = cards.length === 0 && gpus.length > 0 ? null : placeWhole(option, cards);
  if (whole) return whole;
  const split = maySplit ? placeSplit(option, gpus, backend) : null;
  if (!split) return placeWhole(option, gpus) ? 'BELIEF' : 'MEMORY';
  // Of a model over several cards each card's share is judged by itself.
  const admitted = split.every(({ gpuId, bytes }) => {
    const gpu = backend.gpus.find((each) => each.id === gpuId);
    const predicted = (option.predictedByServerBytes * bytes) / totalBytes(split);
    return gpu !== undefined && takesPart(predicted, gpu, staying);
  });
  return admitted ? split : 'BELIEF';
}

/** Whether no single card could hold it even if everybody left who is not pinned. */
function mustBeSplit(option: LoadOption, backend: BackendSnapshot): boolean {
  const { gpus, instances } = backend;
  if (gpus.length < 2) return false;
  if (option.gpus) return option.gpus.length > 1;
  const pinned = instances.filter((instance) => instance.pinned);
  return !gpus.some((gpu) => {
    const { id, capacityBytes, headroomBytes } = gpu;
    const held = pinned.reduce((sum, { footprint }) => sum + bytesOn(id, footprint), 0);
    const freeBytes = capacityBytes - held;
    const seen = { ...gpu, freeBytes: freeBytes + headroomBytes };
    return (
      option.footprintBytes <= freeBytes &&
      admissionOf(backend).takesWhole(option.predictedByServerBytes, seen, gpus.length, pinned)
    );
  });
}
