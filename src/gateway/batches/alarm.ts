/** What wakes one who works in rounds: a ring that comes while a round goes on is heard at its end. */
import type { Clock } from '../../clock.ts';

export class Alarm {
  readonly #clock: Clock;
  #hasRung = false;
  #wake: (() => void) | null = null;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  ring(): void {
    this.#hasRung = true;
    this.#wake?.();
  }

  /** A round begins: what rang before is seen to in it. */
  silence(): void {
    this.#hasRung = false;
  }

  /** Until it rings, or rang since the round began, or `ms` are over. */
  async wait(ms: number | null): Promise<void> {
    if (this.#hasRung) return;
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#wake = resolve;
    const timer = ms === null ? null : this.#clock.after(ms, resolve);
    await promise;
    this.#wake = null;
    timer?.cancel();
  }
}
