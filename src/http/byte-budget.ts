/**
 * How many bytes of callers may be in memory at a time, over all bodies and WebSocket messages: from the first that arrives (or
 * the length that is announced) until the request is done with what it was made into, which is some times as much. Whoever
 * does not fit waits in line. Small ones have a reserve that large ones cannot use and a line of their own, so that uploads
 * never hold up a query.
 */
import type { Clock } from '../clock.ts';
import { HttpRefusal } from './refusal.ts';

export interface ByteBudgetOptions {
  /** In all. What is larger than this waits until nothing else is held. */
  readonly bytes: number;
  /** Of these, for small ones alone. */
  readonly reservedBytes: number;
  /** The most that counts as small. */
  readonly smallBytes: number;
  /** The most that may wait. */
  readonly places: number;
  /** The longest that one waits. */
  readonly waitMs: number;
  readonly clock: Clock;
}

/** What one request holds. */
export interface Share {
  readonly bytes: number;
  /** Counts bytes that are here already. False when the budget is exceeded: whoever brings more should wait for `room`. */
  add(bytes: number): boolean;
  /** Resolves when the budget holds. @throws HttpRefusal BUSY, or the reason of `signal` */
  room(signal: AbortSignal): Promise<void>;
  subtract(bytes: number): void;
  /** Safe to call twice. */
  release(): void;
}

interface Waiting {
  readonly small: boolean;
  /** On top of what is held. */
  readonly bytes: number;
  readonly admit: () => void;
}

export class ByteBudget {
  readonly #options: ByteBudgetOptions;
  readonly #waiting = new Set<Waiting>();
  #held = 0;

  constructor(options: ByteBudgetOptions) {
    this.#options = options;
  }

  get held(): number {
    return this.#held;
  }

  get waiting(): number {
    return this.#waiting.size;
  }

  /** @throws HttpRefusal BUSY, or the reason of `signal` */
  async take(bytes: number, signal: AbortSignal): Promise<Share> {
    const share = this.force(0);
    await this.#admitted(this.#isSmall(bytes), bytes, signal, () => share.add(bytes));
    return share;
  }

  /** A share that can be had at once; null when there is no room. */
  tryTake(bytes: number): Share | null {
    return this.#held + bytes <= this.#limit(this.#isSmall(bytes)) ? this.force(bytes) : null;
  }

  /** A share of what is here already, whether it fits or not. */
  force(bytes: number): Share {
    const budget = this;
    let held = bytes;
    let released = false;
    budget.#held += bytes;
    return {
      get bytes() {
        return held;
      },
      add(more) {
        if (released) return true;
        held += more;
        budget.#held += more;
        return budget.#fits(budget.#isSmall(held), 0);
      },
      room: (signal) => budget.#admitted(budget.#isSmall(held), 0, signal, () => {}),
      subtract(less) {
        const part = Math.min(less, held);
        held -= part;
        budget.#held -= part;
        if (part > 0) budget.#admit();
      },
      release() {
        this.subtract(held);
        released = true;
      },
    };
  }

  #isSmall(bytes: number): boolean {
    return bytes <= this.#options.smallBytes;
  }

  #limit(small: boolean): number {
    const { bytes, reservedBytes } = this.#options;
    return small ? bytes : bytes - reservedBytes;
  }

  #fits(small: boolean, bytes: number): boolean {
    return this.#held === 0 || this.#held + bytes <= this.#limit(small);
  }

  #admitted(small: boolean, bytes: number, signal: AbortSignal, onAdmitted: () => void): Promise<void> {
    if (signal.aborted) return Promise.reject(signal.reason);
    const ahead = [...this.#waiting].some((each) => each.small === small);
    if (!ahead && this.#fits(small, bytes)) {
      onAdmitted();
      return Promise.resolve();
    }
    if (this.#waiting.size >= this.#options.places) return Promise.reject(this.#busy());
    return new Promise((resolve, reject) => {
      const leave = () => {
        this.#waiting.delete(waiting);
        timer.cancel();
        signal.removeEventListener('abort', onAbort);
      };
      const waiting: Waiting = {
        small,
        bytes,
        admit() {
          leave();
          onAdmitted();
          resolve();
        },
      };
      const giveUp = (reason: unknown) => {
        leave();
        reject(reason);
        // It may have been what kept those behind it waiting.
        this.#admit();
      };
      const onAbort = () => giveUp(signal.reason);
      const timer = this.#options.clock.after(this.#options.waitMs, () => giveUp(this.#busy()));
      signal.addEventListener('abort', onAbort, { once: true });
      this.#waiting.add(waiting);
    });
  }

  /** In the order of arrival, each line by itself. */
  #admit(): void {
    for (const small of [true, false]) {
      for (const waiting of this.#waiting) {
        if (waiting.small !== small) continue;
        if (!this.#fits(small, waiting.bytes)) break;
        waiting.admit();
      }
    }
  }

  #busy(): HttpRefusal {
    const seconds = Math.max(1, Math.ceil(this.#options.waitMs / 1_000));
    return new HttpRefusal(
      'BUSY',
      'The server is reading as much from its callers as it has memory for. Try again in a moment.',
      { 'retry-after': String(seconds) },
    );
  }
}
