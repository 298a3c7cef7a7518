/** Work that is done side by side at one rate each, as the requests of one model are: what each of them has got is one number. */

interface Task {
  /** Done when everybody has got so much, in milliseconds of work. */
  readonly until: number;
  readonly done: () => void;
}

/** Smaller rests are errors of rounding. */
const NOTHING_MS = 1e-6;

export class Batch {
  /** The rate of each of b tasks is b^(exponent − 1). */
  readonly #exponent: number;
  readonly #tasks: Task[] = [];
  #got = 0;
  #settledAt = 0;
  /** Of the whole batch, times its own rate. */
  #speed = 1;

  constructor(exponent: number) {
    this.#exponent = exponent;
  }

  get size(): number {
    return this.#tasks.length;
  }

  /** To be called after `settle`, as everything that changes a rate. @param workMs what it takes alone */
  add(workMs: number, done: () => void): void {
    const task = { until: this.#got + workMs, done };
    const at = this.#tasks.findLastIndex(({ until }) => until <= task.until) + 1;
    this.#tasks.splice(at, 0, task);
  }

  /** Books what was done until now. */
  settle(atMs: number): void {
    if (this.#tasks.length > 0) this.#got += (atMs - this.#settledAt) * this.#rate();
    this.#settledAt = atMs;
  }

  setSpeed(speed: number): void {
    this.#speed = speed;
  }

  /** Until the first of them is done as things are now; Infinity when there is none. */
  nextInMs(): number {
    const [first] = this.#tasks;
    return first ? Math.max(0, first.until - this.#got) / this.#rate() : Number.POSITIVE_INFINITY;
  }

  /** Takes those out that are done, the first of them first. */
  takeDone(): readonly (() => void)[] {
    const open = this.#tasks.findIndex(({ until }) => until > this.#got + NOTHING_MS);
    const count = open < 0 ? this.#tasks.length : open;
    return this.#tasks.splice(0, count).map(({ done }) => done);
  }

  #rate(): number {
    return this.#speed * this.#tasks.length ** (this.#exponent - 1);
  }
}
