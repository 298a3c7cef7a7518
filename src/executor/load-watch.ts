/** Gives a load up that shows no sign of progress for too long. How long it takes in all proves nothing: disks are slow. */
import type { Clock, Timer } from '../clock.ts';

export class LoadWatch implements Disposable {
  readonly #clock: Clock;
  readonly #limitMs: number;
  readonly #stalled: () => void;
  #signAt: number;
  #timer: Timer;

  /** @param limitMs without a sign, after which `stalled` is called once. */
  constructor(clock: Clock, limitMs: number, stalled: () => void) {
    this.#clock = clock;
    this.#limitMs = limitMs;
    this.#stalled = stalled;
    this.#signAt = clock.monotonic();
    this.#timer = clock.after(limitMs, () => this.#look());
  }

  /** Something of the load was seen. Costs no timer: the one that is set looks at it when it fires. */
  sign(): void {
    this.#signAt = this.#clock.monotonic();
  }

  [Symbol.dispose](): void {
    this.#timer.cancel();
  }

  #look(): void {
    const leftMs = this.#signAt + this.#limitMs - this.#clock.monotonic();
    if (leftMs > 0) this.#timer = this.#clock.after(leftMs, () => this.#look());
    else this.#stalled();
  }
}
