/**
 * One unload at a time. An Ollama that goes by frozen records (belief.ts) handles no other unload while it waits for the memory of the
 * last one, in most cases in vain and for seconds. Who is to leave after
 * it cannot go before, so it is told to go only then, and goes on serving until its turn has come.
 */
import type { GpuId, InstanceId } from '../../domain/ids.ts';
import { greatest } from '../../domain/long-lists.ts';
import { UNLOAD_STALL_MS } from './constants.ts';
import type { Draft } from './draft.ts';
import type { BackendSnapshot, InstanceSnapshot } from './snapshot.ts';
import { always, holdsUntil, type Timed } from './timed.ts';

/** Whether the server could not handle a further unload now, to all appearance. One that takes longer waits for something else. */
export function isBusyUnloading(draft: Draft, backend: BackendSnapshot): Timed<boolean> {
  if (!backend.admitsByItself) return always(false);
  if (backend.instances.some((instance) => draft.isToldToGo(instance))) return always(true);
  const until = backend.instances.map(({ status, unloadStartedAt, unloadedAt }) =>
    status === 'UNLOADING' && unloadedAt === null ? (unloadStartedAt ?? 0) + UNLOAD_STALL_MS : 0,
  );
  return holdsUntil(greatest(until), draft.now);
}

/** Those who are to leave but cannot yet. Not from a card that has to be cleared for a reservation: a last long job would hold it up. */
export function cannotLeaveYet(draft: Draft, backend: BackendSnapshot): readonly InstanceId[] {
  if (!draft.note(isBusyUnloading(draft, backend))) return [];
  const cleared = backend.gpus.filter((gpu) => gpu.reservedBytes > 0 && gpu.deficitBytes > 0);
  const waiting = backend.instances.filter(
    (instance) => instance.status === 'DRAINING' && !draft.isToldToGo(instance),
  );
  return waiting.filter((instance) => !cleared.some(({ id }) => liesOn(instance, id))).map(({ id }) => id);
}

function liesOn({ footprint }: InstanceSnapshot, gpuId: GpuId): boolean {
  return footprint.some((part) => part.gpuId === gpuId);
}
