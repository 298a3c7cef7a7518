/** Jobs that several models may do: which one does each, when it comes and again and again while it waits, and why. */
import type { Clock, Timer } from '../../clock.ts';
import { BoundedMap } from '../../domain/bounded-map.ts';
import type { NewDecision } from '../../domain/decision.ts';
import { messageOf, StoreClosedError } from '../../domain/errors.ts';
import { type Fallback, type ModelChoice, placeOf } from '../../domain/fallback.ts';
import type { JobId } from '../../domain/ids.ts';
import { isTerminal, type Job, type JobPriority } from '../../domain/job.ts';
import type { QueueKey } from '../../domain/queue-key.ts';
import type { JobChange, Store } from '../../domain/store.ts';
import type { Verdict } from '../../scheduler/decide/verdict.ts';
import { chooseModel, type Move, type Outlook } from '../../scheduler/fallback/choose.ts';
import type { SchedulerLoop } from '../../scheduler/loop.ts';
import type { Logger } from '../../telemetry/logger.ts';

/** Between two looks while jobs wait that could go elsewhere. Chosen: what a person calls at once, at a cost of some forecasts. */
const LOOK_EVERY_MS = 500;
/** Jobs that are looked at in one turn: the others have theirs later. */
const MOST_AT_ONCE = 128;
const PAGE = 1_000;
const MOST_REASONS = 10_000;

export interface FallbacksParts {
  readonly store: Pick<Store, 'move' | 'withFallback'>;
  readonly loop: Pick<SchedulerLoop, 'verdictOf' | 'forecasts' | 'decisions'>;
  readonly clock: Clock;
  readonly logger: Pick<Logger, 'info' | 'error'>;
}

/** A job before it is there. */
export interface ComingJob {
  readonly id: JobId;
  readonly client: string;
  readonly priority: JobPriority;
  readonly fallback: Fallback;
}

/** Nothing could be done there now. */
const GONE: ReadonlySet<Verdict['kind']> = new Set(['UNREACHABLE', 'NOT_RESIDENT', 'IMPOSSIBLE']);

export class Fallbacks {
  readonly #parts: FallbacksParts;
  /** PENDING ones, by age. */
  readonly #waiting = new Map<JobId, Job>();
  /** For which model each waits, or runs on. */
  readonly #models = new Map<JobId, string>();
  /** Why a job goes elsewhere, until the commit is heard of that it does so in. */
  readonly #reasons = new BoundedMap<JobId, string>(MOST_REASONS);
  #timer: Timer | null = null;
  #looking: Promise<void> | null = null;
  #isStopped = false;

  constructor(parts: FallbacksParts) {
    this.#parts = parts;
  }

  /** Takes up those that an earlier life has left. */
  async start(): Promise<void> {
    const { store } = this.#parts;
    let after = 0;
    for (;;) {
      const jobs = await store.withFallback(after, PAGE);
      for (const job of jobs) this.#take(job);
      after = jobs.at(-1)?.sequence ?? after;
      if (jobs.length < PAGE) break;
    }
    this.#arm();
  }

  async stop(): Promise<void> {
    this.#isStopped = true;
    this.#timer?.cancel();
    await this.#looking;
  }

  /** For which of its models a job is to wait that comes now. */
  choose({ id, client, priority, fallback }: ComingJob): ModelChoice | null {
    const outlooks = fallback.choices.map((choice) =>
      this.#outlook(choice, () => this.#waitOfNew(choice.queue, client, priority, 1)),
    );
    const move = chooseModel(outlooks, { place: 0, waitedMs: 0, afterMs: fallback.afterMs });
    if (move) this.#reasons.set(id, move.explanation);
    return fallback.choices[move?.place ?? 0] ?? null;
  }

  jobsChanged(changes: readonly JobChange[]): void {
    for (const { job, previousStatus } of changes) {
      if (!job.fallback) continue;
      this.#tell(job, previousStatus === null);
      this.#take(job);
    }
    this.#arm();
  }

  #take(job: Job): void {
    if (job.status === 'PENDING') this.#waiting.set(job.id, job);
    else this.#waiting.delete(job.id);
    if (isTerminal(job.status)) this.#models.delete(job.id);
    else this.#models.set(job.id, job.modelName);
  }

  /** What went where, and why. */
  #tell(job: Job, isNew: boolean): void {
    const before = isNew ? job.fallback?.choices[0]?.modelName : this.#models.get(job.id);
    if (before === undefined || before === job.modelName) return;
    const explanation =
      this.#reasons.get(job.id) ??
      `${job.modelName} does the job in place of ${before}, which could not do it.`;
    this.#reasons.delete(job.id);
    this.#parts.loop.decisions.add({
      ...NOTHING,
      at: this.#parts.clock.now(),
      jobId: job.id,
      modelName: job.modelName,
      explanation,
    });
  }

  #arm(): void {
    if (this.#timer || this.#looking || this.#isStopped || this.#waiting.size === 0) return;
    this.#timer = this.#parts.clock.after(LOOK_EVERY_MS, () => {
      this.#timer = null;
      this.#looking = this.#look()
        .catch((error) => {
          if (!(error instanceof StoreClosedError))
            this.#parts.logger.error(`Jobs could not be moved to other models: ${messageOf(error)}`);
        })
        .finally(() => {
          this.#looking = null;
          this.#arm();
        });
    });
  }

  async #look(): Promise<void> {
    const { store, clock } = this.#parts;
    const coming = new Map<string, number>();
    const looked = [...this.#waiting.values()].slice(0, MOST_AT_ONCE);
    for (const job of looked) {
      if (this.#isStopped || this.#waiting.get(job.id) !== job) continue;
      const move = this.#moveOf(job, coming, clock.now());
      const to = job.fallback?.choices[move?.place ?? -1];
      if (!move || !to) {
        this.#toTheEnd(job);
        continue;
      }
      const kind = kindOf(to.queue, job);
      coming.set(kind, (coming.get(kind) ?? 0) + 1);
      this.#reasons.set(job.id, move.explanation);
      await store.move(job.id, job.queue, to);
    }
  }

  /** So that the others have their turn. */
  #toTheEnd(job: Job): void {
    if (this.#waiting.size <= MOST_AT_ONCE) return;
    this.#waiting.delete(job.id);
    this.#waiting.set(job.id, job);
  }

  /** @param coming how many have gone to a queue in this look: what is foreseen is foreseen behind them */
  #moveOf(job: Job, coming: ReadonlyMap<string, number>, now: number): Move | null {
    const { client, priority, queue, fallback, notBefore } = job;
    if (!fallback) return null;
    const place = placeOf(job);
    const outlooks = fallback.choices.map((choice, at) =>
      this.#outlook(choice, () => {
        if (at !== place)
          return this.#waitOfNew(
            choice.queue,
            client,
            priority,
            1 + (coming.get(kindOf(choice.queue, job)) ?? 0),
          );
        const waitMs = waitUntil(this.#parts.loop.forecasts.startOf(queue, job), now);
        return waitMs === null ? null : Math.max(waitMs, (notBefore ?? 0) - now);
      }),
    );
    return chooseModel(outlooks, { place, waitedMs: now - job.createdAt, afterMs: fallback.afterMs });
  }

  #outlook({ modelName, queue }: ModelChoice, waitMs: () => number | null): Outlook {
    const verdict = this.#parts.loop.verdictOf(queue);
    const isGone = verdict !== null && GONE.has(verdict.kind);
    return { modelName, isGone, waitMs: isGone ? null : waitMs() };
  }

  /** Of the last of so many that come. */
  #waitOfNew(queue: QueueKey, client: string, priority: JobPriority, count: number): number | null {
    const { forecasts } = this.#parts.loop;
    const start =
      count === 1
        ? forecasts.startOfNew(queue, { client, priority })
        : (forecasts.ofBatch(client, [{ queue, priority, count }]).queues[0]?.lastStart ?? null);
    return waitUntil(start, this.#parts.clock.now());
  }
}

function kindOf(queue: QueueKey, { client, priority }: Pick<Job, 'client' | 'priority'>): string {
  return `${queue} ${priority} ${client}`;
}

function waitUntil(start: number | null, now: number): number | null {
  return start === null ? null : Math.max(0, start - now);
}

const NOTHING: Omit<NewDecision, 'at' | 'jobId' | 'modelName' | 'explanation'> = {
  kind: 'FALLBACK',
  backendId: null,
  cellId: null,
  instanceId: null,
  gpuId: null,
  bytes: null,
  inFavourOf: null,
  jobCount: 1,
};
