/** Who is to leave, and serves until the server can let go of it. */
import type { GpuId, InstanceId } from '../../domain/ids.ts';
import type { Draft } from './draft.ts';
import { mannersOf } from './manners/manners-of.ts';
import type { BackendSnapshot, InstanceSnapshot } from './snapshot.ts';

/** Those who are to leave but cannot yet. Not from a card that has to be cleared for a reservation: a last long job would hold it up. */
export function cannotLeaveYet(draft: Draft, backend: BackendSnapshot): readonly InstanceId[] {
  if (!draft.note(mannersOf(backend).isBusyUnloading(draft, backend))) return [];
  const cleared = backend.gpus.filter((gpu) => gpu.reservedBytes > 0 && gpu.deficitBytes > 0);
  const waiting = backend.instances.filter(
    (instance) => instance.status === 'DRAINING' && !draft.isToldToGo(instance),
  );
  return waiting.filter((instance) => !cleared.some(({ id }) => liesOn(instance, id))).map(({ id }) => id);
}

function liesOn({ footprint }: InstanceSnapshot, gpuId: GpuId): boolean {
  return footprint.some((part) => part.gpuId === gpuId);
}
