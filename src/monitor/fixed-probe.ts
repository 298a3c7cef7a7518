/** GPUs that nobody measures. */
import type { Clock } from '../clock.ts';
import type { GpuProbe, GpuReading } from '../domain/gpu.ts';

export interface FixedGpu {
  readonly index: number;
  readonly totalBytes: number;
  readonly name?: string;
}

/** GPUs that only the configuration knows: their totals are given, and only what the backend reports loaded is known to be in use. */
export function createFixedProbe(options: {
  readonly gpus: readonly FixedGpu[];
  readonly clock: Clock;
}): GpuProbe {
  const { gpus, clock } = options;
  return {
    kind: 'fixed',
    lagMs: 0,
    problem: null,
    start: async () => {},
    stop: async () => {},
    read: async () =>
      gpus.map(
        (gpu): GpuReading => ({
          key: String(gpu.index),
          index: gpu.index,
          name: gpu.name ?? `GPU ${gpu.index}`,
          totalBytes: gpu.totalBytes,
          usedBytes: null,
          processes: [],
          source: 'FIXED',
          sampledAt: clock.now(),
        }),
      ),
  };
}
