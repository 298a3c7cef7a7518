/** The GPUs of this machine. */
import type { Clock } from '../clock.ts';
import type { GpuDetail, GpuProbe, GpuReading } from '../domain/gpu.ts';
import { GpuProbeError } from './gpu-probe-error.ts';

/**
 * The first of the probes that sees a GPU; an empty reading where each of them says that there is none. Any other failure is one: a
 * driver that is not ready yet is no reason to do without its cards for good.
 */
export function createLocalProbe(probes: readonly GpuProbe[], clock: Clock): GpuProbe {
  return new LocalProbe(probes, clock);
}

/** A host that has none is looked at again this often: cards come late, and drivers are installed. */
const LOOK_AGAIN_MS = 30_000;

class LocalProbe implements GpuProbe {
  readonly kind = 'auto';
  readonly lagMs = 0;
  readonly #probes: readonly GpuProbe[];
  readonly #clock: Clock;
  /** Kept: the cards of another probe are no replacement for its own. */
  #found: GpuProbe | null = null;
  #noneAt = Number.NEGATIVE_INFINITY;
  #problem: string | null = null;

  constructor(probes: readonly GpuProbe[], clock: Clock) {
    this.#probes = probes;
    this.#clock = clock;
  }

  get problem(): string | null {
    return this.#found ? this.#found.problem : this.#problem;
  }

  async start(): Promise<void> {
    await Promise.all(this.#probes.map((probe) => probe.start()));
  }

  async stop(): Promise<void> {
    await Promise.all(this.#probes.map((probe) => probe.stop()));
  }

  async read(detail?: GpuDetail): Promise<readonly GpuReading[]> {
    if (this.#found) return this.#found.read(detail);
    if (this.#clock.monotonic() - this.#noneAt < LOOK_AGAIN_MS) return [];
    return this.#find(detail);
  }

  async #find(detail: GpuDetail | undefined): Promise<readonly GpuReading[]> {
    const failures: GpuProbeError[] = [];
    for (const probe of this.#probes) {
      const gpus = await readOrFailure(probe, detail);
      if (gpus instanceof GpuProbeError) {
        if (!gpus.noGpu) failures.push(gpus);
      } else if (gpus.length > 0) {
        // One that comes first and failed may have the cards that matter: it is asked again.
        if (failures.length === 0) this.#found = probe;
        this.#problem = [...failures.map(({ message }) => message), probe.problem].join(' ').trim() || null;
        return gpus;
      }
    }
    const [failure] = failures;
    if (failure) throw failure;
    this.#noneAt = this.#clock.monotonic();
    this.#problem = null;
    return [];
  }
}

async function readOrFailure(
  probe: GpuProbe,
  detail: GpuDetail | undefined,
): Promise<readonly GpuReading[] | GpuProbeError> {
  try {
    return await probe.read(detail);
  } catch (error) {
    if (error instanceof GpuProbeError) return error;
    throw error;
  }
}
