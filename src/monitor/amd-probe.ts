/** AMD GPUs, read from the files of their driver. */
import type { Clock } from '../clock.ts';
import { messageOf } from '../domain/errors.ts';
import type { ForeignProcess, GpuProbe, GpuReading } from '../domain/gpu.ts';
import { readAmdCards } from './amd-cards.ts';
import { AmdProcesses } from './amd-processes.ts';
import { withCommandLines } from './command-lines.ts';
import { GpuProbeError } from './gpu-probe-error.ts';

export interface AmdProbeOptions {
  readonly clock: Clock;
  /** In front of `/sys`, `/proc` and `/usr`; default none. */
  readonly root?: string;
  /** For one reading; default 5 s. */
  readonly timeoutMs?: number;
}

const TIMEOUT_MS = 5_000;

/** Reads every discrete AMD GPU of this host from the files of its driver. */
export function createAmdProbe(options: AmdProbeOptions): GpuProbe {
  return new AmdProbe(options);
}

class AmdProbe implements GpuProbe {
  readonly kind = 'amd';
  readonly lagMs = 0;
  readonly #clock: Clock;
  readonly #root: string;
  readonly #timeoutMs: number;
  readonly #processes: AmdProcesses;
  #problem: string | null = null;
  /** A file of a GPU that hangs may never be read to its end; a second reader would only wait beside the first. */
  #underWay: Promise<readonly GpuReading[]> | undefined;

  constructor({ clock, root = '', timeoutMs = TIMEOUT_MS }: AmdProbeOptions) {
    this.#clock = clock;
    this.#root = root;
    this.#timeoutMs = timeoutMs;
    this.#processes = new AmdProcesses(root, clock);
  }

  get problem(): string | null {
    return this.#problem;
  }

  async start(): Promise<void> {}

  async stop(): Promise<void> {}

  /** Readers at the same time share one reading. */
  async read(): Promise<readonly GpuReading[]> {
    this.#underWay ??= this.#read().finally(() => {
      this.#underWay = undefined;
    });
    const late = Promise.withResolvers<never>();
    const timer = this.#clock.after(this.#timeoutMs, () => late.reject(this.#hangs()));
    try {
      return await Promise.race([this.#underWay, late.promise]);
    } catch (error) {
      throw error instanceof GpuProbeError ? error : failed(error);
    } finally {
      timer.cancel();
    }
  }

  async #read(): Promise<readonly GpuReading[]> {
    const sampledAt = this.#clock.now();
    const { cards, problems } = await readAmdCards(this.#root);
    const processes = await this.#processes.read();
    this.#problem = problems.join(' ') || null;
    const readings = cards.map(
      ({ key, pciAddress, name, totalBytes, usedBytes }, index): GpuReading => ({
        key,
        index,
        name,
        totalBytes,
        usedBytes,
        processes: processesAt(processes, pciAddress),
        source: 'DRIVER',
        sampledAt,
      }),
    );
    return withCommandLines(readings, this.#root);
  }

  #hangs(): GpuProbeError {
    return new GpuProbeError(
      `The files of the amdgpu driver could not be read within ${this.#timeoutMs} ms: a GPU hangs or is being reset. Look into the kernel log (\`dmesg | grep amdgpu\`).`,
    );
  }
}

function processesAt(
  processes: ReadonlyMap<string, readonly ForeignProcess[]>,
  address: string | null,
): readonly ForeignProcess[] {
  return (address !== null && processes.get(address)) || [];
}

function failed(error: unknown): GpuProbeError {
  return new GpuProbeError(
    `The AMD GPUs could not be read (${messageOf(error)}). Check that /sys/class/drm can be read, or set "probe: fixed" with the total of each GPU.`,
    { cause: error },
  );
}
