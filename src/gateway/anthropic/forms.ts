/** Answers of `/v1/messages`: a stream of events, or one message. */
import type { JsonObject } from '../../domain/json.ts';
import type { Exchange } from '../../ollama-api/exchange.ts';
import { stringifyGo } from '../../ollama-api/go-json.ts';
import { EVENT_STREAM_HEADERS, sendSpace, sendWhole } from '../shared/answer-bytes.ts';
import type { AnswerForm, CompleteEnd } from '../shared/answer-with-job.ts';
import type { Problem } from '../shared/problem.ts';
import { type AnswerTerms, type Ending, endingOf, type Said, saidBy, saidIn } from './answer.ts';
import { apiError, errorBody, requestIdOf, sendProblem } from './errors.ts';
import { messageOf, toMessage } from './message.ts';
import { type MessageEvent, MessageEvents } from './message-events.ts';

/** An answer that no job gives, as well. */
export interface MessageForm extends AnswerForm {
  empty(ending: Ending): void;
}

export class EventsForm implements MessageForm {
  readonly #exchange: Exchange;
  readonly #begin: () => MessageEvents;
  #events: MessageEvents;

  /** @param estimatedTokens of the request */
  constructor(exchange: Exchange, terms: AnswerTerms, estimatedTokens: number) {
    this.#exchange = exchange;
    this.#begin = () => new MessageEvents(terms, estimatedTokens);
    this.#events = this.#begin();
  }

  begin(): void {
    this.#events = this.#begin();
  }

  record(raw: JsonObject): boolean {
    const events = this.#events.said(saidIn(raw));
    this.#write(events);
    return events.length > 0;
  }

  /** A message need not have begun. */
  waiting(): void {
    this.#write([{ type: 'ping' }]);
  }

  complete(end: CompleteEnd, last: JsonObject | null): void {
    this.#end(last ? saidIn(last) : saidBy(end), endingOf(end));
  }

  empty(ending: Ending): void {
    this.#end(NOTHING, ending);
  }

  fail(problem: Problem): void {
    const { response } = this.#exchange;
    if (!response.headersSent) {
      sendProblem(this.#exchange, problem);
      return;
    }
    this.#write([errorBody(apiError(problem), requestIdOf(response)) as MessageEvent]);
    response.end();
  }

  #end(said: Said, ending: Ending): void {
    this.#write([...this.#events.said(said), ...this.#events.ended(ending)]);
    this.#exchange.response.end();
  }

  #write(events: readonly MessageEvent[]): void {
    const { response } = this.#exchange;
    if (events.length === 0 || response.destroyed) return;
    if (!response.headersSent) response.writeHead(200, EVENT_STREAM_HEADERS);
    response.write(events.map((event) => `event: ${event.type}\ndata: ${stringifyGo(event)}\n\n`).join(''));
  }
}

const NOTHING: Said = { thinking: '', text: '', toolCalls: [] };

/** One object. While it is waited for it begins with spaces, which no reader of JSON minds. */
export class WholeForm implements MessageForm {
  readonly #exchange: Exchange;
  readonly #terms: AnswerTerms;

  constructor(exchange: Exchange, terms: AnswerTerms) {
    this.#exchange = exchange;
    this.#terms = terms;
  }

  record(): boolean {
    return false;
  }

  waiting(): void {
    sendSpace(this.#exchange);
  }

  complete(end: CompleteEnd): void {
    sendWhole(this.#exchange, toMessage(end, this.#terms));
  }

  empty(ending: Ending): void {
    sendWhole(this.#exchange, messageOf(NOTHING, ending, this.#terms));
  }

  fail(problem: Problem): void {
    const { response } = this.#exchange;
    if (response.headersSent) sendWhole(this.#exchange, errorBody(apiError(problem), requestIdOf(response)));
    else sendProblem(this.#exchange, problem);
  }
}
