/** The answers of one subscription, as text. */
import { DemandStream } from '../../events/demand-stream.ts';
import { readerTurns } from '../../events/turns.ts';
import type { AnswerText, Selection } from './shared-answers.ts';

/** In the shape of an execution result that writes itself down, which is what the HTTP transport sends as it is. */
export interface Answer {
  stringify(): string;
}

export class AnswerStream implements AsyncIterableIterator<Answer, undefined> {
  readonly #source: AsyncIterator<unknown>;
  readonly #selection: Selection;
  readonly #left: () => void;
  #ended = false;

  /** @param left called once, when nobody follows it any more. */
  constructor(source: AsyncIterable<unknown>, selection: Selection, left: (stream: AnswerStream) => void) {
    this.#source = source[Symbol.asyncIterator]();
    this.#selection = selection;
    this.#left = () => left(this);
  }

  /** Whether all that has happened was answered and taken, and its reader waits for more. */
  get isCaughtUp(): boolean {
    return this.#ended || (this.#source instanceof DemandStream && this.#source.isCaughtUp);
  }

  /** One event at the reader's turn, so that nobody is kept waiting by the many that may be there. */
  async next(): Promise<IteratorResult<Answer, undefined>> {
    try {
      const { value, done } = await this.#source.next();
      if (done) return this.#end();
      const made = this.#selection.answer(value);
      const text = typeof made === 'string' ? made : await made;
      await readerTurns.next();
      return this.#ended ? this.#end() : { done: false, value: { stringify: () => text } };
    } catch (error) {
      this.#end();
      throw error;
    }
  }

  /** The next answer if its event is there already. */
  poll(): AnswerText | undefined {
    const event: unknown = this.#source instanceof DemandStream ? this.#source.poll() : undefined;
    return event === undefined ? undefined : this.#selection.answer(event);
  }

  async return(): Promise<IteratorResult<Answer, undefined>> {
    this.#end();
    await this.#source.return?.();
    return { done: true, value: undefined };
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  #end(): IteratorResult<Answer, undefined> {
    if (!this.#ended) {
      this.#ended = true;
      this.#selection.leave();
      this.#left();
    }
    return { done: true, value: undefined };
  }
}
