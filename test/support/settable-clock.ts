/** The clock of this machine, which a test sets forward or back, or makes go on faster for a while. */
import { type Clock, systemClock, type Timer } from '../../src/clock.ts';

export class SettableClock implements Clock {
  #setBy = 0;
  #passed = 0;
  #boots = 1;
  /** What each timer that is set calls, and when by monotonic time. */
  readonly #timers = new Map<Timer, { readonly due: number; readonly fire: () => void }>();

  now(): number {
    return systemClock.now() + this.#passed + this.#setBy;
  }

  monotonic(): number {
    return systemClock.monotonic() + this.#passed;
  }

  uptime(): number {
    return this.monotonic();
  }

  get boot(): string {
    return `boot ${this.#boots}`;
  }

  after(delayMs: number, callback: () => void): Timer {
    const fire = () => {
      timer.cancel();
      callback();
    };
    const own = systemClock.after(delayMs, fire);
    const timer = {
      cancel: () => {
        own.cancel();
        this.#timers.delete(timer);
      },
    };
    this.#timers.set(timer, { due: this.monotonic() + Math.max(0, delayMs), fire });
    return timer;
  }

  soon(callback: () => void): Timer {
    return systemClock.soon(callback);
  }

  /** Somebody sets the clock on the wall: durations go on as if nothing had happened. */
  jump(ms: number): void {
    this.#setBy += ms;
  }

  /** The machine starts anew, as far as a server can tell that is started after it. */
  reboot(): void {
    this.#boots += 1;
  }

  /** So much time goes by at once: what is due by then fires, but for timers that are set by others on the way. */
  pass(ms: number): void {
    this.#passed += ms;
    const due = [...this.#timers.values()].filter((one) => one.due <= this.monotonic());
    for (const { fire } of due.sort((a, b) => a.due - b.due)) fire();
  }
}
