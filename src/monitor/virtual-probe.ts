/** GPUs of a virtual Ollama, read from itself. */
import { Pool } from 'undici';
import { z } from 'zod';
import type { Clock } from '../clock.ts';
import { messageOf } from '../domain/errors.ts';
import type { GpuProbe, GpuReading } from '../domain/gpu.ts';
import { GpuProbeError } from './gpu-probe-error.ts';

const bytes = z.number().min(0);
const answer = z.object({
  gpus: z.array(
    z.object({
      index: z.int().min(0),
      uuid: z.string(),
      name: z.string(),
      totalBytes: bytes,
      usedBytes: bytes,
      // Older virtual servers tell nothing of it.
      activity: z
        .object({
          utilization: z.number().min(0).max(1),
          powerWatts: z.number(),
          temperatureCelsius: z.number(),
        })
        .optional(),
      processes: z.array(z.object({ pid: z.int(), name: z.string().nullable(), usedBytes: bytes })),
    }),
  ),
});

const TIMEOUT_MS = 5_000;

/** The virtual GPUs behind a virtual Ollama at `url`. */
export function createVirtualProbe(options: {
  readonly url: string;
  /** Sent with every request. */
  readonly headers?: Readonly<Record<string, string>> | undefined;
  readonly clock: Clock;
  readonly timeoutMs?: number;
}): GpuProbe {
  return new VirtualProbe(options.url, options.headers ?? {}, options.clock, options.timeoutMs ?? TIMEOUT_MS);
}

class VirtualProbe implements GpuProbe {
  readonly kind = 'virtual';
  readonly lagMs = 0;
  readonly problem = null;
  readonly #url: string;
  readonly #clock: Clock;
  readonly #timeoutMs: number;
  readonly #pool: Pool;
  readonly #headers: Readonly<Record<string, string>>;

  constructor(url: string, headers: Readonly<Record<string, string>>, clock: Clock, timeoutMs: number) {
    this.#url = url;
    this.#headers = headers;
    this.#clock = clock;
    this.#timeoutMs = timeoutMs;
    this.#pool = new Pool(new URL(url).origin, { connectTimeout: timeoutMs, allowH2: false });
  }

  async start(): Promise<void> {}

  async stop(): Promise<void> {
    await this.#pool.destroy();
  }

  async read(): Promise<readonly GpuReading[]> {
    const sampledAt = this.#clock.now();
    const late = new AbortController();
    const timer = this.#clock.after(this.#timeoutMs, () =>
      late.abort(new Error(`no answer within ${this.#timeoutMs} ms`)),
    );
    try {
      const { gpus } = await this.#ask(late.signal);
      return gpus.map((gpu) => toReading(gpu, sampledAt));
    } catch (error) {
      throw new GpuProbeError(
        `The virtual GPUs of ${this.#url} could not be read (${messageOf(error)}). Check that a virtual Ollama runs there; for a real one set another probe.`,
        { cause: error },
      );
    } finally {
      timer.cancel();
    }
  }

  async #ask(signal: AbortSignal): Promise<z.infer<typeof answer>> {
    const response = await this.#pool.request({
      path: '/virtual/gpus',
      method: 'GET',
      headers: this.#headers,
      signal,
    });
    if (response.statusCode !== 200) {
      await response.body.dump();
      throw new Error(`status ${response.statusCode}`);
    }
    return answer.parse(await response.body.json());
  }
}

function toReading(gpu: z.infer<typeof answer>['gpus'][number], sampledAt: number): GpuReading {
  return {
    key: gpu.uuid,
    index: gpu.index,
    name: gpu.name,
    totalBytes: gpu.totalBytes,
    usedBytes: gpu.usedBytes,
    processes: gpu.processes.map((process) => ({
      pid: process.pid,
      name: process.name,
      bytes: process.usedBytes,
    })),
    ...(gpu.activity && { activity: gpu.activity }),
    source: 'VIRTUAL',
    sampledAt,
  };
}
