/** When a request has been silent for too long. */
import type { Clock, Timer } from '../../clock.ts';

/** Signs of life that are not the answer itself put the end off so often at most: a request may be stuck in an engine that works at others. */
const MOST_EXTENSIONS = 11;

/**
 * Aborts its signal when nothing was touched for too long. Touching only notes the time: the timer looks at it when it fires,
 * so that a stream of many small pieces does not set a timer for each.
 */
export class StallWatch implements Disposable {
  readonly #controller = new AbortController();
  readonly #clock: Clock;
  readonly #reason: () => Error;
  readonly #signs: () => string;
  #seen: string;
  #extensions = 0;
  #limitMs: number;
  #touchedAt: number;
  #timer: Timer;

  /**
   * @param reason what the signal aborts with.
   * @param signs what differs from the last time when there was another sign of life meanwhile.
   */
  constructor(clock: Clock, limitMs: number, reason: () => Error, signs = () => '') {
    this.#clock = clock;
    this.#reason = reason;
    this.#signs = signs;
    this.#seen = signs();
    this.#limitMs = limitMs;
    this.#touchedAt = clock.monotonic();
    this.#timer = clock.after(limitMs, () => this.#look());
  }

  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  /** Something came; from now on `limitMs` holds. */
  touch(limitMs: number): void {
    this.#touchedAt = this.#clock.monotonic();
    this.#extensions = 0;
    if (limitMs === this.#limitMs) return;
    this.#limitMs = limitMs;
    this.#timer.cancel();
    this.#timer = this.#clock.after(limitMs, () => this.#look());
  }

  [Symbol.dispose](): void {
    this.#timer.cancel();
  }

  #look(): void {
    const leftMs = this.#touchedAt + this.#limitMs - this.#clock.monotonic();
    if (leftMs > 0) this.#timer = this.#clock.after(leftMs, () => this.#look());
    else if (this.#isAlive()) {
      this.#touchedAt = this.#clock.monotonic();
      this.#timer = this.#clock.after(this.#limitMs, () => this.#look());
    } else this.#controller.abort(this.#reason());
  }

  #isAlive(): boolean {
    const signs = this.#signs();
    if (signs === this.#seen || this.#extensions >= MOST_EXTENSIONS) return false;
    this.#seen = signs;
    this.#extensions += 1;
    return true;
  }
}
