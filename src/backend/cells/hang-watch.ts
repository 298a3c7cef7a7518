/**
 * Tells a cell that hangs from one that takes its time. While a request is under way, pieces of an answer come or the engine uses the
 * processor: also reading a long prompt, or writing a tool call that is held back until it is whole, takes processor time for every
 * batch. An engine that does neither waits for a driver that will not answer, or was stopped.
 */
import type { Clock } from '../../clock.ts';

export class HangWatch {
  readonly #clock: Clock;
  #open = 0;
  #signAt = 0;
  #cpuTicks: number | null = null;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** A request goes to the cell. Returns a function to be called when it has ended. */
  begin(): () => void {
    if (this.#open === 0) this.sign();
    this.#open += 1;
    return () => {
      this.#open -= 1;
    };
  }

  /** Something came of a request. */
  sign(): void {
    this.#signAt = this.#clock.monotonic();
  }

  /**
   * For how long it has given no sign, in milliseconds; 0 without a request under way.
   * @param cpuTicks that the engine has used so far
   */
  silentMs(cpuTicks: number): number {
    if (cpuTicks !== this.#cpuTicks) this.sign();
    this.#cpuTicks = cpuTicks;
    return this.#open === 0 ? 0 : this.#clock.monotonic() - this.#signAt;
  }
}
