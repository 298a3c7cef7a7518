/**
 * The answer as it comes: a response is created, then come its items one after the other, each with a beginning, pieces and an end, then the
 * whole of it once more. An item goes on as long as the model says more of its kind. Each event has the next number.
 */
import type { Clock } from '../../../clock.ts';
import type { JsonObject } from '../../../domain/json.ts';
import { createdAt } from '../text-answer.ts';
import {
  type CalledFunction,
  functionCall,
  messageItem,
  outputText,
  reasoningItem,
  saidBy,
  summaryText,
} from './items.ts';
import { type ResponseState, type ResponseTerms, responseObject, responseUsage } from './response.ts';
import { SearchAsked } from './search.ts';
import { WEB_SEARCH } from './tools.ts';

/** Its `type` is the name of the event, too. */
export interface ResponseEvent extends JsonObject {
  readonly type: string;
}

interface OpenItem {
  readonly kind: 'reasoning' | 'message';
  readonly id: string;
  text: string;
}

export interface ResponseFailure {
  readonly code: string;
  readonly message: string;
}

export class ResponseEvents {
  readonly #terms: ResponseTerms;
  readonly #clock: Pick<Clock, 'now'>;
  readonly #output: JsonObject[] = [];
  #events: ResponseEvent[] = [];
  #sequence = 0;
  #createdAt: number | null = null;
  #open: OpenItem | null = null;
  #calls = 0;
  #searches = false;

  constructor(terms: ResponseTerms, clock: Pick<Clock, 'now'>) {
    this.#terms = terms;
    this.#clock = clock;
  }

  /** None for what says nothing. */
  said(record: JsonObject): readonly ResponseEvent[] {
    this.#say(record);
    return this.#taken();
  }

  /** @throws ProblemError where the model asked for a search */
  ended(last: JsonObject): readonly ResponseEvent[] {
    this.#end(last);
    this.#begin(last);
    const response = this.#response({
      status: 'completed',
      completedAt: createdAt(last, this.#clock),
      usage: responseUsage(last),
    });
    this.#tell('response.completed', { response });
    return this.#taken();
  }

  /** All of it in one, of one record that says everything. @throws as `ended` */
  whole(record: JsonObject): JsonObject {
    this.#end(record);
    // Who asks for an answer gets a text, even where nothing was said.
    if (!this.#output.some(({ type }) => type !== 'reasoning'))
      this.#output.push(messageItem(this.#itemId('msg'), 'completed', ''));
    this.#createdAt = createdAt(record, this.#clock);
    return this.#response({
      status: 'completed',
      completedAt: this.#createdAt,
      usage: responseUsage(record),
    });
  }

  failed(error: ResponseFailure): readonly ResponseEvent[] {
    this.#begin({});
    this.#tell('response.failed', { response: this.#response({ status: 'failed', error }) });
    return this.#taken();
  }

  /** The number of an event that is none of the answer's own. */
  nextNumber(): number {
    const number = this.#sequence;
    this.#sequence += 1;
    return number;
  }

  #end(last: JsonObject): void {
    this.#say(last);
    this.#close();
    if (this.#searches) throw new SearchAsked();
  }

  #say(record: JsonObject): void {
    const { content, thinking, toolCalls } = saidBy(record);
    if (thinking !== '') this.#reason(record, thinking);
    if (content !== '') this.#speak(record, content);
    for (const call of toolCalls) this.#call(record, call);
  }

  #reason(record: JsonObject, delta: string): void {
    const item = this.#goOn(record, 'reasoning');
    item.text += delta;
    this.#tell('response.reasoning_summary_text.delta', { ...this.#summary(item), delta });
  }

  #speak(record: JsonObject, delta: string): void {
    const item = this.#goOn(record, 'message');
    item.text += delta;
    this.#tell('response.output_text.delta', { ...this.#part(item), delta, logprobs: [] });
  }

  #call(record: JsonObject, { id, name, arguments: given }: CalledFunction): void {
    if (this.#terms.searchesWeb && name === WEB_SEARCH) {
      this.#searches = true;
      return;
    }
    this.#begin(record);
    this.#close();
    const call_id = id ?? `call_${this.#own}_${this.#calls}`;
    this.#calls += 1;
    const called = { id: this.#itemId('fc'), call_id, name, arguments: given };
    const place = { item_id: called.id, output_index: this.#index };
    this.#added(functionCall({ ...called, arguments: '' }, 'in_progress'));
    this.#tell('response.function_call_arguments.delta', { ...place, delta: given });
    this.#tell('response.function_call_arguments.done', { ...place, arguments: given });
    this.#done(functionCall(called, 'completed'));
  }

  /** The open item, if it is of that kind, or else a new one. */
  #goOn(record: JsonObject, kind: OpenItem['kind']): OpenItem {
    this.#begin(record);
    if (this.#open?.kind === kind) return this.#open;
    this.#close();
    const id = this.#itemId(kind === 'message' ? 'msg' : 'rs');
    const item = { kind, id, text: '' };
    this.#open = item;
    switch (kind) {
      case 'reasoning':
        this.#added({ id, type: 'reasoning', summary: [] });
        this.#tell('response.reasoning_summary_part.added', {
          ...this.#summary(item),
          part: summaryText(''),
        });
        break;
      case 'message':
        this.#added({ ...messageItem(id, 'in_progress', ''), content: [] });
        this.#tell('response.content_part.added', { ...this.#part(item), part: outputText('') });
        break;
      default:
        kind satisfies never;
    }
    return item;
  }

  #close(): void {
    const item = this.#open;
    if (!item) return;
    this.#open = null;
    const { id, kind, text } = item;
    switch (kind) {
      case 'reasoning':
        this.#tell('response.reasoning_summary_text.done', { ...this.#summary(item), text });
        this.#tell('response.reasoning_summary_part.done', {
          ...this.#summary(item),
          part: summaryText(text),
        });
        this.#done(reasoningItem(id, text));
        break;
      case 'message':
        this.#tell('response.output_text.done', { ...this.#part(item), text, logprobs: [] });
        this.#tell('response.content_part.done', { ...this.#part(item), part: outputText(text) });
        this.#done(messageItem(id, 'completed', text));
        break;
      default:
        kind satisfies never;
    }
  }

  #begin(record: JsonObject): void {
    if (this.#createdAt !== null) return;
    this.#createdAt = createdAt(record, this.#clock);
    const response = this.#response({ status: 'in_progress' });
    this.#tell('response.created', { response });
    this.#tell('response.in_progress', { response });
  }

  #added(item: JsonObject): void {
    this.#tell('response.output_item.added', { output_index: this.#index, item });
  }

  #done(item: JsonObject): void {
    this.#tell('response.output_item.done', { output_index: this.#index, item });
    this.#output.push(item);
  }

  #response(state: Pick<ResponseState, 'status'> & Partial<ResponseState>): JsonObject {
    const none = { completedAt: null, usage: null, error: null };
    const output = [...this.#output];
    return responseObject(this.#terms, { ...none, output, createdAt: this.#createdAt ?? 0, ...state });
  }

  #part({ id }: OpenItem): JsonObject {
    return { item_id: id, output_index: this.#index, content_index: 0 };
  }

  #summary({ id }: OpenItem): JsonObject {
    return { item_id: id, output_index: this.#index, summary_index: 0 };
  }

  #tell(type: string, more: JsonObject): void {
    this.#events.push({ type, sequence_number: this.nextNumber(), ...more });
  }

  #taken(): readonly ResponseEvent[] {
    const events = this.#events;
    this.#events = [];
    return events;
  }

  /** Of the item that is open, or of the next one. */
  get #index(): number {
    return this.#output.length;
  }

  get #own(): string {
    return this.#terms.id.replace(/^resp_/, '');
  }

  #itemId(prefix: 'msg' | 'rs' | 'fc'): string {
    return `${prefix}_${this.#own}_${this.#index}`;
  }
}
