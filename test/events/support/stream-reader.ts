import { nextTurn } from '../../../src/clock.ts';
import { eventually } from '../../support/eventually.ts';

/** Takes values from a stream one by one, and tells when there is none yet instead of waiting for it. */
export class StreamReader<T> {
  readonly taken: T[] = [];
  done = false;
  readonly #stream: AsyncIterator<T, undefined>;
  #waiting = false;

  constructor(stream: AsyncIterator<T, undefined>) {
    this.#stream = stream;
  }

  /** Whether a value was taken. A request that found nothing stays open and takes the next value when it comes. */
  async take(): Promise<boolean> {
    const before = this.taken.length;
    if (!this.#waiting && !this.done) {
      this.#waiting = true;
      void this.#stream.next().then((result) => {
        this.#waiting = false;
        if (result.done) this.done = true;
        else this.taken.push(result.value);
      });
    }
    await nextTurn();
    return this.taken.length > before;
  }

  async drain(): Promise<readonly T[]> {
    const isDry = async () => !(await this.take()) && (this.#waiting || this.done);
    await eventually(isDry, Boolean, { step: () => {} });
    return this.taken;
  }

  async close(): Promise<void> {
    await this.#stream.return?.();
    await nextTurn();
  }
}
