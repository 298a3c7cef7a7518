import type { Clock, Timer } from '../../clock.ts';

/** A clock whose timers all belong to one owner, who ends them together. */
export class OwnedClock implements Clock {
  readonly #clock: Clock;
  readonly #timers = new Set<Timer>();
  #closed = false;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  now(): number {
    return this.#clock.now();
  }

  monotonic(): number {
    return this.#clock.monotonic();
  }

  after(delayMs: number, callback: () => void): Timer {
    return this.#owned(callback, (own) => this.#clock.after(delayMs, own));
  }

  soon(callback: () => void): Timer {
    return this.#owned(callback, (own) => this.#clock.soon(own));
  }

  #owned(callback: () => void, set: (own: () => void) => Timer): Timer {
    if (this.#closed) return { cancel: () => {} };
    const timer = set(() => {
      this.#timers.delete(owned);
      callback();
    });
    const owned: Timer = {
      cancel: () => {
        this.#timers.delete(owned);
        timer.cancel();
      },
    };
    this.#timers.add(owned);
    return owned;
  }

  /** Cancels every timer; later ones are never set. */
  close(): void {
    this.#closed = true;
    for (const timer of [...this.#timers]) timer.cancel();
  }
}
