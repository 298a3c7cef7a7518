/**
 * Takes down, each ten seconds, what memory is used for and what has become of jobs since the last time. It counts as things happen, so a sample
 * costs the same however many jobs there are.
 */
import type { Clock, Timer } from '../clock.ts';
import { messageOf, StoreClosedError } from '../domain/errors.ts';
import type { JobId } from '../domain/ids.ts';
import { isTerminal } from '../domain/job.ts';
import {
  added,
  busiest,
  FINEST_MS,
  type GpuSample,
  type LifetimeCounts,
  NO_COUNTS,
  type Sample,
  type SampleCounts,
  type SampleStore,
  waitClass,
} from '../domain/sample.ts';
import type { JobChange } from '../domain/store.ts';
import type { Logger } from '../telemetry/logger.ts';

/** Figures that somebody else counts, since the start. */
export type Totals = Omit<SampleCounts, 'submitted' | 'completed' | 'failed' | 'cancelled'>;

export interface SamplerParts {
  readonly store: Pick<SampleStore, 'keep' | 'lifetime'>;
  /** Those whose reading is fresh. */
  readonly gpus: () => readonly GpuSample[];
  readonly totals: () => Totals;
  readonly jobs: () => Pick<Sample, 'waiting' | 'running'>;
  readonly clock: Clock;
  readonly logger: Pick<Logger, 'error'>;
}

interface Running {
  readonly client: string;
  /** From when on its time is not counted yet. */
  since: number;
}

export class Sampler {
  readonly #parts: SamplerParts;
  readonly #running = new Map<JobId, Running>();
  readonly #clients = new Map<string, { busyMs: number; completed: number }>();
  readonly #waits = new Map<number, number>();
  #counts: Record<keyof SampleCounts, number> = { ...NO_COUNTS };
  #totals: Totals;
  /** Without what is counted since the last sample. */
  #lifetime: LifetimeCounts;
  #timer: Timer | null = null;
  #writing: Promise<void> = Promise.resolve();

  constructor(parts: SamplerParts) {
    this.#parts = parts;
    this.#totals = parts.totals();
    this.#lifetime = { since: parts.clock.now(), counts: NO_COUNTS };
  }

  async start(): Promise<void> {
    this.#lifetime = (await this.#parts.store.lifetime()) ?? this.#lifetime;
    this.#await();
  }

  /** What has ever been counted; what the ten seconds before a crash counted is lost with it. */
  get lifetime(): LifetimeCounts {
    const { since, counts } = this.#lifetime;
    return { since, counts: added([counts, this.#news()]) };
  }

  #await(): void {
    const { clock } = this.#parts;
    const boundary = (Math.floor(clock.now() / FINEST_MS) + 1) * FINEST_MS;
    this.#timer = clock.after(boundary - clock.now(), () => {
      // A clock that is being corrected may be a little behind the timer.
      if (clock.now() >= boundary) this.#take(Math.floor(clock.now() / FINEST_MS) * FINEST_MS);
      this.#await();
    });
  }

  /** With what has been since the last sample. */
  async stop(): Promise<void> {
    this.#timer?.cancel();
    this.#timer = null;
    this.#take(this.#parts.clock.now());
    await this.#writing;
  }

  /** To be called with every commit. */
  jobsChanged(changes: readonly JobChange[]): void {
    const now = this.#parts.clock.now();
    for (const { job, previousStatus } of changes) {
      if (previousStatus === null) this.#counts.submitted += 1;
      if (job.status === 'RUNNING' && previousStatus !== 'RUNNING') {
        this.#running.set(job.id, { client: job.client, since: now });
        this.#addWait(Math.max(0, (job.startedAt ?? now) - job.createdAt));
      }
      if (job.status !== 'RUNNING') this.#leave(job.id, now);
      if (!isTerminal(job.status) || (previousStatus !== null && isTerminal(previousStatus))) continue;
      if (job.status === 'COMPLETE') {
        this.#counts.completed += 1;
        this.#client(job.client).completed += 1;
      } else if (job.status === 'FAILED') this.#counts.failed += 1;
      else this.#counts.cancelled += 1;
    }
  }

  /** Since the last sample. */
  #news(): SampleCounts {
    const present = this.#parts.totals();
    const names = Object.keys(present) as (keyof Totals)[];
    const news = Object.fromEntries(names.map((name) => [name, present[name] - this.#totals[name]]));
    return { ...this.#counts, ...news };
  }

  #addWait(ms: number): void {
    const one = waitClass(ms);
    this.#waits.set(one, (this.#waits.get(one) ?? 0) + 1);
  }

  #client(name: string): { busyMs: number; completed: number } {
    const known = this.#clients.get(name) ?? { busyMs: 0, completed: 0 };
    this.#clients.set(name, known);
    return known;
  }

  #leave(id: JobId, now: number): void {
    const running = this.#running.get(id);
    if (!running) return;
    this.#charge(running, now);
    this.#running.delete(id);
  }

  #charge(running: Running, now: number): void {
    this.#client(running.client).busyMs += Math.max(0, now - running.since);
    running.since = now;
  }

  /** @param until the end of the time that it is of, epoch milliseconds */
  #take(until: number): void {
    const { clock, gpus, jobs, totals } = this.#parts;
    const now = clock.now();
    for (const running of this.#running.values()) this.#charge(running, now);
    const counts = this.#news();
    const sample: Sample = {
      gpus: gpus(),
      counts,
      ...jobs(),
      waits: [...this.#waits],
      clients: busiest([...this.#clients].map(([client, of]) => ({ client, ...of }))),
    };
    this.#lifetime = { since: this.#lifetime.since, counts: added([this.#lifetime.counts, counts]) };
    this.#totals = totals();
    this.#counts = { ...NO_COUNTS };
    this.#waits.clear();
    this.#clients.clear();
    const at = Math.floor((until - 1) / FINEST_MS) * FINEST_MS;
    this.#writing = this.#writing.then(() => this.#write(at, sample));
  }

  /** What cannot be written is a gap in the charts, and no more. */
  async #write(at: number, sample: Sample): Promise<void> {
    try {
      await this.#parts.store.keep(at, sample);
    } catch (error) {
      if (!(error instanceof StoreClosedError))
        this.#parts.logger.error(`Figures could not be taken down: ${messageOf(error)}`);
    }
  }
}
