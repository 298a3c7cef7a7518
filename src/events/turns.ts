/**
 * Shares the event loop between those who follow events and everything else that the server does. A change may wake
 * thousands of readers; what they do is cut into short slices, with a turn of the event loop between two, so that requests are
 * answered meanwhile. Whoever published goes on before the first of them.
 */
import { type Clock, systemClock } from '../clock.ts';

/** A slice ends after so long, and after so many turns: what the last ones began is not in the time yet. */
const SLICE_MS = 5;
const SLICE_TURNS = 16;

export class Turns {
  readonly #clock: Pick<Clock, 'monotonic'>;
  readonly #waiting: (() => void)[] = [];
  #scheduled = false;

  constructor(clock: Pick<Clock, 'monotonic'>) {
    this.#clock = clock;
  }

  /** Calls `turn` in a slice to come, after those who asked earlier. It must not throw. */
  take(turn: () => void): void {
    this.#waiting.push(turn);
    this.#schedule();
  }

  /** Resolves when it is the caller's turn. */
  next(): Promise<void> {
    return new Promise((resolve) => this.take(resolve));
  }

  #schedule(): void {
    if (this.#scheduled) return;
    this.#scheduled = true;
    setImmediate(() => this.#slice());
  }

  #slice(): void {
    const end = this.#clock.monotonic() + SLICE_MS;
    let taken = 0;
    while (taken < SLICE_TURNS && taken < this.#waiting.length) {
      this.#waiting[taken]?.();
      taken += 1;
      if (this.#clock.monotonic() >= end) break;
    }
    this.#waiting.splice(0, taken);
    this.#scheduled = false;
    if (this.#waiting.length > 0) this.#schedule();
  }
}

/** There is one event loop, so all readers of a process take turns with each other. */
export const readerTurns = new Turns(systemClock);
