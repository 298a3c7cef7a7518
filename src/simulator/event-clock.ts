/** Virtual time of a simulated run: a heap of what is to happen, so that hours cost by events and not by timers that wait. */
import type { Clock, Timer } from '../clock.ts';
import { MinHeap } from '../domain/min-heap.ts';

interface Entry {
  readonly due: number;
  /** Among those of one instant the first set goes first. */
  readonly order: number;
  callback: (() => void) | null;
}

/** Ids are made of the wall time, so that it starts at a year that people know. */
const ORIGIN_MS = 1_700_000_000_000;

export class EventClock implements Clock {
  readonly #entries = new MinHeap<Entry>(
    [],
    (a, b) => a.due < b.due || (a.due === b.due && a.order < b.order),
  );
  #elapsed = 0;
  #order = 0;

  /** Whole milliseconds, as of any other clock. */
  now(): number {
    return ORIGIN_MS + Math.floor(this.#elapsed);
  }

  /** Milliseconds since the start of the run, with their fractions. */
  monotonic(): number {
    return this.#elapsed;
  }

  after(delayMs: number, callback: () => void): Timer {
    const entry: Entry = { due: this.#elapsed + Math.max(0, delayMs), order: this.#order++, callback };
    this.#entries.push(entry);
    return {
      cancel: () => {
        entry.callback = null;
      },
    };
  }

  soon(callback: () => void): Timer {
    return this.after(0, callback);
  }

  /** Goes on to what is next and does it. False when nothing more is to happen. */
  step(): boolean {
    for (let next = this.#entries.pop(); next; next = this.#entries.pop()) {
      if (!next.callback) continue;
      this.#elapsed = next.due;
      next.callback();
      return true;
    }
    return false;
  }
}
