/** Answers of `/v1/chat/completions`. */
import type { Json, JsonObject } from '../../domain/json.ts';
import { stringifyGo } from '../../ollama-api/go-json.ts';
import {
  type AnswerOptions,
  createdAt,
  doneReason,
  FINGERPRINT,
  type TextAnswer,
  usageOf,
} from './text-answer.ts';

/** What one record says. */
interface Said {
  readonly content: string;
  readonly thinking: string;
  readonly toolCalls: readonly Json[];
  readonly logprobs: readonly Json[];
}

export class ChatAnswer implements TextAnswer {
  readonly #options: AnswerOptions;
  /** The same in every chunk. */
  #created: number | null = null;
  #hasBegun = false;
  /** Calls of tools so far: each is sent whole, and they are numbered through. */
  #calls = 0;

  constructor(options: AnswerOptions) {
    this.#options = options;
  }

  chunks(record: JsonObject): readonly JsonObject[] {
    return this.#deltas(saidBy(record)).map((choice) => this.#chunk(record, [choice]));
  }

  lastChunks(last: JsonObject): readonly JsonObject[] {
    const said = saidBy(last);
    // After others a record without content is only the end.
    const content = this.#hasBegun && isSilent(said) ? [] : this.chunks(last);
    const reason = doneReason(last) ?? 'stop';
    const finish_reason = reason === 'stop' && this.#calls > 0 ? 'tool_calls' : reason;
    const end = this.#chunk(last, [{ index: 0, delta: {}, finish_reason }]);
    const usage = { ...this.#chunk(last, []), usage: usageOf(last) };
    return [...content, end, ...(this.#options.includeUsage ? [usage] : [])];
  }

  whole(record: JsonObject): JsonObject {
    const { content, thinking, toolCalls, logprobs } = saidBy(record);
    const reason = doneReason(record);
    const isRendered = record._debug_info !== undefined;
    return {
      id: this.#options.id,
      object: 'chat.completion',
      created: createdAt(record, this.#options.clock),
      model: this.#options.model,
      system_fingerprint: FINGERPRINT,
      choices: [
        {
          index: 0,
          message: {
            role: isRendered ? '' : 'assistant',
            content,
            ...(thinking && { reasoning: thinking }),
            ...(toolCalls.length > 0 && { tool_calls: this.#toolCalls(toolCalls) }),
          },
          finish_reason: reason === 'stop' && toolCalls.length > 0 ? 'tool_calls' : reason,
          ...(logprobs.length > 0 && { logprobs: { content: logprobs } }),
        },
      ],
      usage: usageOf(record),
      ...(record._debug_info !== undefined && { _debug_info: record._debug_info }),
    };
  }

  /** What was thought comes in a chunk before what was said. */
  #deltas({ content, thinking, toolCalls, logprobs }: Said): readonly JsonObject[] {
    const role = this.#hasBegun ? {} : { role: 'assistant' };
    this.#hasBegun = true;
    const said = {
      content,
      ...(toolCalls.length > 0 && { tool_calls: this.#toolCalls(toolCalls) }),
    };
    const likely = logprobs.length > 0 && { logprobs: { content: logprobs } };
    if (!thinking) return [choice({ ...role, ...said }, likely)];
    if (!content && toolCalls.length === 0)
      return [choice({ ...role, content, reasoning: thinking }, likely)];
    return [choice({ ...role, reasoning: thinking }, likely), choice(said, false)];
  }

  #chunk(record: JsonObject, choices: readonly JsonObject[]): JsonObject {
    const { id, model, clock } = this.#options;
    this.#created ??= createdAt(record, clock);
    return {
      id,
      object: 'chat.completion.chunk',
      created: this.#created,
      model,
      system_fingerprint: FINGERPRINT,
      choices,
    };
  }

  #toolCalls(calls: readonly Json[]): readonly JsonObject[] {
    return calls.map((call) => {
      const index = this.#calls;
      this.#calls += 1;
      const { id, function: called } = objectOf(call);
      const { name, arguments: given } = objectOf(called);
      return {
        id: typeof id === 'string' && id !== '' ? id : `call_${this.#options.id}_${index}`,
        index,
        type: 'function',
        function: {
          name: textOf(name),
          arguments: typeof given === 'string' ? given : stringifyGo(given ?? {}),
        },
      };
    });
  }
}

function choice(delta: JsonObject, likely: JsonObject | false): JsonObject {
  return { index: 0, delta, finish_reason: null, ...likely };
}

function isSilent({ content, thinking, toolCalls, logprobs }: Said): boolean {
  return content === '' && thinking === '' && toolCalls.length === 0 && logprobs.length === 0;
}

function saidBy({ message, logprobs }: JsonObject): Said {
  const { content, thinking, tool_calls: calls } = objectOf(message);
  return {
    content: textOf(content),
    thinking: textOf(thinking),
    toolCalls: listOf(calls),
    logprobs: listOf(logprobs),
  };
}

function objectOf(value: Json | undefined): JsonObject {
  const isObject = typeof value === 'object' && value !== null && !Array.isArray(value);
  return isObject ? (value as JsonObject) : {};
}

function textOf(value: Json | undefined): string {
  return typeof value === 'string' ? value : '';
}

function listOf(value: Json | undefined): readonly Json[] {
  return Array.isArray(value) ? value : [];
}
