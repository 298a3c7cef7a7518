/** What a job said, record by record, as one record. */
import type { JsonObject } from '../../domain/json.ts';
import { append } from '../../domain/long-lists.ts';
import type { CompleteEnd } from './answer-with-job.ts';

/** What differs between the records of a generation and of a chat. */
export interface TextShape {
  /** The record with the model's name as the request has it. */
  named(record: JsonObject): JsonObject;
  /** A record that says nothing, or this. */
  record(said: { readonly content: string; readonly thinking: string }): JsonObject;
  contentOf(record: JsonObject): string;
  thinkingOf(record: JsonObject): string;
  toolCallsOf(record: JsonObject): readonly unknown[];
  /** The last record with all that was said before it. */
  whole(last: JsonObject, said: Said): JsonObject;
}

interface Said {
  readonly content: string;
  readonly thinking: string;
  readonly toolCalls: readonly unknown[];
  readonly logprobs: readonly unknown[];
}

export class GatheredText {
  readonly #shape: TextShape;
  #content: string[] = [];
  #thinking: string[] = [];
  #toolCalls: unknown[] = [];
  #logprobs: unknown[] = [];

  constructor(shape: TextShape) {
    this.#shape = shape;
  }

  /** What was gathered of an earlier run is void. */
  begin(): void {
    this.#content = [];
    this.#thinking = [];
    this.#toolCalls = [];
    this.#logprobs = [];
  }

  add(raw: JsonObject): void {
    this.#content.push(this.#shape.contentOf(raw));
    this.#thinking.push(this.#shape.thinkingOf(raw));
    append(this.#toolCalls, this.#shape.toolCallsOf(raw));
    if (Array.isArray(raw.logprobs)) append(this.#logprobs, raw.logprobs);
  }

  /** @param last null where no record was heard: then what was stored of the job is told */
  whole({ result, texts }: CompleteEnd, last: JsonObject | null): JsonObject {
    if (!last) {
      const toolCalls = result.kind === 'text' && Array.isArray(result.toolCalls) ? result.toolCalls : [];
      const said = { content: texts.TEXT, thinking: texts.THINKING, toolCalls, logprobs: [] };
      return this.#shape.whole(result.raw, said);
    }
    this.add(last);
    return this.#shape.whole(last, {
      content: this.#content.join(''),
      thinking: this.#thinking.join(''),
      toolCalls: this.#toolCalls,
      logprobs: this.#logprobs,
    });
  }
}
