/** What a request for a text says besides its prompt, in OpenAI's words. */
import type { Json, JsonObject } from '../../domain/json.ts';
import type { ChatRequest, GenerateRequest, ThinkLevel } from '../../domain/request.ts';
import { type Dialect, passedOn } from './dialect.ts';

/** What all texts have in common. */
export function textBody(
  modelName: string,
  request: GenerateRequest | ChatRequest,
  dialect: Dialect,
): JsonObject {
  const { options = {}, format, logprobs, topLogprobs } = request;
  const { maxTokens, seed, temperature, extra = {} } = options;
  return {
    ...passedOn(extra, dialect),
    // llama.cpp takes Ollama's name of it, vLLM this one.
    repetition_penalty: dialect === 'loose' ? extra.repeat_penalty : undefined,
    model: modelName,
    stream: true,
    stream_options: { include_usage: true },
    max_tokens: maxTokens ?? positive(extra.num_predict),
    seed,
    temperature,
    response_format: format === undefined ? undefined : responseFormat(format),
    logprobs: logprobs || undefined,
    top_logprobs: logprobs ? topLogprobs : undefined,
    ...thinking(request.think, dialect),
  };
}

/** Ollama's −1 and −2 are "as much as there is room for", which is what a request without a number gets. */
function positive(value: Json | undefined): number | undefined {
  return typeof value === 'number' && value > 0 ? value : undefined;
}

function responseFormat(format: Json): JsonObject {
  if (format === 'json') return { type: 'json_object' };
  return { type: 'json_schema', json_schema: { name: 'answer', strict: true, schema: format } };
}

const EFFORT: Readonly<Partial<Record<ThinkLevel, string>>> = {
  LOW: 'low',
  MEDIUM: 'medium',
  HIGH: 'high',
  MAX: 'high',
};

/** Templates of Qwen and others take the switch; servers with levels take the effort. Who knows neither passes both over. */
function thinking(level: ThinkLevel | undefined, dialect: Dialect): JsonObject {
  if (level === undefined) return {};
  if (dialect === 'strict') return { reasoning_effort: EFFORT[level] };
  return {
    chat_template_kwargs: { enable_thinking: level !== 'OFF' },
    reasoning_effort: EFFORT[level],
  };
}
