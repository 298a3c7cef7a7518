/** The items of a response: what was thought, what was said, and which functions are to be called. */
import type { Json, JsonObject } from '../../../domain/json.ts';
import { stringifyGo } from '../../../ollama-api/go-json.ts';
import { isObject } from '../../shared/json-object.ts';

/** What one record of a chat says. */
export interface Said {
  readonly thinking: string;
  readonly content: string;
  readonly toolCalls: readonly CalledFunction[];
}

export interface CalledFunction {
  /** Undefined where the backend gave none. */
  readonly id: string | undefined;
  readonly name: string;
  /** JSON. */
  readonly arguments: string;
}

export function saidBy({ message }: JsonObject): Said {
  const { content, thinking, tool_calls: calls } = isObject(message) ? message : {};
  return {
    thinking: typeof thinking === 'string' ? thinking : '',
    content: typeof content === 'string' ? content : '',
    toolCalls: Array.isArray(calls) ? calls.map(calledBy) : [],
  };
}

function calledBy(call: unknown): CalledFunction {
  const { id, function: called } = isObject(call) ? call : {};
  const { name, arguments: given } = isObject(called) ? called : {};
  return {
    id: typeof id === 'string' && id !== '' ? id : undefined,
    name: typeof name === 'string' ? name : '',
    arguments: typeof given === 'string' ? given : stringifyGo(given ?? {}),
  };
}

/** Nothing is encrypted here; programs send it back so that the model sees what it thought. */
export function reasoningItem(id: string, text: string): JsonObject {
  return { id, type: 'reasoning', summary: [summaryText(text)], encrypted_content: text };
}

export function summaryText(text: string): JsonObject {
  return { type: 'summary_text', text };
}

export function messageItem(id: string, status: 'in_progress' | 'completed', text: string): JsonObject {
  return { id, type: 'message', status, role: 'assistant', content: [outputText(text)] };
}

export function outputText(text: string): JsonObject {
  return { type: 'output_text', text, annotations: [] as Json[], logprobs: [] as Json[] };
}

interface FunctionCall extends CalledFunction {
  readonly id: string;
  readonly call_id: string;
}

export function functionCall(
  { id, call_id, name, arguments: given }: FunctionCall,
  status: 'in_progress' | 'completed',
): JsonObject {
  return { id, type: 'function_call', status, call_id, name, arguments: given };
}
