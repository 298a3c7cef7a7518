/** Calls the store's `tend` when it is due, and again after any commit that may have brought the next due time nearer. */
import type { Clock, Timer } from '../clock.ts';
import { messageOf, StoreClosedError } from '../domain/errors.ts';
import type { JobChange, Store } from '../domain/store.ts';
import type { Logger } from '../telemetry/logger.ts';

const AFTER_FAILURE_MS = 5_000;

export class Housekeeper {
  readonly #store: Store;
  readonly #clock: Clock;
  readonly #logger: Logger;
  readonly #retentionMs: number;
  #timer: Timer | null = null;
  #dueAt = Number.POSITIVE_INFINITY;
  #running: Promise<void> | null = null;
  #stopped = true;

  constructor(options: {
    readonly store: Store;
    readonly clock: Clock;
    readonly logger: Logger;
    readonly retentionMs: number;
  }) {
    this.#store = options.store;
    this.#clock = options.clock;
    this.#logger = options.logger;
    this.#retentionMs = options.retentionMs;
  }

  start(): void {
    this.#stopped = false;
    this.dueIn(0);
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    this.#timer?.cancel();
    this.#timer = null;
    await this.#running;
    // The next life has to know how far this one got, and how far the clock was set in it.
    await this.#tend();
  }

  /** Of what waits it is known until when. */
  jobsChanged(changes: readonly JobChange[]): void {
    for (const { job } of changes) {
      if (job.status !== 'PENDING') continue;
      const due = Math.min(
        job.notBefore ?? Number.POSITIVE_INFINITY,
        job.deadline ?? Number.POSITIVE_INFINITY,
      );
      if (Number.isFinite(due)) this.dueIn(due - this.#clock.now());
    }
  }

  /** Something will be due in `ms`, perhaps sooner than what is known. */
  dueIn(ms: number): void {
    const at = this.#clock.monotonic() + Math.max(0, ms);
    if (this.#stopped || (this.#timer && at >= this.#dueAt)) return;
    this.#timer?.cancel();
    this.#dueAt = at;
    this.#timer = this.#clock.after(ms, () => {
      this.#timer = null;
      this.#running = this.#tend();
    });
  }

  async #tend(): Promise<void> {
    try {
      const { nextInMs } = await this.#store.tend(this.#retentionMs);
      this.dueIn(nextInMs);
    } catch (error) {
      if (error instanceof StoreClosedError) return;
      this.#logger.error(`The store could not be tended: ${messageOf(error)}`);
      this.dueIn(AFTER_FAILURE_MS);
    }
  }
}
