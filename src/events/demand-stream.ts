/** A stream that makes its next element when a reader asks for it. */
import { readerTurns } from './turns.ts';

/**
 * The base of every event stream. An `async function*` would leak on disconnect: its `return()` waits for a pending
 * `next()`, which may wait forever. Here `return()` settles whatever is pending and ends what the stream waits on.
 */

/** Registers a wake-up and answers how to take it back; `wake` may be called more than once. */
export type WaitOn = (wake: () => void) => () => void;

interface Pending<T> {
  readonly resolve: (result: IteratorResult<T, undefined>) => void;
  readonly reject: (error: unknown) => void;
}

export abstract class DemandStream<T> implements AsyncIterableIterator<T, undefined> {
  readonly #pending: Pending<T>[] = [];
  #producing = false;
  #ended = false;
  #interrupt: (() => void) | null = null;
  #sleeping = false;

  /** The next value, or undefined when the stream is complete. Never called while an earlier call is under way. */
  protected abstract produce(): Promise<T | undefined>;

  /** What can be had at once, for a reader that takes many; undefined when it has to be waited for. */
  protected ready(): T | undefined {
    return undefined;
  }

  /** The next value if it is there already. Undefined says nothing about what is to come: `next` does. */
  poll(): T | undefined {
    return this.#producing || this.#ended ? undefined : this.ready();
  }

  /** Whether all that has happened was taken, and the reader waits for more. */
  get isCaughtUp(): boolean {
    return this.#sleeping || this.#ended;
  }

  /** True after the reader left: what is being produced should give up. */
  protected get ended(): boolean {
    return this.#ended;
  }

  /** Waits for one wake-up, and then for the reader's turn; or for the reader to leave. */
  protected waitOn(register: WaitOn): Promise<void> {
    if (this.#ended) return Promise.resolve();
    return new Promise((resolve) => {
      let unregister: (() => void) | null = null;
      const forget = () => {
        this.#sleeping = false;
        unregister?.();
        unregister = null;
      };
      this.#interrupt = () => {
        forget();
        resolve();
      };
      this.#sleeping = true;
      unregister = register(() => {
        forget();
        readerTurns.take(resolve);
      });
    });
  }

  next(): Promise<IteratorResult<T, undefined>> {
    if (this.#ended) return Promise.resolve({ done: true, value: undefined });
    return new Promise((resolve, reject) => {
      this.#pending.push({ resolve, reject });
      if (!this.#producing) void this.#serve();
    });
  }

  return(): Promise<IteratorResult<T, undefined>> {
    this.#end();
    return Promise.resolve({ done: true, value: undefined });
  }

  throw(error: unknown): Promise<IteratorResult<T, undefined>> {
    this.#end();
    return Promise.reject(error);
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.return();
  }

  async #serve(): Promise<void> {
    this.#producing = true;
    while (this.#pending.length > 0) {
      try {
        const value = await this.produce();
        // A reader that left meanwhile has had its answer.
        if (value === undefined) this.#end();
        else this.#pending.shift()?.resolve({ done: false, value });
      } catch (error) {
        this.#pending.shift()?.reject(error);
        this.#end();
      }
    }
    this.#producing = false;
  }

  /** Called once, when the reader has left or the stream is complete. */
  protected left(): void {}

  #end(): void {
    if (!this.#ended) this.left();
    this.#ended = true;
    this.#interrupt?.();
    for (const pending of this.#pending.splice(0)) pending.resolve({ done: true, value: undefined });
  }
}
