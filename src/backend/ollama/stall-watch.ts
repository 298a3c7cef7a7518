import type { Clock, Timer } from '../../clock.ts';

/**
 * Aborts its signal when nothing was touched for too long. Touching only notes the time: the timer looks at it when it fires,
 * so that a stream of many small pieces does not set a timer for each.
 */
export class StallWatch implements Disposable {
  readonly #controller = new AbortController();
  readonly #clock: Clock;
  readonly #reason: () => Error;
  #limitMs: number;
  #touchedAt: number;
  #timer: Timer;

  /** @param reason what the signal aborts with. */
  constructor(clock: Clock, limitMs: number, reason: () => Error) {
    this.#clock = clock;
    this.#reason = reason;
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
    if (leftMs <= 0) this.#controller.abort(this.#reason());
    else this.#timer = this.#clock.after(leftMs, () => this.#look());
  }
}
