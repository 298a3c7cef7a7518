/**
 * Sends the answers of one subscription over a WebSocket. To the protocol's core it is a stream without values that lasts as
 * long as the subscription: the core begins, ends and completes it, and the messages between come from here, since the core
 * would write each answer down again for each reader.
 */
import { MessageType } from 'graphql-ws';
import { readerTurns } from '../../events/turns.ts';
import type { AnswerStream } from './answer-stream.ts';
import type { SocketFlow } from './socket-flow.ts';

/** Sent together when they are there already: one system call instead of many. */
const MOST_AT_ONCE = 16;

export class SocketDelivery implements AsyncIterableIterator<never, undefined> {
  readonly #answers: AnswerStream;
  readonly #flow: SocketFlow;
  readonly #head: string;

  /** @param id of the operation, the client's. */
  constructor(id: string, answers: AnswerStream, flow: SocketFlow) {
    this.#answers = answers;
    this.#flow = flow;
    this.#head = `{"id":${JSON.stringify(id)},"type":"${MessageType.Next}","payload":`;
  }

  async next(): Promise<IteratorResult<never, undefined>> {
    for (let step = await this.#answers.next(); !step.done; step = await this.#answers.next()) {
      await this.#send(step.value.stringify());
      for (let more = 1; more < MOST_AT_ONCE; more += 1) {
        const made = this.#answers.poll();
        if (made === undefined) break;
        if (typeof made !== 'string') {
          const answer = await made;
          // Many may have waited for the same answer.
          await readerTurns.next();
          await this.#send(answer);
          break;
        }
        const full = this.#send(made);
        if (full) await full;
      }
    }
    return { done: true, value: undefined };
  }

  async return(): Promise<IteratorResult<never, undefined>> {
    await this.#answers.return();
    return { done: true, value: undefined };
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  #send(answer: string): Promise<void> | null {
    return this.#flow.write(`${this.#head}${answer}}`);
  }
}
