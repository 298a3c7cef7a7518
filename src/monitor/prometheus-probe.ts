/** GPUs of another machine, read from an exporter of Prometheus metrics there. */
import { Pool } from 'undici';
import type { Clock } from '../clock.ts';
import { messageOf } from '../domain/errors.ts';
import type { GpuProbe, GpuReading } from '../domain/gpu.ts';
import { gpusOf } from './exporter-gpus.ts';
import { GpuProbeError } from './gpu-probe-error.ts';
import { numberGpus } from './number-gpus.ts';
import { parseSamples } from './prometheus-text.ts';

export interface PrometheusProbeOptions {
  /** Of the metrics themselves, such as `http://gpu-box:9400/metrics`. */
  readonly url: string;
  readonly clock: Clock;
  /** For one reading; default 5 s. */
  readonly timeoutMs?: number;
  /** How often the exporter measures, in milliseconds; default: what its kind does unless told otherwise. */
  readonly lagMs?: number;
}

const TIMEOUT_MS = 5_000;
/** A node's whole metrics are some hundred KiB. */
const LARGEST_BODY_BYTES = 16 * 1024 ** 2;

/** Reads the GPUs of any host from a Prometheus exporter that runs there: dcgm-exporter or nvidia_gpu_exporter. */
export function createPrometheusProbe(options: PrometheusProbeOptions): GpuProbe {
  return new PrometheusProbe(options);
}

class PrometheusProbe implements GpuProbe {
  readonly kind = 'prometheus';
  readonly #url: URL;
  readonly #clock: Clock;
  readonly #timeoutMs: number;
  readonly #pool: Pool;
  readonly #givenLagMs: number | undefined;
  #foundLagMs = 0;
  #problem: string | null = null;

  constructor({ url, clock, timeoutMs = TIMEOUT_MS, lagMs }: PrometheusProbeOptions) {
    this.#url = new URL(url);
    this.#clock = clock;
    this.#timeoutMs = timeoutMs;
    this.#givenLagMs = lagMs;
    this.#pool = new Pool(this.#url.origin, {
      connectTimeout: timeoutMs,
      maxResponseSize: LARGEST_BODY_BYTES,
      allowH2: false,
    });
  }

  get lagMs(): number {
    return this.#givenLagMs ?? this.#foundLagMs;
  }

  get problem(): string | null {
    return this.#problem;
  }

  async start(): Promise<void> {}

  async stop(): Promise<void> {
    await this.#pool.destroy();
  }

  async read(): Promise<readonly GpuReading[]> {
    const startedAt = this.#clock.now();
    const late = new AbortController();
    const timer = this.#clock.after(this.#timeoutMs, () => late.abort(this.#hangs()));
    try {
      const text = await this.#ask(late.signal);
      const exported = gpusOf(parseSamples(text));
      if (!exported) throw this.#notUnderstood(text);
      const problem = exported.problems.join(' ') || null;
      if (exported.gpus.length === 0 && problem !== null) throw new GpuProbeError(problem);
      this.#problem = problem;
      this.#foundLagMs = exported.lagMs;
      const sampledAt = startedAt - this.lagMs;
      return numberGpus(
        exported.gpus.map((gpu): GpuReading => ({ ...gpu, source: 'PROMETHEUS', sampledAt })),
      );
    } catch (error) {
      throw error instanceof GpuProbeError ? error : this.#failed(error);
    } finally {
      timer.cancel();
    }
  }

  async #ask(signal: AbortSignal): Promise<string> {
    const { pathname, search } = this.#url;
    const response = await this.#pool.request({ path: `${pathname}${search}`, method: 'GET', signal });
    if (response.statusCode !== 200) {
      await response.body.dump();
      throw new Error(`status ${response.statusCode}`);
    }
    return response.body.text();
  }

  #failed(error: unknown): GpuProbeError {
    return new GpuProbeError(
      `The metrics of ${this.#url} could not be read (${messageOf(error)}). Check that the exporter runs there and that this machine reaches it.`,
      { cause: error },
    );
  }

  #hangs(): GpuProbeError {
    return new GpuProbeError(
      `The exporter at ${this.#url} did not answer within ${this.#timeoutMs} ms. Check the host: the driver or a GPU may hang.`,
    );
  }

  #notUnderstood(text: string): GpuProbeError {
    const start = text.trim().split('\n')[0]?.slice(0, 100) || 'nothing';
    return new GpuProbeError(
      `${this.#url} tells no GPU memory: it begins with "${start}". Set url to the metrics of dcgm-exporter (DCGM_FI_DEV_FB_USED and DCGM_FI_DEV_FB_FREE among its counters) or of nvidia_gpu_exporter.`,
    );
  }
}
