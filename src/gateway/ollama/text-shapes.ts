/** The records of `/api/generate` and `/api/chat`, with their fields in Ollama's order. Go leaves out what is empty. */
import type { Clock } from '../../clock.ts';
import type { Json, JsonObject } from '../../domain/json.ts';
import { goTime } from '../../ollama-api/go-json.ts';
import type { TextShape } from '../shared/gathered-text.ts';

export function generateShape(model: string, clock: Pick<Clock, 'now'>): TextShape {
  return {
    named: (record) => named(record, model),
    record: ({ content, thinking }) => ({
      model,
      created_at: goTime(clock.now()),
      response: content,
      ...(thinking && { thinking }),
      done: false,
    }),
    contentOf: ({ response }) => text(response),
    thinkingOf: ({ thinking }) => text(thinking),
    toolCallsOf: ({ tool_calls: calls }) => list(calls),
    whole: ({ model: _, created_at, ...last }, { content, thinking, toolCalls, logprobs }) => ({
      model,
      created_at,
      response: content,
      ...(thinking && { thinking }),
      ...without(last, 'response', 'thinking'),
      ...(toolCalls.length > 0 && { tool_calls: toolCalls as readonly Json[] }),
      ...(logprobs.length > 0 && { logprobs: logprobs as readonly Json[] }),
    }),
  };
}

export function chatShape(model: string, clock: Pick<Clock, 'now'>): TextShape {
  return {
    named: (record) => named(record, model),
    record: ({ content, thinking }) => ({
      model,
      created_at: goTime(clock.now()),
      message: { role: 'assistant', content, ...(thinking && { thinking }) },
      done: false,
    }),
    contentOf: (record) => text(messageOf(record).content),
    thinkingOf: (record) => text(messageOf(record).thinking),
    toolCallsOf: (record) => list(messageOf(record).tool_calls),
    whole: (last, { content, thinking, toolCalls, logprobs }) => ({
      ...last,
      model,
      message: {
        ...messageOf(last),
        content,
        ...(thinking && { thinking }),
        ...(toolCalls.length > 0 && { tool_calls: toolCalls as readonly Json[] }),
      },
      ...(logprobs.length > 0 && { logprobs: logprobs as readonly Json[] }),
    }),
  };
}

function without(record: JsonObject, ...names: readonly string[]): JsonObject {
  return Object.fromEntries(Object.entries(record).filter(([name]) => !names.includes(name)));
}

/** A model is called in an answer as it was in the request. */
export function named(record: JsonObject, model: string): JsonObject {
  return record.model === model ? record : { ...record, model };
}

function messageOf({ message }: JsonObject): JsonObject {
  return typeof message === 'object' && message !== null && !Array.isArray(message)
    ? (message as JsonObject)
    : {};
}

function text(value: Json | undefined): string {
  return typeof value === 'string' ? value : '';
}

function list(value: Json | undefined): readonly Json[] {
  return Array.isArray(value) ? value : [];
}
