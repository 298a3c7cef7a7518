/** Readings at short intervals while memory is changing: one nvidia-smi that goes on instead of one for each. */
import { type ChildProcess, spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { type Clock, fromWall, type Timer } from '../clock.ts';
import { messageOf } from '../domain/errors.ts';
import { GpuProbeError } from './gpu-probe-error.ts';
import { LOOP_QUERY, type MemorySample, notUnderstood, parseSample } from './nvidia-output.ts';

export interface NvidiaLoopOptions {
  readonly clock: Clock;
  readonly binary: string;
  readonly env: Readonly<Record<string, string | undefined>>;
}

/** Between two measurements. */
const PERIOD_MS = 20;
/** Swaps come in rows: it stays for the next one, and not for long, as it costs while nobody asks. */
const LINGER_MS = 10_000;
/** A time that is off by more is of another time zone after all, or of a clock that was set. */
const LARGEST_DIFFERENCE_MS = 60_000;

interface Reader {
  readonly uuids: readonly string[];
  readonly since: number;
  readonly resolve: (samples: ReadonlyMap<string, MemorySample>) => void;
  readonly reject: (reason: unknown) => void;
}

/**
 * An nvidia-smi that measures the memory of every GPU again and again, for as long as somebody asks: its start takes many times as long
 * as a measurement, and a model waits to be loaded for one.
 */
export class NvidiaLoop {
  readonly #options: NvidiaLoopOptions;
  /** The newest of each GPU that the present tool, or the last one, has told. */
  readonly #samples = new Map<string, MemorySample>();
  readonly #readers = new Set<Reader>();
  #child: ChildProcess | undefined;
  #idle: Timer | undefined;
  /** Why it is of no use on this host: the tool does not repeat itself, or tells another time. */
  #useless: GpuProbeError | undefined;

  constructor(options: NvidiaLoopOptions) {
    this.#options = options;
  }

  /**
   * Of each GPU what was measured after `since`, epoch milliseconds.
   * @throws GpuProbeError when it does not work here: then nvidia-smi has to be run for one reading
   */
  read(
    uuids: readonly string[],
    since: number,
    signal: AbortSignal,
  ): Promise<ReadonlyMap<string, MemorySample>> {
    if (signal.aborted) return Promise.reject(signal.reason);
    if (this.#useless) return Promise.reject(this.#useless);
    if (this.#child?.killed) return Promise.reject(new GpuProbeError('nvidia-smi is being ended.'));
    this.#idle?.cancel();
    try {
      this.#child ??= this.#start();
    } catch (error) {
      // Some failures of a start are thrown, and not emitted.
      return Promise.reject(new GpuProbeError(`nvidia-smi cannot be run: ${messageOf(error)}.`));
    }
    const { promise, resolve, reject } = Promise.withResolvers<ReadonlyMap<string, MemorySample>>();
    const reader = { uuids, since, resolve, reject };
    const onAbort = () => {
      this.end();
      reject(signal.reason);
    };
    signal.addEventListener('abort', onAbort, { once: true });
    this.#readers.add(reader);
    return promise.finally(() => {
      signal.removeEventListener('abort', onAbort);
      this.#readers.delete(reader);
      this.#idle?.cancel();
      this.#idle = this.#options.clock.after(LINGER_MS, () => this.end());
    });
  }

  end(): void {
    this.#idle?.cancel();
    this.#child?.kill('SIGKILL');
  }

  #start(): ChildProcess {
    const { binary, env } = this.#options;
    this.#samples.clear();
    const child = spawn(binary, [...LOOP_QUERY, `--loop-ms=${PERIOD_MS}`], {
      stdio: ['ignore', 'pipe', 'ignore'],
      windowsHide: true,
      // Its times are local ones, which are ambiguous for an hour each autumn.
      env: { ...env, TZ: 'UTC' },
    });
    createInterface({ input: child.stdout }).on('line', (line) => {
      if (child === this.#child && !child.killed) this.#take(line);
    });
    child.once('error', (error) => this.#over(child, messageOf(error)));
    child.once('exit', () => this.#over(child, 'it ended by itself'));
    return child;
  }

  #take(line: string): void {
    if (line.trim() === '') return;
    const { clock } = this.#options;
    const told = parseSample(line);
    const sample = told && { ...told, sampledAt: fromWall(told.sampledAt, clock) };
    if (!sample || Math.abs(clock.now() - sample.sampledAt) > LARGEST_DIFFERENCE_MS) {
      this.#giveUp(notUnderstood(line));
      return;
    }
    this.#samples.set(sample.uuid, sample);
    for (const { uuids, since, resolve } of this.#readers) {
      const fresh = uuids
        .flatMap((uuid) => this.#samples.get(uuid) ?? [])
        .filter((one) => one.sampledAt > since);
      if (fresh.length === uuids.length) resolve(new Map(fresh.map((one) => [one.uuid, one])));
    }
  }

  #over(child: ChildProcess, problem: string): void {
    if (child !== this.#child) return;
    this.#child = undefined;
    if (!child.killed) this.#giveUp(new GpuProbeError(`nvidia-smi does not repeat itself: ${problem}.`));
  }

  /** For good only where it never worked: one that did is started anew by the next question. */
  #giveUp(error: GpuProbeError): void {
    if (this.#samples.size === 0) this.#useless = error;
    this.end();
    for (const { reject } of this.#readers) reject(error);
  }
}
