/**
 * The answer as a stream of events: a message begins, then come its blocks, one after the other, each with a beginning, pieces and an end; then
 * why it stopped. A block goes on as long as the model says more of its kind.
 */
import type { JsonObject } from '../../domain/json.ts';
import { stringifyGo } from '../../ollama-api/go-json.ts';
import {
  type AnswerTerms,
  type CallBlock,
  callBlock,
  type Ending,
  type Said,
  searchFailure,
  stopReasonOf,
} from './answer.ts';
import { emptyMessage, textBlock, thinkingBlock, usageOf } from './message.ts';

/** Its `type` is the name of the event, too. */
export interface MessageEvent extends JsonObject {
  readonly type: string;
}

type OpenBlock = 'thinking' | 'text';

export class MessageEvents {
  readonly #terms: AnswerTerms;
  readonly #estimatedTokens: number;
  readonly #calls: CallBlock[] = [];
  #events: MessageEvent[] = [];
  #hasBegun = false;
  #open: OpenBlock | null = null;
  /** Of the open block, or of the next one. */
  #index = 0;

  /** @param estimatedTokens of the request, which nobody has counted when the message begins */
  constructor(terms: AnswerTerms, estimatedTokens: number) {
    this.#terms = terms;
    this.#estimatedTokens = estimatedTokens;
  }

  /** None for what says nothing. */
  said({ thinking, text, toolCalls }: Said): readonly MessageEvent[] {
    if (thinking !== '') this.#piece('thinking', { type: 'thinking_delta', thinking });
    if (text !== '') this.#piece('text', { type: 'text_delta', text });
    for (const call of toolCalls) this.#call(callBlock(call, this.#calls.length, this.#terms));
    return this.#taken();
  }

  ended(ending: Ending): readonly MessageEvent[] {
    this.#begin();
    this.#close();
    const stop_reason = stopReasonOf(ending.doneReason, this.#calls);
    const delta = { stop_reason, stop_sequence: null };
    this.#events.push({ type: 'message_delta', delta, usage: usageOf(ending) }, { type: 'message_stop' });
    return this.#taken();
  }

  #piece(kind: OpenBlock, delta: JsonObject): void {
    if (this.#open !== kind) {
      this.#close();
      this.#start(kind === 'text' ? textBlock('') : thinkingBlock(''));
      this.#open = kind;
    }
    this.#events.push({ type: 'content_block_delta', index: this.#index, delta });
  }

  #call(call: CallBlock): void {
    this.#calls.push(call);
    this.#close();
    if (call.type === 'server_tool_use') {
      this.#whole(call);
      this.#whole(searchFailure(call));
      return;
    }
    this.#start({ ...call, input: {} });
    const delta = { type: 'input_json_delta', partial_json: stringifyGo(call.input) };
    this.#events.push({ type: 'content_block_delta', index: this.#index, delta });
    this.#stop();
  }

  #whole(block: JsonObject): void {
    this.#start(block);
    this.#stop();
  }

  #start(block: JsonObject): void {
    this.#begin();
    this.#events.push({ type: 'content_block_start', index: this.#index, content_block: block });
  }

  #stop(): void {
    this.#events.push({ type: 'content_block_stop', index: this.#index });
    this.#index += 1;
  }

  #close(): void {
    if (this.#open) this.#stop();
    this.#open = null;
  }

  #begin(): void {
    if (this.#hasBegun) return;
    this.#hasBegun = true;
    this.#events.push({ type: 'message_start', message: emptyMessage(this.#terms, this.#estimatedTokens) });
  }

  #taken(): readonly MessageEvent[] {
    const events = this.#events;
    this.#events = [];
    return events;
  }
}
