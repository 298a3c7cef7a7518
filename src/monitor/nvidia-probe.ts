/** NVIDIA GPUs, read by the tool of their driver. */
import type { Clock } from '../clock.ts';
import type { GpuDetail, GpuProbe, GpuReading } from '../domain/gpu.ts';
import { withCommandLines } from './command-lines.ts';
import { GpuProbeError } from './gpu-probe-error.ts';
import { numberGpus } from './number-gpus.ts';
import { NvidiaLoop } from './nvidia-loop.ts';
import { failureBeside, noGpuShown } from './nvidia-outcomes.ts';
import {
  GPU_FIELDS,
  type GpuField,
  type GpuTable,
  gpuQuery,
  type NvidiaGpu,
  namesLostGpu,
  PROCESS_QUERY,
  parseGpus,
  parseProcesses,
  refusedField,
} from './nvidia-output.ts';
import { type NvidiaSlice, parseSlices, SLICE_QUERY } from './nvidia-slices.ts';
import { type Environment, NvidiaTool, type ToolAnswer } from './nvidia-tool.ts';
import { hasNvidiaGpu } from './pci-bus.ts';

export interface NvidiaProbeOptions {
  readonly clock: Clock;
  /** Default `nvidia-smi`, found on the PATH of `env`. */
  readonly binary?: string;
  readonly env?: Environment;
  /** For one reading; default 30 s. The tool wakes the driver where nothing else does, for many cards that takes seconds each time. */
  readonly timeoutMs?: number;
  /** In front of `/sys` and `/proc`; default none. */
  readonly root?: string;
}

const TIMEOUT_MS = 30_000;

/** Reads every NVIDIA GPU of this host with nvidia-smi. */
export function createNvidiaProbe(options: NvidiaProbeOptions): GpuProbe {
  return new NvidiaProbe(options);
}

class NvidiaProbe implements GpuProbe {
  readonly kind = 'nvidia';
  readonly lagMs = 0;
  readonly #clock: Clock;
  readonly #tool: NvidiaTool;
  readonly #timeoutMs: number;
  readonly #root: string | undefined;
  /** Those that the tool here knows. */
  #fields: readonly GpuField[] = GPU_FIELDS;
  readonly #loop: NvidiaLoop;
  /** As last read; empty while a reading of the memory has to be a whole one: before the first, and where a card is cut into slices. */
  #known: readonly GpuReading[] = [];
  #reading: { readonly detail: GpuDetail; readonly gpus: Promise<readonly GpuReading[]> } | undefined;
  #problem: string | null = null;
  #stopped = new AbortController();

  constructor(options: NvidiaProbeOptions) {
    this.#clock = options.clock;
    this.#tool = new NvidiaTool(options.binary ?? 'nvidia-smi', options.env);
    this.#timeoutMs = options.timeoutMs ?? TIMEOUT_MS;
    this.#root = options.root;
    this.#loop = new NvidiaLoop({ clock: this.#clock, binary: this.#tool.binary, env: this.#tool.env });
  }

  get problem(): string | null {
    return this.#problem;
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
    if (this.#tool.isStuck) throw this.#hangs();
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
    // Who has the memory is worth less than how much there is.
    const listed = detail === 'memory' ? '' : this.#text(PROCESS_QUERY, signal).catch(() => '');
    const { gpus, problems } = await this.#readGpus(signal).finally(() => listed);
    const processes = parseProcesses(await listed);
    const slices = gpus.some((gpu) => gpu.sliced)
      ? parseSlices(await this.#text(SLICE_QUERY, signal))
      : new Map<string, readonly NvidiaSlice[]>();
    const hidden = gpus.filter(({ uuid, sliced }) => sliced && !slices.get(uuid)?.length).map(withoutSlices);
    const readings = gpus.flatMap((gpu): readonly GpuReading[] => {
      if (gpu.sliced) return sliceReadings(gpu, slices.get(gpu.uuid) ?? [], sampledAt);
      const { uuid, index, name, totalBytes, usedBytes, activity } = gpu;
      const known = { key: uuid, index, name, totalBytes, usedBytes, activity };
      return [{ ...known, processes: processes.get(uuid) ?? [], source: 'DRIVER', sampledAt }];
    });
    const problem = [...problems, ...hidden].join(' ') || null;
    if (readings.length === 0) throw new GpuProbeError(problem ?? 'nvidia-smi lists no GPU.');
    const numbered = numberGpus(await withCommandLines(readings, this.#root));
    this.#known = slices.size === 0 ? numbered : [];
    this.#problem = problem;
    return numbered;
  }

  /** @throws GpuProbeError when there is not even one to tell of, and none that is broken */
  async #readGpus(signal: AbortSignal): Promise<GpuTable> {
    for (;;) {
      const answer = await this.#tool.run(gpuQuery(this.#fields), signal);
      const table = tableOf(answer, this.#fields);
      if (table.gpus.length > 0 || table.problems.length > 0) {
        if (answer.kind === 'ended' && namesLostGpu(`${answer.stdout}\n${answer.stderr}`))
          return this.#readEach(table, signal);
        const beside = table.problems.length > 0 ? null : failureBeside(answer);
        return beside === null ? table : { ...table, problems: [beside] };
      }
      const field = answer.kind === 'ended' ? refusedField(`${answer.stderr}\n${answer.stdout}`) : null;
      if (field === null || !this.#fields.includes(field))
        throw noGpuShown(this.#tool.binary, answer, await hasNvidiaGpu(this.#root));
      // Each turn has one field less, so this ends.
      this.#fields = this.#fields.filter((each) => each !== field);
    }
  }

  /** Where one GPU is lost the tool may say nothing of the others, but it still shows each by itself. */
  async #readEach(table: GpuTable, signal: AbortSignal): Promise<GpuTable> {
    const gpus = new Map(table.gpus.map((gpu) => [gpu.uuid, gpu]));
    const problems = new Set(table.problems);
    let nothingNew = 0;
    // Of those that were told already each may be asked for again; who is asked for in vain more often than that is not there.
    for (let index = 0; nothingNew <= table.gpus.length + problems.size; index += 1) {
      const answer = await this.#tool.run([...gpuQuery(this.#fields), `--id=${index}`], signal);
      const one = tableOf(answer, this.#fields);
      const known = gpus.size + problems.size;
      for (const gpu of one.gpus) gpus.set(gpu.uuid, gpu);
      for (const problem of one.problems) problems.add(problem);
      if (gpus.size + problems.size === known) nothingNew += 1;
    }
    return { gpus: [...gpus.values()], problems: [...problems] };
  }

  /** Empty when the tool could not be run. */
  async #text(query: readonly string[], signal: AbortSignal): Promise<string> {
    const answer = await this.#tool.run(query, signal);
    return answer.kind === 'ended' ? answer.stdout : '';
  }

  #hangs(): GpuProbeError {
    return new GpuProbeError(
      `nvidia-smi did not answer within ${this.#timeoutMs} ms: the driver or a GPU hangs. Look into the kernel log (\`dmesg | grep NVRM\`); a reboot may be needed.`,
    );
  }
}

function tableOf(answer: ToolAnswer, fields: readonly GpuField[]): GpuTable {
  // Versions differ in where they say that a GPU is lost.
  return parseGpus(answer.kind === 'ended' ? `${answer.stdout}\n${answer.stderr}` : '', fields);
}

function withoutSlices({ name, index }: NvidiaGpu): string {
  return `MIG is on for ${name} (GPU ${index}), but nvidia-smi shows no slice with its memory. Run \`nvidia-smi mig -lgi\` to see them, create some, or set "probe: fixed" with the total of each.`;
}

/** Every slice is a GPU to programs: they can have its memory, and no more. */
function sliceReadings(
  gpu: NvidiaGpu,
  slices: readonly NvidiaSlice[],
  sampledAt: number,
): readonly GpuReading[] {
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
