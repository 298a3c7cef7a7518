/** Answers with a text: chunk by chunk as server-sent events, or as one object. */
import type { JsonObject } from '../../domain/json.ts';
import type { Exchange } from '../../ollama-api/exchange.ts';
import { stringifyGo } from '../../ollama-api/go-json.ts';
import { EVENT_STREAM_HEADERS, sendWhole } from '../shared/answer-bytes.ts';
import type { AnswerForm, CompleteEnd } from '../shared/answer-with-job.ts';
import { GatheredForm } from '../shared/gathered-form.ts';
import { GatheredText, type TextShape } from '../shared/gathered-text.ts';
import type { Problem } from '../shared/problem.ts';
import { openaiError, sendProblem } from './errors.ts';
import type { TextAnswer } from './text-answer.ts';

export class StreamForm implements AnswerForm {
  readonly #exchange: Exchange;
  readonly #answer: TextAnswer;
  readonly #shape: TextShape;

  constructor(exchange: Exchange, answer: TextAnswer, shape: TextShape) {
    this.#exchange = exchange;
    this.#answer = answer;
    this.#shape = shape;
  }

  record(raw: JsonObject): boolean {
    this.#write(eventsOf(this.#answer.chunks(raw)));
    return true;
  }

  waiting(): void {
    this.#write(': waiting\n\n');
  }

  complete(end: CompleteEnd, last: JsonObject | null): void {
    this.end(last ?? new GatheredText(this.#shape).whole(end, null));
  }

  /** @param last the record that says how it ended */
  end(last: JsonObject): void {
    this.#write(`${eventsOf(this.#answer.lastChunks(last))}data: [DONE]\n\n`);
    this.#exchange.response.end();
  }

  fail(problem: Problem): void {
    const { response } = this.#exchange;
    if (!response.headersSent) {
      sendProblem(this.#exchange, problem);
      return;
    }
    this.#write(eventsOf([openaiError(problem).body]));
    response.end();
  }

  #write(text: string): void {
    const { response } = this.#exchange;
    if (!response.headersSent) response.writeHead(200, EVENT_STREAM_HEADERS);
    response.write(text);
  }
}

function eventsOf(values: readonly unknown[]): string {
  return values.map((value) => `data: ${stringifyGo(value)}\n\n`).join('');
}

/** One object. */
export class WholeForm extends GatheredForm {
  readonly #answer: Pick<TextAnswer, 'whole'>;

  constructor(exchange: Exchange, answer: Pick<TextAnswer, 'whole'>, shape: TextShape) {
    super(exchange, shape);
    this.#answer = answer;
  }

  end(whole: JsonObject): void {
    sendWhole(this.exchange, this.#answer.whole(whole));
  }

  fail(problem: Problem): void {
    failWhole(this.exchange, problem);
  }
}

/** With its status, as long as no space has been sent. */
export function failWhole(exchange: Exchange, problem: Problem): void {
  if (exchange.response.headersSent) sendWhole(exchange, openaiError(problem).body);
  else sendProblem(exchange, problem);
}
