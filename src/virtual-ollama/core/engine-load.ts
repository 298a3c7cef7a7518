import type { Clock, Timer } from '../../clock.ts';
import { RequestCanceledError } from '../../ollama-api/errors.ts';
import type { Pace } from './pace.ts';

export type LoadResult = { readonly kind: 'ready' } | { readonly kind: 'failed'; readonly error: Error };

/**
 * The wait for a starting engine. Ollama looks every quarter of a second, so that whatever happens is noticed at the next such time:
 * that the engine is ready, that it died, and that nobody wants it any more.
 */
export class EngineLoad {
  readonly #clock: Clock;
  readonly #pace: Pace;
  readonly #startMs: number;
  #done: ((result: LoadResult) => void) | undefined;
  #timer: Timer | undefined;

  constructor(clock: Clock, pace: Pace, done: (result: LoadResult) => void) {
    this.#clock = clock;
    this.#pace = pace;
    this.#startMs = clock.monotonic();
    this.#done = done;
  }

  get isOver(): boolean {
    return this.#done === undefined;
  }

  /** The load ends this long after its start, well or with `error`; a later call replaces an earlier one. */
  endAfter(afterMs: number, error: Error | undefined): void {
    const { loadPollMs } = this.#pace;
    this.#timer?.cancel();
    const seenMs = Math.ceil(afterMs / loadPollMs) * loadPollMs;
    const delayMs = Math.max(0, this.#startMs + seenMs - this.#clock.monotonic());
    this.#timer = this.#clock.after(delayMs, () => {
      const done = this.#done;
      this.drop();
      done?.(error ? { kind: 'failed', error } : { kind: 'ready' });
    });
  }

  /** The client for which it is loaded went away: the load is lost, at the next look. */
  abandon(): void {
    this.fail(new RequestCanceledError());
  }

  /** It is over, at the next look. */
  fail(error: Error): void {
    if (this.#done) this.endAfter(this.#clock.monotonic() - this.#startMs, error);
  }

  /** The engine was ended from outside: nothing is told. */
  drop(): void {
    this.#done = undefined;
    this.#timer?.cancel();
    this.#timer = undefined;
  }
}
