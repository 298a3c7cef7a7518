/** How virtual servers refuse, in the words of those that they stand for. */
import type { JsonObject } from '../domain/json.ts';
import type { Flavour } from './settings.ts';

export function error(code: number, message: string, type: string): JsonObject {
  return { error: { code, message, type } };
}

export function otherLimit(): JsonObject {
  const message =
    "Unsupported parameter: 'max_tokens' is not supported with this model. Use 'max_completion_tokens' instead.";
  return error(400, message, 'invalid_request_error');
}

/** What OpenAI's API has, as far as anybody here sends it. */
const COMPANY_FIELDS: ReadonlySet<string> = new Set([
  ...['model', 'messages', 'prompt', 'stream', 'stream_options', 'max_tokens', 'max_completion_tokens'],
  ...['seed', 'temperature', 'top_p', 'stop', 'presence_penalty', 'frequency_penalty', 'response_format'],
  ...['logprobs', 'top_logprobs', 'reasoning_effort', 'tools', 'tool_choice', 'user'],
]);
const COMPANY_MESSAGE_FIELDS: ReadonlySet<string> = new Set([
  ...['role', 'content', 'tool_calls', 'tool_call_id'],
]);

/** Null where it has none. */
export function unknownField(body: JsonObject): JsonObject | null {
  const messages = Array.isArray(body.messages) ? (body.messages as readonly JsonObject[]) : [];
  const name =
    Object.keys(body).find((one) => !COMPANY_FIELDS.has(one)) ??
    messages.flatMap(Object.keys).find((one) => !COMPANY_MESSAGE_FIELDS.has(one));
  if (name === undefined) return null;
  return error(400, `Unrecognized request argument supplied: ${name}`, 'invalid_request_error');
}

export function answerTooLong(most: number, promptTokens: number, contextLength: number): JsonObject {
  const message = `'max_tokens' or 'max_completion_tokens' is too large: ${most}. This model's maximum context length is ${contextLength} tokens and your request has ${promptTokens} input tokens (${most} > ${contextLength} - ${promptTokens}).`;
  return error(400, message, 'BadRequestError');
}

export function tooLong(flavour: Flavour, promptTokens: number, contextLength: number): JsonObject {
  if (flavour === 'llama.cpp')
    return {
      error: {
        code: 400,
        message: `request (${promptTokens} tokens) exceeds the available context size (${contextLength} tokens), try increasing it`,
        type: 'exceed_context_size_error',
        n_prompt_tokens: promptTokens,
        n_ctx: contextLength,
      },
    };
  const message = `This model's maximum context length is ${contextLength} tokens. However, your request has ${promptTokens} input tokens.`;
  return error(400, message, 'BadRequestError');
}
