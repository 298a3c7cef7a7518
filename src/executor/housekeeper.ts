/** Calls the store's `tend` when it is due, and again after any commit that may have brought the next due time nearer. */
import type { Clock, Timer } from '../clock.ts';
import { messageOf, StoreClosedError } from '../domain/errors.ts';
import type { EndedCourse } from '../domain/job-course.ts';
import type { JobChange, Store } from '../domain/store.ts';
import type { Logger } from '../telemetry/logger.ts';

const AFTER_FAILURE_MS = 5_000;
/** In one call, so that it never holds up other writes for long. */
const MOST_COURSES = 500;

/** What jobs waited for that ended without a run to its end. It is written with what is written from time to time anyway. */
export interface EndedCourses {
  /** Those that ended first. */
  unkept(limit: number): readonly EndedCourse[];
  /** They are on disk. */
  kept(courses: readonly EndedCourse[]): void;
}

export class Housekeeper {
  readonly #store: Store;
  readonly #clock: Clock;
  readonly #logger: Logger;
  readonly #retentionMs: number;
  readonly #courses: EndedCourses;
  #timer: Timer | null = null;
  #dueAt = Number.POSITIVE_INFINITY;
  #running: Promise<void> | null = null;
  #stopped = true;

  constructor(options: {
    readonly store: Store;
    readonly clock: Clock;
    readonly logger: Logger;
    readonly retentionMs: number;
    readonly courses: EndedCourses;
  }) {
    this.#store = options.store;
    this.#clock = options.clock;
    this.#logger = options.logger;
    this.#retentionMs = options.retentionMs;
    this.#courses = options.courses;
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
      const courses = this.#courses.unkept(MOST_COURSES);
      const { nextInMs } = await this.#store.tend(this.#retentionMs, courses);
      this.#courses.kept(courses);
      this.dueIn(courses.length < MOST_COURSES ? nextInMs : 0);
    } catch (error) {
      if (error instanceof StoreClosedError) return;
      this.#logger.error(`The store could not be tended: ${messageOf(error)}`);
      this.dueIn(AFTER_FAILURE_MS);
    }
  }
}
