/** A job as a request of Anthropic's Messages API. */
import type { RunRequest } from '../../../domain/backend.ts';
import type { Json, JsonObject } from '../../../domain/json.ts';
import type { ChatMessage, ChatRequest, GenerateRequest, ThinkLevel } from '../../../domain/request.ts';
import { notIn } from '../../openai/calls.ts';
import { passedOn } from '../../openai/dialect.ts';
import { anthropicMessages, systemText } from './messages.ts';

export const API = "Anthropic's API";

/** Without a limit there is no request, and older models write no more than this. */
const USUAL_MAX_TOKENS = 4_096;

/** Tokens that a model may think, by how hard it is to try. */
const THINKING_TOKENS: Readonly<Record<Exclude<ThinkLevel, 'OFF'>, number>> = {
  LOW: 1_024,
  ON: 4_096,
  MEDIUM: 4_096,
  HIGH: 16_384,
  MAX: 32_000,
};

type TextRequest = GenerateRequest | ChatRequest;

/**
 * @param maxTokens of the answer, where the request names none; null for the usual
 * @throws BackendError for what the API does not have
 */
export function messagesBody(
  { request, modelName, blobs }: RunRequest & { readonly request: TextRequest },
  maxTokens: number | null,
): JsonObject {
  if (request.logprobs) throw notIn(API, 'log probabilities');
  const { maxTokens: wish, temperature, extra = {} } = request.options ?? {};
  const conversation = conversationOf(request);
  const answerTokens = wish !== undefined && wish > 0 ? wish : (maxTokens ?? USUAL_MAX_TOKENS);
  const thinkingTokens = thinkingOf(request, conversation);
  return {
    ...furtherOptions(extra),
    model: modelName,
    stream: true,
    max_tokens: answerTokens + thinkingTokens,
    system: systemText(conversation) || undefined,
    messages: anthropicMessages(conversation, blobs),
    tools: request.kind === 'CHAT' && request.tools?.length ? request.tools.map(tool) : undefined,
    stop_sequences: extra.stop,
    output_config: outputConfig(request.format),
    ...(thinkingTokens > 0
      ? { thinking: { type: 'enabled', budget_tokens: thinkingTokens } }
      : // A model that thinks has these fixed.
        { temperature, top_p: extra.top_p, top_k: extra.top_k }),
  };
}

function conversationOf(request: TextRequest): readonly ChatMessage[] {
  if (request.kind === 'CHAT') return request.messages;
  const { prompt, system, images, raw } = request;
  if (raw) throw notIn(API, 'raw prompt');
  return [
    ...(system ? [{ role: 'system', content: system }] : []),
    { role: 'user', content: prompt, ...(images && { images }) },
  ];
}

/**
 * Tokens; 0 for none. Where tools were just called the API wants what was thought before the call back, with a signature, and no other API keeps
 * that: the model goes on without thinking.
 */
function thinkingOf({ think = 'OFF' }: TextRequest, conversation: readonly ChatMessage[]): number {
  const answersTool = conversation.at(-1)?.role.toLowerCase() === 'tool';
  return think === 'OFF' || answersTool ? 0 : THINKING_TOKENS[think];
}

const SAID_OTHERWISE: ReadonlySet<string> = new Set([
  'stop',
  'top_p',
  'presence_penalty',
  'frequency_penalty',
]);

function furtherOptions(extra: JsonObject): JsonObject {
  const further = Object.entries(passedOn(extra, 'strict'));
  return Object.fromEntries(further.filter(([name]) => !SAID_OTHERWISE.has(name)));
}

function outputConfig(format: Json | undefined): JsonObject | undefined {
  if (format === undefined) return undefined;
  if (typeof format === 'string') throw notIn(API, 'format without a schema');
  return { format: { type: 'json_schema', schema: format } };
}

/** From OpenAI's form, as all requests have it. */
function tool(given: Json): Json {
  const { function: described = {} } = given as { readonly function?: JsonObject };
  const { name, description, parameters } = described as JsonObject;
  return {
    name: name ?? '',
    description,
    input_schema: parameters ?? { type: 'object', properties: {} },
  };
}
