/** Explanations of the present state, made once for all who ask: a change is told to many readers, and a list is looked at by several. */
import type { JobWaiting } from '../domain/decision.ts';
import type { Job } from '../domain/job.ts';

/** They name times, so one is made anew after so long even if nothing happened. */
const FRESH_MS = 500;
const MOST = 10_000;

interface Explained {
  readonly revision: number;
  readonly until: number;
  readonly waiting: JobWaiting | null;
}

export class Explanations {
  #state: object | null = null;
  readonly #known = new Map<string, Explained>();

  /**
   * @param state what is explained, as an object that is another one as soon as anything in it changes
   * @param now epoch milliseconds
   */
  of(job: Job, state: object, now: number, explain: () => JobWaiting | null): JobWaiting | null {
    if (state !== this.#state || this.#known.size >= MOST) this.#known.clear();
    this.#state = state;
    const known = this.#known.get(job.id);
    // A clock that was put back makes everything old.
    if (known?.revision === job.revision && now < known.until && now >= known.until - FRESH_MS)
      return known.waiting;
    const waiting = explain();
    this.#known.set(job.id, { revision: job.revision, until: now + FRESH_MS, waiting });
    return waiting;
  }
}
