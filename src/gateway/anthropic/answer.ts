/** What a model said and why it stopped, in Anthropic's words. */
import type { JsonObject } from '../../domain/json.ts';
import type { CompleteEnd } from '../shared/answer-with-job.ts';
import { isObject } from '../shared/json-object.ts';
import { WEB_SEARCH } from './tools.ts';

/** Of a record of Ollama's, or of all of them together. */
export interface Said {
  readonly thinking: string;
  readonly text: string;
  readonly toolCalls: readonly unknown[];
}

export type StopReason = 'end_turn' | 'max_tokens' | 'stop_sequence' | 'tool_use';

export interface Ending {
  readonly doneReason: string;
  readonly inputTokens: number;
  readonly outputTokens: number;
}

/** What of an answer its request decides. */
export interface AnswerTerms {
  /** Of the message. The ids of calls that have none are made of it. */
  readonly id: string;
  /** As the caller calls it. */
  readonly model: string;
  /** The model was offered a search that Anthropic's servers would make. */
  readonly searchesWeb: boolean;
}

export function saidIn({ message }: JsonObject): Said {
  const { thinking, content, tool_calls: calls } = isObject(message) ? message : {};
  return {
    thinking: typeof thinking === 'string' ? thinking : '',
    text: typeof content === 'string' ? content : '',
    toolCalls: Array.isArray(calls) ? calls : [],
  };
}

export function saidBy({ texts, result }: CompleteEnd): Said {
  const calls = result.kind === 'text' ? result.toolCalls : null;
  return { thinking: texts.THINKING, text: texts.TEXT, toolCalls: Array.isArray(calls) ? calls : [] };
}

export function endingOf({ result: { raw, usage, ...result } }: CompleteEnd): Ending {
  const known = result.kind === 'text' && result.doneReason === 'LENGTH' ? 'length' : 'stop';
  return {
    doneReason: typeof raw.done_reason === 'string' ? raw.done_reason : known,
    inputTokens: usage.promptTokens,
    outputTokens: usage.completionTokens,
  };
}

/** A text that ended with one of the request's stop sequences is told as its end: Ollama says "stop" of both. */
export function stopReasonOf(doneReason: string, calls: readonly CallBlock[]): StopReason {
  if (calls.some(({ type }) => type === 'tool_use')) return 'tool_use';
  switch (doneReason) {
    case 'length':
      return 'max_tokens';
    case 'stop':
    case 'load':
    case 'unload':
      return 'end_turn';
    default:
      return 'stop_sequence';
  }
}

export interface CallBlock extends JsonObject {
  readonly type: 'tool_use' | 'server_tool_use';
  readonly id: string;
  readonly name: string;
  readonly input: JsonObject;
}

/** @param index of the call among all of the answer */
export function callBlock(call: unknown, index: number, terms: AnswerTerms): CallBlock {
  const { id, function: called } = isObject(call) ? call : {};
  const { name, arguments: input } = isObject(called) ? called : {};
  const isSearch = terms.searchesWeb && name === WEB_SEARCH;
  const own = terms.id.replace(/^msg_/, '');
  return {
    type: isSearch ? 'server_tool_use' : 'tool_use',
    id: isSearch
      ? `srvtoolu_${own}_${index}`
      : typeof id === 'string' && id !== ''
        ? id
        : `toolu_${own}_${index}`,
    name: String(name ?? ''),
    input: isObject(input) ? (input as JsonObject) : {},
  };
}

/** Nothing searches the web here, and the model's call for it cannot be the caller's to answer. */
export function searchFailure({ id }: CallBlock): JsonObject {
  return {
    type: 'web_search_tool_result',
    tool_use_id: id,
    content: { type: 'web_search_tool_result_error', error_code: 'unavailable' },
  };
}
