/**
 * A state that is worked out once for all who follow it, and only while somebody waits for it. There is no backlog: what a reader takes is the
 * newest. It is worked out anew when something has happened since, at most once per interval; and now and then although nothing has, as it
 * may say how long something lasts.
 */
import type { Clock } from '../clock.ts';
import type { EventLog } from './event-log.ts';
import { readerTurns } from './turns.ts';

/** So old it is worked out anew although nothing has happened. */
export const REFRESH_MS = 5_000;
/** So many times what its making took lie at least between two: one that looks at very many jobs takes no more than a fifth of a thread. */
const RESTS = 4;

export interface SharedStateOptions<T> {
  readonly log: EventLog;
  readonly clock: Clock;
  /** At least this long between two states. */
  readonly minIntervalMs: number;
  /** The state as it is now. */
  readonly make: () => T | Promise<T>;
}

export class SharedState<T extends object> {
  readonly #options: SharedStateOptions<T>;
  #value: T | null = null;
  /** Why the newest could not be made; null when it could. */
  #failure: { readonly error: unknown } | null = null;
  /** When the making of the newest began, of the clock's monotonic time, and the newest entry of the log then. */
  #madeAt = Number.NEGATIVE_INFINITY;
  #seen = -1;
  /** What the making of the newest took, in milliseconds. */
  #tookMs = 0;
  #isMaking = false;
  readonly #waiting = new Set<() => void>();
  /** Takes back what the state waits for. */
  #unset: (() => void) | null = null;

  constructor(options: SharedStateOptions<T>) {
    this.#options = options;
  }

  /** Null before the first. */
  get value(): T | null {
    return this.#value;
  }

  get failure(): { readonly error: unknown } | null {
    return this.#failure;
  }

  /** Whether a newer one is made at once for who waits. */
  get isOutdated(): boolean {
    return this.#dueInMs() <= 0;
  }

  /** Calls `wake` once, when a newer state is there, when none could be made, or when the log ends. Answers how to take that back. */
  onNext(wake: () => void): () => void {
    this.#waiting.add(wake);
    this.#schedule();
    return () => {
      this.#waiting.delete(wake);
      if (this.#waiting.size === 0) this.#rest();
    };
  }

  get #hasNews(): boolean {
    return this.#options.log.newest !== this.#seen;
  }

  #dueInMs(): number {
    const { clock, minIntervalMs } = this.#options;
    const leastMs = Math.max(minIntervalMs, this.#tookMs * (RESTS + 1));
    const restMs = this.#hasNews ? leastMs : Math.max(leastMs, REFRESH_MS);
    return this.#madeAt + restMs - clock.monotonic();
  }

  #schedule(): void {
    const { clock, log } = this.#options;
    if (this.#isMaking || this.#unset || this.#waiting.size === 0) return;
    if (log.ended) {
      this.#wakeAll();
      return;
    }
    const dueInMs = this.#dueInMs();
    if (dueInMs <= 0) {
      this.#isMaking = true;
      // Not here: whoever publishes goes on before readers do.
      readerTurns.take(() => void this.#make());
      return;
    }
    const again = () => {
      this.#rest();
      this.#schedule();
    };
    const timer = clock.after(dueInMs, again);
    const forget = this.#hasNews ? log.onEnd(again) : log.onNext(null, again);
    this.#unset = () => {
      timer.cancel();
      forget();
    };
  }

  #rest(): void {
    this.#unset?.();
    this.#unset = null;
  }

  async #make(): Promise<void> {
    const { clock, log, make } = this.#options;
    // Taken before: what happens meanwhile makes it outdated.
    this.#seen = log.newest;
    this.#madeAt = clock.monotonic();
    try {
      this.#value = await make();
      this.#failure = null;
    } catch (error) {
      this.#failure = { error };
    }
    this.#tookMs = clock.monotonic() - this.#madeAt;
    this.#isMaking = false;
    this.#wakeAll();
  }

  #wakeAll(): void {
    const woken = [...this.#waiting];
    this.#waiting.clear();
    for (const wake of woken) wake();
  }
}
