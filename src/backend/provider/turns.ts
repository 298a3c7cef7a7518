/** Whose turn it is to send a request to a provider: so many at once, so many in a minute, and none while it wants to be left alone. */
import type { Clock, Timer } from '../../clock.ts';

const MINUTE_MS = 60_000;

export interface TurnLimits {
  readonly concurrency: number;
  /** Null: any number. */
  readonly requestsPerMinute: number | null;
}

interface Waiting {
  begin(): void;
}

/** First come, first served. */
export class Turns {
  readonly #limits: TurnLimits;
  readonly #clock: Pick<Clock, 'monotonic' | 'after'>;
  readonly #waiting: Waiting[] = [];
  /** When each of the last requests of a minute began. */
  readonly #begun: number[] = [];
  #under = 0;
  #pausedUntil = Number.NEGATIVE_INFINITY;
  #timer: Timer | null = null;

  constructor(limits: TurnLimits, clock: Pick<Clock, 'monotonic' | 'after'>) {
    this.#limits = limits;
    this.#clock = clock;
  }

  /** Resolves, when it may be sent, with what is to be called when it is done. Rejects with the signal's reason. */
  async take(signal: AbortSignal): Promise<() => void> {
    signal.throwIfAborted();
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    const waiting: Waiting = { begin: resolve };
    const onAbort = () => {
      const place = this.#waiting.indexOf(waiting);
      // Its turn came in this same moment: who called ends it.
      if (place < 0) return;
      this.#waiting.splice(place, 1);
      reject(signal.reason);
    };
    signal.addEventListener('abort', onAbort, { once: true });
    this.#waiting.push(waiting);
    this.#admit();
    try {
      await promise;
    } finally {
      signal.removeEventListener('abort', onAbort);
    }
    let isOver = false;
    return () => {
      if (isOver) return;
      isOver = true;
      this.#under -= 1;
      this.#admit();
    };
  }

  /** Nothing is sent for so long. */
  pause(ms: number): void {
    this.#pausedUntil = Math.max(this.#pausedUntil, this.#clock.monotonic() + ms);
    this.#admit();
  }

  stop(): void {
    this.#timer?.cancel();
    this.#timer = null;
  }

  #admit(): void {
    this.stop();
    while (this.#waiting.length > 0 && this.#under < this.#limits.concurrency) {
      const now = this.#clock.monotonic();
      const waitMs = this.#nextAt(now) - now;
      if (waitMs > 0) {
        this.#timer = this.#clock.after(waitMs, () => this.#admit());
        return;
      }
      this.#under += 1;
      if (this.#limits.requestsPerMinute !== null) this.#begun.push(now);
      this.#waiting.shift()?.begin();
    }
  }

  /** When the next request may be sent, by the monotonic clock. */
  #nextAt(now: number): number {
    const { requestsPerMinute } = this.#limits;
    if (requestsPerMinute === null) return this.#pausedUntil;
    while ((this.#begun[0] ?? Number.POSITIVE_INFINITY) <= now - MINUTE_MS) this.#begun.shift();
    const first = this.#begun[this.#begun.length - requestsPerMinute];
    return Math.max(this.#pausedUntil, first === undefined ? Number.NEGATIVE_INFINITY : first + MINUTE_MS);
  }
}
