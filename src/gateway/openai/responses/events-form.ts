/** The answer to `/v1/responses` as a stream of events. */
import type { JsonObject } from '../../../domain/json.ts';
import type { Exchange } from '../../../ollama-api/exchange.ts';
import { stringifyGo } from '../../../ollama-api/go-json.ts';
import { EVENT_STREAM_HEADERS } from '../../shared/answer-bytes.ts';
import type { AnswerForm, CompleteEnd } from '../../shared/answer-with-job.ts';
import { GatheredText, type TextShape } from '../../shared/gathered-text.ts';
import type { Problem } from '../../shared/problem.ts';
import { openaiError, sendProblem } from '../errors.ts';
import type { ResponseEvent, ResponseEvents } from './response-events.ts';

export class EventsForm implements AnswerForm {
  readonly #exchange: Exchange;
  readonly #newEvents: () => ResponseEvents;
  readonly #shape: TextShape;
  #events: ResponseEvents;

  constructor(exchange: Exchange, newEvents: () => ResponseEvents, shape: TextShape) {
    this.#exchange = exchange;
    this.#newEvents = newEvents;
    this.#shape = shape;
    this.#events = newEvents();
  }

  begin(): void {
    this.#events = this.#newEvents();
  }

  record(raw: JsonObject): boolean {
    const events = this.#events.said(raw);
    this.#write(events);
    return events.length > 0;
  }

  waiting(): void {
    this.#send(': waiting\n\n');
  }

  complete(end: CompleteEnd, last: JsonObject | null): void {
    this.end(last ?? new GatheredText(this.#shape).whole(end, null));
  }

  /** @param last the record that says how it ended. @throws ProblemError where that is no answer */
  end(last: JsonObject): void {
    this.#write(this.#events.ended(last));
    this.#exchange.response.end();
  }

  /** Told twice, as some programs look for the response that failed, and others for an error. */
  fail(problem: Problem): void {
    const { response } = this.#exchange;
    if (!response.headersSent) {
      sendProblem(this.#exchange, problem);
      return;
    }
    const { error } = openaiError(problem).body;
    const { message, param, type } = error;
    const code = error.code ?? type;
    const failed = this.#events.failed({ code, message });
    const sequence_number = this.#events.nextNumber();
    this.#write([...failed, { type: 'error', sequence_number, code, message, param, error }]);
    response.end();
  }

  #write(events: readonly ResponseEvent[]): void {
    if (events.length === 0) return;
    this.#send(events.map((event) => `event: ${event.type}\ndata: ${stringifyGo(event)}\n\n`).join(''));
  }

  #send(text: string): void {
    const { response } = this.#exchange;
    if (!response.headersSent) response.writeHead(200, EVENT_STREAM_HEADERS);
    response.write(text);
  }
}
