/** Models that no GPU could hold even when it is empty, where the configuration allows them to lie partly in the host's memory. */
import { bytesOn } from '../../domain/instance.ts';
import { fitsEmpty, mostPlaceable } from './placement.ts';
import type { BackendSnapshot, LoadOption } from './snapshot.ts';

/**
 * The option as it can be loaded there: whole if the empty cards could hold it, else as much of it as they can give with everything
 * gone that is not pinned. What another program holds does not count at first: for that a model waits.
 */
export function offloaded(option: LoadOption, backend: BackendSnapshot): LoadOption {
  if (!option.mayOffload || backend.gpus.length === 0) return option;
  if (fitsEmpty(option, backend)) return option;
  const staying = backend.instances.filter(({ pinned }) => pinned).flatMap(({ footprint }) => footprint);
  const given = backend.gpus.map((gpu) => ({
    ...gpu,
    freeBytes: Math.max(0, gpu.capacityBytes - bytesOn(gpu.id, staying)),
  }));
  const onGpus = Math.min(option.footprintBytes, mostPlaceable(option.overhead, given, backend));
  if (onGpus === 0) return option;
  // Without a number of layers the server puts as many onto the cards as fit there.
  const { num_gpu: _, ...options } = option.variant.options;
  return {
    ...option,
    variant: { ...option.variant, options },
    footprintBytes: onGpus,
    cpuBytes: option.footprintBytes - onGpus,
  };
}
