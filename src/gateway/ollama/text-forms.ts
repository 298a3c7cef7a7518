/** Answers of `/api/generate` and `/api/chat`: record by record as the backend gave them, or as one. */
import type { JsonObject } from '../../domain/json.ts';
import { append } from '../../domain/long-lists.ts';
import { type Exchange, JSON_TYPE, ObjectStream } from '../../ollama-api/exchange.ts';
import { stringifyGo } from '../../ollama-api/go-json.ts';
import type { AnswerForm, CompleteEnd } from '../shared/answer-with-job.ts';
import type { Problem } from '../shared/problem.ts';
import { ollamaError, sendProblem, tellHeaders } from './errors.ts';

/** What differs between the two. */
export interface TextShape {
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

export class StreamForm implements AnswerForm {
  readonly #exchange: Exchange;
  readonly #shape: TextShape;
  readonly #stream: ObjectStream;

  constructor(exchange: Exchange, shape: TextShape) {
    this.#exchange = exchange;
    this.#shape = shape;
    this.#stream = new ObjectStream(exchange);
  }

  record(raw: JsonObject): boolean {
    this.#stream.write(raw);
    return true;
  }

  waiting(): void {
    this.#stream.write(this.#shape.record({ content: '', thinking: '' }));
  }

  complete({ result, texts }: CompleteEnd, last: JsonObject | null): void {
    if (!last) this.#stream.write(this.#shape.record({ content: texts.TEXT, thinking: texts.THINKING }));
    this.#stream.write(last ?? result.raw);
    this.#stream.end();
  }

  fail(problem: Problem): void {
    tellHeaders(this.#exchange, problem);
    this.#stream.fail(ollamaError(problem));
  }
}

/** One object. While it is waited for it begins with spaces, which no reader of JSON minds. */
export class WholeForm implements AnswerForm {
  readonly #exchange: Exchange;
  readonly #shape: TextShape;
  #content: string[] = [];
  #thinking: string[] = [];
  #toolCalls: unknown[] = [];
  #logprobs: unknown[] = [];

  constructor(exchange: Exchange, shape: TextShape) {
    this.#exchange = exchange;
    this.#shape = shape;
  }

  begin(): void {
    this.#content = [];
    this.#thinking = [];
    this.#toolCalls = [];
    this.#logprobs = [];
  }

  record(raw: JsonObject): boolean {
    this.#content.push(this.#shape.contentOf(raw));
    this.#thinking.push(this.#shape.thinkingOf(raw));
    append(this.#toolCalls, this.#shape.toolCallsOf(raw));
    if (Array.isArray(raw.logprobs)) append(this.#logprobs, raw.logprobs);
    return false;
  }

  waiting(): void {
    const { response } = this.#exchange;
    if (!response.headersSent) response.writeHead(200, { 'Content-Type': JSON_TYPE });
    response.write(' ');
  }

  complete({ result, texts }: CompleteEnd, last: JsonObject | null): void {
    if (last) this.record(last);
    const toolCalls = result.kind === 'text' && Array.isArray(result.toolCalls) ? result.toolCalls : [];
    const said = last
      ? {
          content: this.#content.join(''),
          thinking: this.#thinking.join(''),
          toolCalls: this.#toolCalls,
          logprobs: this.#logprobs,
        }
      : { content: texts.TEXT, thinking: texts.THINKING, toolCalls, logprobs: [] };
    this.#end(200, this.#shape.whole(last ?? result.raw, said));
  }

  fail(problem: Problem): void {
    if (this.#exchange.response.headersSent) this.#end(200, { error: ollamaError(problem).message });
    else sendProblem(this.#exchange, problem);
  }

  #end(status: number, value: JsonObject): void {
    const { response } = this.#exchange;
    if (!response.headersSent) response.writeHead(status, { 'Content-Type': JSON_TYPE });
    response.end(stringifyGo(value));
  }
}
