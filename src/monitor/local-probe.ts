/** The GPUs of this machine. */
import type { GpuDetail, GpuProbe, GpuReading } from '../domain/gpu.ts';
import { GpuProbeError } from './gpu-probe-error.ts';

/** The first of the probes that sees a GPU, else none: an empty reading. What was found is kept. */
export function createLocalProbe(probes: readonly GpuProbe[]): GpuProbe {
  return new LocalProbe(probes);
}

class LocalProbe implements GpuProbe {
  readonly kind = 'auto';
  readonly lagMs = 0;
  readonly #probes: readonly GpuProbe[];
  #found: GpuProbe | 'none' | null = null;

  constructor(probes: readonly GpuProbe[]) {
    this.#probes = probes;
  }

  async start(): Promise<void> {
    await Promise.all(this.#probes.map((probe) => probe.start()));
  }

  async stop(): Promise<void> {
    await Promise.all(this.#probes.map((probe) => probe.stop()));
  }

  async read(detail?: GpuDetail): Promise<readonly GpuReading[]> {
    this.#found ??= await this.#find();
    return this.#found === 'none' ? [] : this.#found.read(detail);
  }

  async #find(): Promise<GpuProbe | 'none'> {
    for (const probe of this.#probes) if (await seesGpus(probe)) return probe;
    return 'none';
  }
}

/** @throws GpuProbeError when it gave no answer in time: a GPU that hangs now is no reason to do without it for good */
async function seesGpus(probe: GpuProbe): Promise<boolean> {
  try {
    return (await probe.read()).length > 0;
  } catch (error) {
    if (error instanceof GpuProbeError && error.timedOut) throw error;
    return false;
  }
}
