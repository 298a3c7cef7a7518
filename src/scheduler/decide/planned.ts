/**
 * A backend with what is planned counted as taken already. Whatever decides about room goes by this, one plan after the other: two that
 * were judged alone would be given the same bytes.
 */
import { bytesOn } from '../../domain/instance.ts';
import { fitWithout, without } from './fit.ts';
import { hostBytesOf } from './host.ts';
import type { Placement, PlannedLoad } from './plan.ts';
import type { BackendSnapshot, InstanceSnapshot, LoadOption, Swap } from './snapshot.ts';

/** As if these had gone, and given back what they have. */
export function emptied(backend: BackendSnapshot, leaving: readonly InstanceSnapshot[]): BackendSnapshot {
  const { host } = backend;
  const back = leaving.reduce((sum, { hostBytes }) => sum + hostBytes, 0);
  return {
    ...backend,
    host: host && { ...host, freeBytes: host.freeBytes + back },
    instances: backend.instances.filter((instance) => !leaving.includes(instance)),
    gpus: without(backend, leaving).map((gpu) => ({ ...gpu, deficitBytes: 0 })),
  };
}

/** With a load that begins now. */
export function withLoad(
  backend: BackendSnapshot,
  { option, placement }: Pick<PlannedLoad, 'option' | 'placement'>,
): BackendSnapshot {
  return taking(backend, option, placement, []);
}

/**
 * With what an open swap will take beyond what its victims give back. Where its victims are gone and the rest has no room for it, it
 * takes nothing: the plan comes to nothing itself.
 */
export function withSwap(backend: BackendSnapshot, { target, victims }: Swap): BackendSnapshot {
  const leaving = backend.instances.filter(({ id }) => victims.includes(id));
  const placement = fitWithout(target, backend, leaving);
  return placement ? taking(backend, target, placement, leaving) : backend;
}

function taking(
  backend: BackendSnapshot,
  option: LoadOption,
  placement: Placement,
  leaving: readonly InstanceSnapshot[],
): BackendSnapshot {
  const { host, gpus } = backend;
  const back = leaving.reduce((sum, { hostBytes }) => sum + hostBytes, 0);
  const more = host ? Math.max(0, hostBytesOf(option, host.bytesPerInstance, gpus) - back) : 0;
  return {
    ...backend,
    host: host && { ...host, freeBytes: host.freeBytes - more },
    // A victim that is still there keeps the place for what comes after it.
    maxLoadedModels: backend.maxLoadedModels - (leaving.length > 0 ? 0 : 1),
    gpus: gpus.map((gpu) => {
      const taken = bytesOn(gpu.id, placement);
      const given = leaving.reduce((sum, { footprint }) => sum + bytesOn(gpu.id, footprint), 0);
      const freeBytes = Math.max(0, gpu.freeBytes - Math.max(0, taken - given));
      return { ...gpu, freeBytes, movingBytes: gpu.movingBytes + taken };
    }),
  };
}
