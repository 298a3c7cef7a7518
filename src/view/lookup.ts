/** Backends and instances as those who answer a question look them up: many times for one page, and all at the same instant. */
import type { Gpu } from '../domain/gpu.ts';
import type { BackendId } from '../domain/ids.ts';
import type { BackendCell, BackendState, InstanceState, SystemView } from '../domain/system.ts';

const presentBackends = new WeakMap<SystemView, readonly BackendState[]>();

/** Put together once for all resolvers that run in the same turn of the event loop's microtasks. */
export function backendsOf(system: SystemView): readonly BackendState[] {
  const known = presentBackends.get(system);
  if (known) return known;
  const backends = system.backends();
  presentBackends.set(system, backends);
  queueMicrotask(() => presentBackends.delete(system));
  return backends;
}

export function backendById(system: SystemView, id: BackendId | null): BackendState | null {
  return backendsOf(system).find((backend) => backend.id === id) ?? null;
}

export function backendByName(system: SystemView, name: string | null): BackendState | null {
  return backendsOf(system).find((backend) => backend.name === name) ?? null;
}

/** For people: `GPU 0 of box`. */
export function gpuName(system: SystemView, gpu: Gpu): string {
  const owner = backendsOf(system).find((backend) => backend.gpus.some((each) => each.id === gpu.id));
  return owner ? `GPU ${gpu.index} of ${owner.name}` : `GPU ${gpu.index}`;
}

/** Every instance in memory, on all backends. */
export function instancesOf(system: SystemView): readonly InstanceState[] {
  return backendsOf(system).flatMap((backend) => backend.instances);
}

/** Every server process of the managed backends, those that ended lately included. */
export function cellsOf(system: SystemView): readonly BackendCell[] {
  return backendsOf(system).flatMap((backend) => backend.cells);
}
