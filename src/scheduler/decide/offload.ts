/** Models that no GPU could hold even when it is empty, where the configuration allows them to lie partly in the host's memory. */
import { fitsEmpty } from './placement.ts';
import type { BackendSnapshot, LoadOption } from './snapshot.ts';

/**
 * The option as it can be loaded there: whole if the empty cards could hold it, else as much of it as they can give with everything
 * gone that is not pinned. What a stranger holds does not count at first: for that a model waits.
 */
export function offloaded(option: LoadOption, backend: BackendSnapshot): LoadOption {
  if (!option.mayOffload || backend.gpus.length === 0) return option;
  if (fitsEmpty(option, backend)) return option;
  const staying = backend.instances.filter(({ pinned }) => pinned).flatMap(({ footprint }) => footprint);
  const given = backend.gpus.map(({ id, capacityBytes }) => {
    const pinned = staying.reduce((sum, part) => sum + (part.gpuId === id ? part.bytes : 0), 0);
    return Math.max(0, capacityBytes - pinned);
  });
  const onGpus = Math.min(
    option.footprintBytes,
    given.reduce((sum, bytes) => sum + bytes, 0),
  );
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
