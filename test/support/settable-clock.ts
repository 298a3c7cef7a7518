/** The clock of this machine, which a test sets forward or back: its durations go on as if nothing had happened. */
import { type Clock, systemClock, type Timer } from '../../src/clock.ts';

export class SettableClock implements Clock {
  #setBy = 0;

  now(): number {
    return systemClock.now() + this.#setBy;
  }

  monotonic(): number {
    return systemClock.monotonic();
  }

  after(delayMs: number, callback: () => void): Timer {
    return systemClock.after(delayMs, callback);
  }

  jump(ms: number): void {
    this.#setBy += ms;
  }
}
