/** One backend, looked at again and again: whether it answers, what is in its memory, which models it has, what its GPUs say. */
import type { Clock, Timer } from '../clock.ts';
import type { Backend, BackendReading } from '../domain/backend.ts';
import { BackendError, messageOf } from '../domain/errors.ts';
import type { GpuDetail, GpuProbe } from '../domain/gpu.ts';
import type { ModelInfo } from '../domain/model.ts';
import type { BackendObservation } from '../domain/observation.ts';
import type { BackendHealth } from '../domain/system.ts';
import type { Logger } from '../telemetry/logger.ts';
import { type GpuNews, GpuWatch } from './gpu-watch.ts';

/** What the monitor needs of a backend. */
export type MonitoredBackend = Pick<Backend, 'id' | 'name' | 'inspect'> & {
  readonly library: Pick<Backend['library'], 'list'>;
};

export interface WatchOptions {
  readonly backend: MonitoredBackend;
  readonly probe: GpuProbe | null;
  readonly clock: Clock;
  readonly intervalMs: number;
  readonly modelsIntervalMs: number;
  readonly onReading: (observation: BackendObservation) => void;
  readonly logger: Pick<Logger, 'info' | 'warn' | 'error'> | undefined;
}

/** What a poke asks for. */
export interface Wanted {
  readonly models?: boolean;
  /** Default: everything. */
  readonly detail?: GpuDetail;
  /** A reading that is under way will do when it began then or later, epoch milliseconds. */
  readonly since?: number;
}

interface Poke {
  readonly detail: GpuDetail;
  readonly answer: () => void;
}

interface Reading {
  readonly startedAt: number;
  readonly detail: GpuDetail;
  readonly served: Poke[];
}

const FIRST_RETRY_MS = 1_000;
const LONGEST_RETRY_MS = 10_000;
/** Ollama's list can be slow to come while it serves well; only so many in a row make it lost. */
const SLOW_ANSWERS_TILL_LOST = 3;

type Outcome<T> = { readonly ok: true; readonly value: T } | { readonly ok: false; readonly error: unknown };

/** Reads one backend again and again, one reading at a time. */
export class BackendWatch {
  readonly #options: WatchOptions;
  readonly #stopping = new AbortController();
  #timer: Timer | undefined;
  #loop: Promise<void> | undefined;
  /** Pokes that wait for a reading which has not begun yet. */
  #waiting: Poke[] = [];
  #reading: Reading | undefined;
  #modelsWanted = true;
  #modelsReadAt = Number.NEGATIVE_INFINITY;
  #version: string | null = null;
  #lost = false;
  readonly #gpus: GpuWatch | null;
  #gpuProblem: string | null = null;
  #failuresInARow = 0;

  constructor(options: WatchOptions) {
    this.#options = options;
    const { probe, clock, intervalMs } = options;
    this.#gpus = probe && new GpuWatch(probe, clock, intervalMs);
  }

  start(): void {
    if (!this.#loop && !this.#timer) this.#run();
  }

  async stop(): Promise<void> {
    this.#stopping.abort(new Error('The monitor was stopped.'));
    this.#timer?.cancel();
    await this.#loop;
    this.#release(this.#waiting);
  }

  /** Reads now; resolves when a reading that will do was reported. */
  poke({ models = false, detail = 'everything', since = Infinity }: Wanted = {}): Promise<void> {
    if (this.#stopping.signal.aborted) return Promise.resolve();
    this.#modelsWanted ||= models;
    const { promise, resolve } = Promise.withResolvers<void>();
    const current = this.#reading;
    const serves =
      current && current.startedAt >= since && (current.detail === 'everything' || detail === 'memory');
    (serves ? current.served : this.#waiting).push({ detail, answer: resolve });
    if (!this.#loop) this.#run();
    return promise;
  }

  #run(): void {
    this.#timer?.cancel();
    this.#timer = undefined;
    this.#loop = this.#readUntilQuiet().finally(() => {
      this.#loop = undefined;
      if (this.#stopping.signal.aborted) return;
      // A poke may have come after the last look for one.
      if (this.#waiting.length > 0) this.#run();
      else this.#timer = this.#options.clock.after(this.#pauseMs(), () => this.#run());
    });
  }

  async #readUntilQuiet(): Promise<void> {
    do {
      const served = this.#waiting;
      const onlyMemory = served.length > 0 && served.every(({ detail }) => detail === 'memory');
      const detail = onlyMemory ? 'memory' : 'everything';
      const reading: Reading = { startedAt: this.#options.clock.now(), detail, served };
      this.#reading = reading;
      this.#waiting = [];
      const observation = await this.#read(reading);
      this.#reading = undefined;
      if (!this.#stopping.signal.aborted) this.#report(observation);
      this.#release(reading.served);
    } while (this.#waiting.length > 0 && !this.#stopping.signal.aborted);
  }

  async #read({ startedAt, detail }: Reading): Promise<BackendObservation> {
    const { backend } = this.#options;
    const [inspected, probed] = await Promise.all([
      outcome(() => backend.inspect(this.#stopping.signal)),
      this.#gpus?.read(detail) ?? null,
    ]);
    const listed = inspected.ok && detail === 'everything' && this.#modelsDue() ? await this.#list() : null;
    return this.#observation(startedAt, inspected, probed, listed);
  }

  #modelsDue(): boolean {
    const { clock, modelsIntervalMs } = this.#options;
    return this.#modelsWanted || this.#lost || clock.monotonic() - this.#modelsReadAt >= modelsIntervalMs;
  }

  async #list(): Promise<Outcome<readonly ModelInfo[]>> {
    const { backend, clock } = this.#options;
    this.#modelsWanted = false;
    const listed = await outcome(() => backend.library.list(this.#stopping.signal));
    if (listed.ok) this.#modelsReadAt = clock.monotonic();
    else this.#modelsWanted = true;
    // What is still to be told is asked for with the next reading.
    if (listed.ok && listed.value.some(({ pending }) => pending)) this.#modelsWanted = true;
    return listed;
  }

  #observation(
    startedAt: number,
    inspected: Outcome<BackendReading>,
    probed: GpuNews | null,
    listed: Outcome<readonly ModelInfo[]> | null,
  ): BackendObservation {
    if (inspected.ok) this.#version = inspected.value.version;
    this.#failuresInARow = inspected.ok ? 0 : this.#failuresInARow + 1;
    const probeProblem = probed?.problem ?? null;
    const problem = problemOf(inspected) ?? problemOf(listed) ?? probeProblem;
    return {
      backendId: this.#options.backend.id,
      startedAt,
      at: this.#options.clock.now(),
      health: this.#health(inspected, problem),
      problem,
      version: this.#version,
      residents: inspected.ok ? inspected.value.residents : null,
      host: inspected.ok ? inspected.value.host : null,
      ...(inspected.ok && inspected.value.ownPids && { ownPids: inspected.value.ownPids }),
      gpus: probed?.gpus ?? null,
      ...(probed && { gpuDetail: probed.detail, gpuIntervalMs: probed.intervalMs }),
      probeProblem,
      models: listed?.ok ? listed.value : null,
    };
  }

  #health(inspected: Outcome<BackendReading>, problem: string | null): BackendHealth {
    if (inspected.ok) return problem === null ? 'HEALTHY' : 'DEGRADED';
    const passing = inspected.error instanceof BackendError && inspected.error.code === 'BACKEND_ERROR';
    const hopeless = inspected.error instanceof BackendError && inspected.error.remedy === 'none';
    return passing && !hopeless && this.#failuresInARow < SLOW_ANSWERS_TILL_LOST ? 'DEGRADED' : 'UNREACHABLE';
  }

  #report(observation: BackendObservation): void {
    const { backend, logger, onReading } = this.#options;
    const lost = observation.health === 'UNREACHABLE';
    // One that has never answered is not lost: the start has said so already, and `health` does.
    if (lost && !this.#lost && this.#version !== null)
      logger?.warn('Lost a backend', { backend: backend.name, problem: observation.problem });
    if (!lost && this.#lost) logger?.info('A backend is back', { backend: backend.name });
    this.#lost = lost;
    // Of a server that does not answer no more can be said.
    if (!lost) this.#reportGpus(observation.probeProblem);
    try {
      onReading(observation);
    } catch (error) {
      logger?.error('A reading could not be taken in', { backend: backend.name, err: error });
    }
  }

  #reportGpus(problem: string | null): void {
    const { backend, logger } = this.#options;
    if (problem === this.#gpuProblem) return;
    this.#gpuProblem = problem;
    if (problem !== null)
      logger?.warn('The GPUs of a backend are not all well', { backend: backend.name, problem });
    else logger?.info('The GPUs of a backend are well again', { backend: backend.name });
  }

  #pauseMs(): number {
    const failures = this.#failuresInARow;
    if (failures === 0) return this.#options.intervalMs;
    return Math.min(FIRST_RETRY_MS * 2 ** (failures - 1), LONGEST_RETRY_MS);
  }

  #release(pokes: readonly Poke[]): void {
    for (const { answer } of pokes) answer();
  }
}

async function outcome<T>(read: () => Promise<T>): Promise<Outcome<T>> {
  try {
    return { ok: true, value: await read() };
  } catch (error) {
    return { ok: false, error };
  }
}

function problemOf(result: Outcome<unknown> | null): string | null {
  return result === null || result.ok ? null : messageOf(result.error);
}
