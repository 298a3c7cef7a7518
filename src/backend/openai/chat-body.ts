/** Messages and options in OpenAI's words. */
import type { RunRequest } from '../../domain/backend.ts';
import { BackendError } from '../../domain/errors.ts';
import type { Json, JsonObject } from '../../domain/json.ts';
import type {
  BlobHash,
  ChatMessage,
  ChatRequest,
  GenerateRequest,
  ThinkLevel,
} from '../../domain/request.ts';
import { mediaTypeOf } from '../../kinds/images.ts';

type Blobs = RunRequest['blobs'];

/** Of Ollama's options, what is said here otherwise, and how Ollama runs a model, which is nothing that a request asks. */
const NOT_SENT = new Set([
  'num_predict',
  'num_keep',
  'numa',
  'low_vram',
  'vocab_only',
  'use_mlock',
  'penalize_newline',
]);

/** What all texts have in common. */
export function textBody(modelName: string, request: GenerateRequest | ChatRequest): JsonObject {
  const { options = {}, format, logprobs, topLogprobs } = request;
  const { maxTokens, seed, temperature, extra = {} } = options;
  // The others keep their names, as llama.cpp, vLLM and SGLang know them.
  const further = Object.entries(extra).filter(([name]) => !NOT_SENT.has(name));
  return {
    ...Object.fromEntries(further),
    // llama.cpp takes Ollama's name of it, vLLM this one.
    repetition_penalty: extra.repeat_penalty,
    model: modelName,
    stream: true,
    stream_options: { include_usage: true },
    max_tokens: maxTokens ?? positive(extra.num_predict),
    seed,
    temperature,
    response_format: format === undefined ? undefined : responseFormat(format),
    logprobs: logprobs || undefined,
    top_logprobs: logprobs ? topLogprobs : undefined,
    ...thinking(request.think),
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
function thinking(level: ThinkLevel | undefined): JsonObject {
  if (level === undefined) return {};
  return {
    chat_template_kwargs: { enable_thinking: level !== 'OFF' },
    reasoning_effort: EFFORT[level],
  };
}

export function openAiMessage(message: ChatMessage, blobs: Blobs): JsonObject {
  const { role, content, images, thinking: thought, toolCalls, toolName, toolCallId } = message;
  return {
    role: role.toLowerCase(),
    content: images?.length ? [{ type: 'text', text: content }, ...imageParts(images, blobs)] : content,
    reasoning_content: thought || undefined,
    tool_calls: toolCalls && openAiToolCalls(toolCalls),
    tool_call_id: toolCallId ?? (role.toLowerCase() === 'tool' ? (toolName ?? '') : undefined),
    name: toolName,
  };
}

/** Arguments are an object in our words and a text here. */
function openAiToolCalls(calls: Json): Json {
  if (!Array.isArray(calls)) return calls;
  return calls.map((call: Json, place): Json => {
    const { id, function: called } = (call ?? {}) as { id?: Json; function?: JsonObject };
    const { name = '', arguments: given = {} } = called ?? {};
    return {
      id: id ?? `call_${place}`,
      type: 'function',
      function: { name, arguments: typeof given === 'string' ? given : JSON.stringify(given) },
    };
  });
}

/** @throws BackendError when the bytes are gone */
export function imageParts(hashes: readonly BlobHash[], blobs: Blobs): readonly JsonObject[] {
  return hashes.map((hash) => {
    const bytes = blobs.get(hash);
    if (!bytes)
      throw new BackendError('REQUEST_REJECTED', 'none', `The image ${hash} is lost. Submit the job again.`);
    const base64 = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('base64');
    const mediaType = mediaTypeOf(bytes) ?? 'application/octet-stream';
    return { type: 'image_url', image_url: { url: `data:${mediaType};base64,${base64}` } };
  });
}
