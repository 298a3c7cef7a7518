/** The answer as one message. */
import type { Json, JsonObject } from '../../domain/json.ts';
import type { CompleteEnd } from '../shared/answer-with-job.ts';
import {
  type AnswerTerms,
  callBlock,
  type Ending,
  endingOf,
  type Said,
  type StopReason,
  saidBy,
  searchFailure,
  stopReasonOf,
} from './answer.ts';

/** Of a job that was made of a request of this API. */
export function toMessage(end: CompleteEnd, terms: AnswerTerms): JsonObject {
  return messageOf(saidBy(end), endingOf(end), terms);
}

export function messageOf(said: Said, ending: Ending, terms: AnswerTerms): JsonObject {
  const calls = said.toolCalls.map((call, index) => callBlock(call, index, terms));
  const content: readonly Json[] = [
    ...(said.thinking === '' ? [] : [thinkingBlock(said.thinking)]),
    ...(said.text === '' ? [] : [textBlock(said.text)]),
    ...calls.flatMap((call) => (call.type === 'server_tool_use' ? [call, searchFailure(call)] : [call])),
  ];
  return {
    ...emptyMessage(terms, ending.inputTokens),
    content,
    stop_reason: stopReasonOf(ending.doneReason, calls),
    usage: usageOf(ending),
  };
}

/** As a stream begins. */
export function emptyMessage({ id, model }: AnswerTerms, inputTokens: number) {
  return {
    id,
    type: 'message',
    role: 'assistant',
    model,
    content: [] as readonly Json[],
    stop_reason: null as StopReason | null,
    stop_sequence: null,
    usage: usageOf({ inputTokens, outputTokens: 0 }),
  };
}

export function usageOf({ inputTokens, outputTokens }: Pick<Ending, 'inputTokens' | 'outputTokens'>) {
  return { input_tokens: inputTokens, output_tokens: outputTokens };
}

/** Nothing here signs what was thought; programs expect the field. */
export function thinkingBlock(thinking: string): JsonObject {
  return { type: 'thinking', thinking, signature: '' };
}

export function textBlock(text: string): JsonObject {
  return { type: 'text', text };
}
