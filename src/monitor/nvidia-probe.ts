import { type ChildProcess, execFile } from 'node:child_process';
import type { Clock } from '../clock.ts';
import { messageOf } from '../domain/errors.ts';
import type { GpuDetail, GpuProbe, GpuReading } from '../domain/gpu.ts';
import { GpuProbeError } from './gpu-probe-error.ts';
import { numberGpus } from './number-gpus.ts';
import { NvidiaLoop } from './nvidia-loop.ts';
import {
  GPU_FIELDS,
  type GpuField,
  gpuQuery,
  type NvidiaGpu,
  PROCESS_QUERY,
  parseGpus,
  parseProcesses,
  refusedField,
} from './nvidia-output.ts';
import { type NvidiaSlice, parseSlices, SLICE_QUERY } from './nvidia-slices.ts';

export interface NvidiaProbeOptions {
  readonly clock: Clock;
  /** Default `nvidia-smi`, found on the PATH of `env`. */
  readonly binary?: string;
  readonly env?: Readonly<Record<string, string | undefined>>;
  /** For one reading; default 5 s. The first one after boot wakes the driver and can take seconds. */
  readonly timeoutMs?: number;
}

const TIMEOUT_MS = 5_000;
const LARGEST_OUTPUT_BYTES = 1024 ** 2;

/** Reads every NVIDIA GPU of this host with nvidia-smi. */
export function createNvidiaProbe(options: NvidiaProbeOptions): GpuProbe {
  return new NvidiaProbe(options);
}

class NvidiaProbe implements GpuProbe {
  readonly kind = 'nvidia';
  readonly lagMs = 0;
  readonly #clock: Clock;
  readonly #binary: string;
  readonly #env: NvidiaProbeOptions['env'];
  readonly #timeoutMs: number;
  /** Those that the tool here knows. */
  #fields: readonly GpuField[] = GPU_FIELDS;
  readonly #loop: NvidiaLoop;
  /** As last read; empty while a reading of the memory has to be a whole one: before the first, and where a card is cut into slices. */
  #known: readonly GpuReading[] = [];
  #reading: { readonly detail: GpuDetail; readonly gpus: Promise<readonly GpuReading[]> } | undefined;
  /** A tool that waits for a broken driver cannot even be killed; more of them would only wait beside it. */
  readonly #children = new Set<ChildProcess>();
  #stopped = new AbortController();

  constructor(options: NvidiaProbeOptions) {
    this.#clock = options.clock;
    this.#binary = options.binary ?? 'nvidia-smi';
    this.#env = options.env;
    this.#timeoutMs = options.timeoutMs ?? TIMEOUT_MS;
    this.#loop = new NvidiaLoop({ clock: this.#clock, binary: this.#binary, env: this.#env });
  }

  async start(): Promise<void> {
    if (this.#stopped.signal.aborted) this.#stopped = new AbortController();
  }

  async stop(): Promise<void> {
    this.#stopped.abort(new GpuProbeError('The GPU probe was stopped.'));
    this.#loop.end();
  }

  /** Readers at the same time share one reading; who wants more than the one that is under way gives has the next. */
  read(detail: GpuDetail = 'everything'): Promise<readonly GpuReading[]> {
    const shared = this.#reading;
    if (shared && detail === 'everything' && shared.detail === 'memory') {
      const next = () => this.read(detail);
      return shared.gpus.then(next, next);
    }
    if (shared) return shared.gpus;
    const gpus = this.#read(detail).finally(() => {
      this.#reading = undefined;
    });
    this.#reading = { detail, gpus };
    return gpus;
  }

  async #read(detail: GpuDetail): Promise<readonly GpuReading[]> {
    if (this.#children.size > 0) throw this.#hangs();
    const sampledAt = this.#clock.now();
    const late = new AbortController();
    const timer = this.#clock.after(this.#timeoutMs, () => late.abort(this.#hangs()));
    const signal = AbortSignal.any([late.signal, this.#stopped.signal]);
    try {
      const repeated = detail === 'memory' ? await this.#readLoop(sampledAt, signal) : null;
      return repeated ?? (await this.#readOnce(detail, sampledAt, signal));
    } finally {
      timer.cancel();
    }
  }

  /** Null where it cannot be had so. */
  async #readLoop(since: number, signal: AbortSignal): Promise<readonly GpuReading[] | null> {
    const known = this.#known;
    if (known.length === 0) return null;
    const uuids = known.map(({ key }) => key);
    const samples = await this.#loop.read(uuids, since, signal).catch((error: unknown) => {
      if (signal.aborted) throw error;
      return null;
    });
    return (
      samples &&
      known.flatMap((gpu) => {
        const sample = samples.get(gpu.key);
        return sample ? [{ ...gpu, ...sample, processes: [] }] : [];
      })
    );
  }

  async #readOnce(detail: GpuDetail, sampledAt: number, signal: AbortSignal): Promise<readonly GpuReading[]> {
    // Both at once: a model waits to be loaded for as long as a reading takes.
    const listed = detail === 'memory' ? '' : this.#run(PROCESS_QUERY, signal).catch(() => '');
    const gpus = await this.#readGpus(signal).finally(() => listed);
    const processes = parseProcesses(await listed);
    const slices = gpus.some((gpu) => gpu.sliced)
      ? parseSlices(await this.#run(SLICE_QUERY, signal))
      : new Map<string, readonly NvidiaSlice[]>();
    const readings = gpus.flatMap((gpu): readonly GpuReading[] => {
      if (gpu.sliced) return sliceReadings(gpu, slices.get(gpu.uuid) ?? [], sampledAt);
      const { uuid, index, name, totalBytes, usedBytes } = gpu;
      const found = processes.get(uuid) ?? [];
      return [
        { key: uuid, index, name, totalBytes, usedBytes, processes: found, source: 'DRIVER', sampledAt },
      ];
    });
    const numbered = numberGpus(readings);
    this.#known = slices.size === 0 ? numbered : [];
    return numbered;
  }

  async #readGpus(signal: AbortSignal): Promise<readonly NvidiaGpu[]> {
    for (;;) {
      try {
        const gpus = parseGpus(await this.#run(gpuQuery(this.#fields), signal), this.#fields);
        if (gpus.length > 0) return gpus;
      } catch (error) {
        // Each turn has one field less, so this ends.
        if (!(error instanceof RefusedFieldError) || !this.#fields.includes(error.field)) throw error;
        this.#fields = this.#fields.filter((field) => field !== error.field);
        continue;
      }
      throw new GpuProbeError('nvidia-smi lists no GPU. Set "probe: none" if there is none.');
    }
  }

  #run(query: readonly string[], signal: AbortSignal): Promise<string> {
    if (signal.aborted) return Promise.reject(signal.reason);
    const { promise, resolve, reject } = Promise.withResolvers<string>();
    const child = execFile(
      this.#binary,
      query,
      {
        signal,
        killSignal: 'SIGKILL',
        maxBuffer: LARGEST_OUTPUT_BYTES,
        windowsHide: true,
        ...(this.#env && { env: { ...this.#env } }),
      },
      (error, stdout, stderr) => {
        if (!error) resolve(stdout);
        else reject(signal.aborted ? signal.reason : this.#failed(error, stderr || stdout));
      },
    );
    // Not left to execFile: it would wait for the pipes, which a tool that cannot be killed keeps open.
    signal.addEventListener('abort', () => reject(signal.reason), { once: true });
    this.#children.add(child);
    const gone = () => this.#children.delete(child);
    child.once('exit', gone);
    child.once('error', () => {
      // Without a pid it was never started; with one it may still be there.
      if (child.pid === undefined) gone();
    });
    return promise;
  }

  #failed(error: Error, said: string): GpuProbeError {
    const code = 'code' in error ? error.code : undefined;
    if (code === 'ENOENT') {
      return new GpuProbeError(
        `There is no ${this.#binary} on the PATH. Install the NVIDIA driver's tools, or set "probe: fixed" with the total of each GPU, or "probe: none".`,
        { cause: error },
      );
    }
    const field = refusedField(said);
    if (field) return new RefusedFieldError(field, { cause: error });
    const text = said.trim().split('\n')[0] || messageOf(error);
    return new GpuProbeError(
      `nvidia-smi failed (${text}). Run it by hand: after a driver update the host may need a reboot, and a container the NVIDIA runtime.`,
      { cause: error },
    );
  }

  #hangs(): GpuProbeError {
    return new GpuProbeError(
      `nvidia-smi did not answer within ${this.#timeoutMs} ms: the driver or a GPU hangs. Look into the kernel log (\`dmesg | grep NVRM\`); a reboot may be needed.`,
      { timedOut: true },
    );
  }
}

/** The tool is older than a field that it was asked for. */
class RefusedFieldError extends GpuProbeError {
  readonly field: GpuField;

  constructor(field: GpuField, options: { readonly cause: unknown }) {
    super(`nvidia-smi does not know ${field}. Install the tools that belong to the driver.`, options);
    this.field = field;
  }
}

/** Every slice is a GPU to programs: they can have its memory, and no more. */
function sliceReadings(
  gpu: NvidiaGpu,
  slices: readonly NvidiaSlice[],
  sampledAt: number,
): readonly GpuReading[] {
  if (slices.length === 0) {
    throw new GpuProbeError(
      `MIG is on for ${gpu.name} (GPU ${gpu.index}), but nvidia-smi shows no slice with its memory. Run \`nvidia-smi mig -lgi\` to see them, create some, or set "probe: fixed" with the total of each.`,
    );
  }
  return slices.map(({ instanceId, totalBytes, usedBytes, processes }) => ({
    key: `${gpu.uuid}/${instanceId}`,
    index: gpu.index,
    name: `${gpu.name}, MIG slice ${instanceId}`,
    totalBytes,
    usedBytes,
    processes,
    source: 'DRIVER',
    sampledAt,
  }));
}
