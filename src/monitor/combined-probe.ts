/** Several probes as one, each for the GPUs that the configuration gives it. */
import { messageOf } from '../domain/errors.ts';
import type { GpuDetail, GpuProbe, GpuReading } from '../domain/gpu.ts';
import { greatest } from '../domain/long-lists.ts';
import { GpuProbeError } from './gpu-probe-error.ts';

export interface ProbeShare {
  readonly probe: GpuProbe;
  /** The only GPU wanted of it; null for all. */
  readonly index: number | null;
}

/** A probe that several shares name is read once; where two tell of the same index, the first does. */
export function combineProbes(shares: readonly ProbeShare[]): GpuProbe {
  return new CombinedProbe(shares);
}

/**
 * Of a probe that fails its last reading stands, with its age, as long as another one still answers: one broken source blinds nobody
 * to the cards of the others, and makes none of its own look gone.
 */
class CombinedProbe implements GpuProbe {
  readonly kind = 'combined';
  readonly #shares: readonly ProbeShare[];
  readonly #probes: readonly GpuProbe[];
  readonly #last = new Map<GpuProbe, readonly GpuReading[]>();
  #problem: string | null = null;

  constructor(shares: readonly ProbeShare[]) {
    this.#shares = shares;
    this.#probes = [...new Set(shares.map(({ probe }) => probe))];
  }

  get lagMs(): number {
    return Math.max(0, greatest(this.#probes.map((probe) => probe.lagMs)));
  }

  get problem(): string | null {
    return this.#problem;
  }

  async start(): Promise<void> {
    await Promise.all(this.#probes.map((probe) => probe.start()));
  }

  async stop(): Promise<void> {
    await Promise.all(this.#probes.map((probe) => probe.stop()));
  }

  async read(detail?: GpuDetail): Promise<readonly GpuReading[]> {
    const failures = new Map<GpuProbe, unknown>();
    const readings = this.#probes.map(async (probe) => {
      try {
        this.#last.set(probe, await probe.read(detail));
      } catch (error) {
        failures.set(probe, error);
      }
    });
    await Promise.all(readings);
    const [failure] = failures.values();
    if (failures.size === this.#probes.length && failure) throw failure;
    const byIndex = new Map<number, GpuReading>();
    const missing: string[] = [];
    for (const { probe, index } of this.#shares) {
      const gpus = this.#last.get(probe) ?? [];
      const wanted = gpus.filter((gpu) => index === null || gpu.index === index);
      if (index !== null && wanted.length === 0 && !failures.has(probe))
        missing.push(notThere(probe, index, gpus));
      for (const gpu of wanted) if (!byIndex.has(gpu.index)) byIndex.set(gpu.index, gpu);
    }
    const told = this.#probes.flatMap((probe) =>
      failures.has(probe) ? messageOf(failures.get(probe)) : (probe.problem ?? []),
    );
    const problem = [...told, ...missing].join(' ') || null;
    if (byIndex.size === 0 && problem !== null) throw new GpuProbeError(problem);
    this.#problem = problem;
    return [...byIndex.values()].sort((a, b) => a.index - b.index);
  }
}

function notThere({ kind }: GpuProbe, index: number, gpus: readonly GpuReading[]): string {
  const there = gpus.map((gpu) => gpu.index).join(', ') || 'none';
  return `There is no GPU ${index}: the ${kind} probe sees ${there}. Check the index in the configuration, or the card.`;
}
