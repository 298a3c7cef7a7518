/** Several probes as one, each for the GPUs that the configuration gives it. */
import type { GpuProbe, GpuReading } from '../domain/gpu.ts';
import { GpuProbeError } from './gpu-probe-error.ts';

export interface ProbeShare {
  readonly probe: GpuProbe;
  /** The only GPU wanted of it; null for all. */
  readonly index: number | null;
}

/**
 * A probe that several shares name is read once; where two tell of the same index, the first does. Fails when any of them
 * does: half a reading would make the other cards look gone.
 */
export function combineProbes(shares: readonly ProbeShare[]): GpuProbe {
  const probes = [...new Set(shares.map((share) => share.probe))];
  return {
    kind: 'combined',
    get lagMs() {
      return Math.max(0, ...probes.map((probe) => probe.lagMs));
    },
    async start() {
      await Promise.all(probes.map((probe) => probe.start()));
    },
    async stop() {
      await Promise.all(probes.map((probe) => probe.stop()));
    },
    async read(detail) {
      const readings = new Map<GpuProbe, readonly GpuReading[]>();
      await Promise.all(probes.map(async (probe) => readings.set(probe, await probe.read(detail))));
      const byIndex = new Map<number, GpuReading>();
      for (const share of shares) {
        for (const gpu of pick(share, readings.get(share.probe) ?? []))
          if (!byIndex.has(gpu.index)) byIndex.set(gpu.index, gpu);
      }
      return [...byIndex.values()].sort((a, b) => a.index - b.index);
    },
  };
}

function pick({ probe, index }: ProbeShare, gpus: readonly GpuReading[]): readonly GpuReading[] {
  if (index === null) return gpus;
  const wanted = gpus.filter((gpu) => gpu.index === index);
  if (wanted.length > 0) return wanted;
  const there = gpus.map((gpu) => gpu.index).join(', ') || 'none';
  throw new GpuProbeError(
    `There is no GPU ${index}: the ${probe.kind} probe sees ${there}. Check the index in the configuration.`,
  );
}
