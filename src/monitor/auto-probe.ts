/** Finds out by itself how the GPUs of a backend's host can be read. */
import { Pool } from 'undici';
import type { Clock } from '../clock.ts';
import { messageOf } from '../domain/errors.ts';
import type { GpuDetail, GpuProbe, GpuReading } from '../domain/gpu.ts';
import { GpuProbeError } from './gpu-probe-error.ts';
import { createLocalProbe } from './local-probe.ts';

export interface AutoProbeOptions {
  /** Of the backend. */
  readonly url: string;
  /** Sent with every request to it. */
  readonly headers?: Readonly<Record<string, string>> | undefined;
  /** Of this machine, asked in this order; empty when the backend is on another, as then the GPUs here are none of its. */
  readonly local: readonly GpuProbe[];
  /** Used when the backend turns out to be a virtual Ollama. */
  readonly virtual: GpuProbe;
  readonly clock: Clock;
}

const TIMEOUT_MS = 5_000;
const REFUSALS: readonly number[] = [401, 403, 407, 429];

/**
 * Virtual GPUs where the backend offers them (it then has no others), else those of this machine. What was found is kept. While the
 * backend does not answer nothing can be found out, and reading fails.
 */
export function createAutoProbe(options: AutoProbeOptions): GpuProbe {
  return new AutoProbe(options);
}

class AutoProbe implements GpuProbe {
  readonly kind = 'auto';
  readonly lagMs = 0;
  readonly #options: AutoProbeOptions;
  readonly #local: GpuProbe;
  readonly #pool: Pool;
  #found: GpuProbe | null = null;

  constructor(options: AutoProbeOptions) {
    this.#options = options;
    this.#local = createLocalProbe(options.local, options.clock);
    this.#pool = new Pool(new URL(options.url).origin, {
      connectTimeout: TIMEOUT_MS,
      headersTimeout: TIMEOUT_MS,
      allowH2: false,
    });
  }

  get problem(): string | null {
    return this.#found?.problem ?? null;
  }

  async start(): Promise<void> {
    await Promise.all([this.#options.virtual.start(), this.#local.start()]);
  }

  async stop(): Promise<void> {
    await Promise.all([this.#options.virtual.stop(), this.#local.stop(), this.#pool.destroy()]);
  }

  async read(detail?: GpuDetail): Promise<readonly GpuReading[]> {
    this.#found ??= (await this.#offersVirtualGpus()) ? this.#options.virtual : this.#local;
    return this.#found.read(detail);
  }

  async #offersVirtualGpus(): Promise<boolean> {
    const { url, headers } = this.#options;
    try {
      const question = { path: '/virtual/gpus', method: 'GET', headers: headers ?? {} } as const;
      const { statusCode, body } = await this.#pool.request(question);
      await body.dump();
      // Of a server that has trouble, or that wants another key, nothing can be told yet.
      if (statusCode >= 500 || REFUSALS.includes(statusCode)) throw new Error(`status ${statusCode}`);
      return statusCode === 200;
    } catch (error) {
      throw new GpuProbeError(
        `What GPUs ${url} has cannot be found out before it answers (${messageOf(error)}). Check that it runs, or name its GPUs in the configuration.`,
        { cause: error },
      );
    }
  }
}
