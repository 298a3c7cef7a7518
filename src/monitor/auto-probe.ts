/** Finds out by itself how the GPUs of a backend's host can be read. */
import { Pool } from 'undici';
import type { Clock } from '../clock.ts';
import type { GpuDetail, GpuProbe, GpuReading } from '../domain/gpu.ts';
import { GpuProbeError } from './gpu-probe-error.ts';

export interface AutoProbeOptions {
  /** Of the backend. */
  readonly url: string;
  /** Of this machine, asked in this order; empty when the backend is on another, as then the GPUs here are none of its. */
  readonly local: readonly GpuProbe[];
  /** Used when the backend turns out to be a virtual Ollama. */
  readonly virtual: GpuProbe;
  readonly clock: Clock;
}

const TIMEOUT_MS = 5_000;

/**
 * Virtual GPUs where the backend offers them (it then has no others), else the first probe of this machine that sees a GPU, else none:
 * an empty reading. What was found is kept. While the backend or the tool of a driver does not answer nothing can be found out, and
 * reading fails.
 */
export function createAutoProbe(options: AutoProbeOptions): GpuProbe {
  return new AutoProbe(options);
}

class AutoProbe implements GpuProbe {
  readonly kind = 'auto';
  readonly lagMs = 0;
  readonly #options: AutoProbeOptions;
  readonly #pool: Pool;
  #found: GpuProbe | 'none' | null = null;

  constructor(options: AutoProbeOptions) {
    this.#options = options;
    this.#pool = new Pool(new URL(options.url).origin, {
      connectTimeout: TIMEOUT_MS,
      headersTimeout: TIMEOUT_MS,
      allowH2: false,
    });
  }

  async start(): Promise<void> {
    const { virtual, local } = this.#options;
    await Promise.all([virtual, ...local].map((probe) => probe.start()));
  }

  async stop(): Promise<void> {
    const { virtual, local } = this.#options;
    await Promise.all([...[virtual, ...local].map((probe) => probe.stop()), this.#pool.destroy()]);
  }

  async read(detail?: GpuDetail): Promise<readonly GpuReading[]> {
    this.#found ??= await this.#find();
    return this.#found === 'none' ? [] : this.#found.read(detail);
  }

  async #find(): Promise<GpuProbe | 'none'> {
    if (await this.#offersVirtualGpus()) return this.#options.virtual;
    for (const probe of this.#options.local) if (await seesGpus(probe)) return probe;
    return 'none';
  }

  async #offersVirtualGpus(): Promise<boolean> {
    try {
      const { statusCode, body } = await this.#pool.request({ path: '/virtual/gpus', method: 'GET' });
      await body.dump();
      return statusCode === 200;
    } catch (error) {
      throw new GpuProbeError(
        `What GPUs ${this.#options.url} has cannot be found out before it answers. Check that it runs, or name its GPUs in the configuration.`,
        {
          cause: error,
        },
      );
    }
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
