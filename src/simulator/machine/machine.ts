/** Cards, a disk, and the models in memory: what any server has to go by. It knows no policy, and does only what it is told. */
import type { Clock } from '../../clock.ts';
import type { Stay } from '../history.ts';
import type { SimulatedJob, SimulatedModel } from '../workload/workload.ts';
import { Batch } from './batch.ts';
import { Processor } from './processor.ts';
import type { MachineSettings } from './settings.ts';

export interface GpuShare {
  readonly gpu: number;
  readonly bytes: number;
}

/** One model in memory. */
export interface Loaded {
  readonly model: SimulatedModel;
  readonly shares: readonly GpuShare[];
  readonly status: 'loading' | 'ready' | 'leaving' | 'gone';
  readonly running: number;
  readonly readyMs: number | null;
  /** When a job of it last began or ended; its load at first. */
  readonly lastUsedMs: number;
  /** Free on each of its cards before it came. */
  readonly freeBefore: ReadonlyMap<number, number>;
}

type Changing<T> = { -readonly [K in keyof T]: T[K] };

/** A batch of loads: each gets 1/n of the disk, or all of it. */
const SHARED = 0;
const ALONE = 1;

export class Machine {
  readonly settings: MachineSettings;
  readonly stays: Stay[] = [];
  readonly #clock: Clock;
  readonly #compute: Processor<Loaded>;
  readonly #disk: Processor<'disk'>;
  readonly #loaded = new Set<Loaded>();
  readonly #stayOf = new Map<Loaded, Stay>();

  constructor(clock: Clock, settings: MachineSettings) {
    this.settings = settings;
    this.#clock = clock;
    this.#compute = new Processor(clock, (one, working) =>
      settings.modelsShareGpu ? 1 / mostOnOneCard(one, working) : 1,
    );
    this.#disk = new Processor(clock, () => 1);
  }

  /** Everything that holds memory, in order of coming. */
  get loaded(): readonly Loaded[] {
    return [...this.#loaded];
  }

  usedBytes(gpu: number): number {
    let sum = 0;
    for (const { shares } of this.#loaded) sum += bytesOn(shares, gpu);
    return sum;
  }

  freeBytes(gpu: number): number {
    return (this.settings.gpuBytes[gpu] ?? 0) - this.usedBytes(gpu);
  }

  /** Takes the memory at once and says when it is ready; null when a card has not so much. */
  load(model: SimulatedModel, shares: readonly GpuShare[], ready: (loaded: Loaded) => void): Loaded | null {
    if (shares.some(({ gpu, bytes }) => bytes > this.freeBytes(gpu))) return null;
    const startMs = this.#clock.monotonic();
    const loaded: Changing<Loaded> = {
      model,
      shares,
      status: 'loading',
      running: 0,
      readyMs: null,
      lastUsedMs: startMs,
      freeBefore: new Map(shares.map(({ gpu }) => [gpu, this.freeBytes(gpu)])),
    };
    this.#loaded.add(loaded);
    const stay: Stay = {
      model: model.name,
      gpus: shares.map(({ gpu }) => gpu),
      loadStartedMs: startMs,
      readyMs: null,
      unloadMs: null,
      goneMs: null,
    };
    this.stays.push(stay);
    this.#stayOf.set(loaded, stay);
    const { loadBaseMs, loadBytesPerSecond, loadsShareDisk, readyPollMs } = this.settings;
    const end = () => {
      if (loaded.status !== 'loading') return;
      const nowMs = this.#clock.monotonic();
      loaded.status = 'ready';
      loaded.readyMs = nowMs;
      loaded.lastUsedMs = nowMs;
      stay.readyMs = nowMs;
      ready(loaded);
    };
    // What looks at it only now and then sees at its next look that it is ready.
    const seen = () => {
      const tookMs = this.#clock.monotonic() - startMs;
      const looks = readyPollMs > 0 ? Math.ceil(tookMs / readyPollMs - 1e-9) * readyPollMs : tookMs;
      this.#clock.after(looks - tookMs, end);
    };
    const readMs = (1_000 * model.weightsBytes) / loadBytesPerSecond;
    this.#clock.after(loadBaseMs, () =>
      this.#disk.add('disk', () => new Batch(loadsShareDisk ? SHARED : ALONE), readMs, seen),
    );
    return loaded;
  }

  /** To be called of what runs nothing. Its memory is free when `gone` is called. */
  unload(loaded: Loaded, gone: () => void): void {
    const one: Changing<Loaded> = loaded;
    if (one.running > 0) throw new Error(`${one.model.name} was unloaded while it ran ${one.running} jobs.`);
    if (one.status === 'leaving' || one.status === 'gone') throw new Error(`${one.model.name} left twice.`);
    one.status = 'leaving';
    const stay = this.#stayOf.get(loaded);
    if (stay) stay.unloadMs = this.#clock.monotonic();
    this.#clock.after(this.settings.unloadLagMs, () => {
      one.status = 'gone';
      this.#loaded.delete(loaded);
      this.#stayOf.delete(loaded);
      if (stay) stay.goneMs = this.#clock.monotonic();
      gone();
    });
  }

  /** To be called of what is ready and has a free slot. */
  run(loaded: Loaded, job: SimulatedJob, done: () => void): void {
    const one: Changing<Loaded> = loaded;
    if (one.status !== 'ready')
      throw new Error(`A job was given to ${one.model.name}, which is ${one.status}.`);
    if (one.running >= this.settings.slots) throw new Error(`${one.model.name} has no free slot.`);
    one.running += 1;
    one.lastUsedMs = this.#clock.monotonic();
    this.#compute.add(
      loaded,
      () => new Batch(this.settings.batchExponent),
      job.workMs,
      () => {
        one.running -= 1;
        one.lastUsedMs = this.#clock.monotonic();
        done();
      },
    );
  }
}

export function bytesOn(shares: readonly GpuShare[], gpu: number): number {
  return shares.find((share) => share.gpu === gpu)?.bytes ?? 0;
}

/** How many models work on that of its cards that has most of them, itself among them. */
function mostOnOneCard(one: Loaded, working: readonly Loaded[]): number {
  let most = 1;
  for (const { gpu } of one.shares) {
    let count = 0;
    for (const other of working) if (other.shares.some((share) => share.gpu === gpu)) count += 1;
    if (count > most) most = count;
  }
  return most;
}
