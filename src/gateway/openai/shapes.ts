/** The requests of the OpenAI-compatible API, field by field. Names and types are Go's, as its server tells them where a value is of another one. */
import { type BodyOrigin, type Decoded, decodeBody, go, type Shape } from '../../ollama-api/go-decode.ts';
import { think } from '../../ollama-api/request-fields.ts';
import { tool } from '../../ollama-api/request-shapes.ts';
import { beyondTheApi, extension, namesModels } from '../shared/beyond-the-api.ts';

const struct = <S extends Shape>(name: string, shape: S) => go.struct(name, shape, `openai.${name}`);

const toolCall = struct('ToolCall', {
  id: go.string(),
  index: go.int(),
  type: go.string(),
  function: go.struct(
    '',
    { name: go.string(), arguments: go.string() },
    'struct { Name string "json:\\"name\\""; Arguments string "json:\\"arguments\\"" }',
  ),
});

const message = struct('Message', {
  role: go.string(),
  content: go.any(),
  reasoning: go.string(),
  tool_calls: go.list(toolCall, '[]openai.ToolCall'),
  name: go.string(),
  tool_call_id: go.string(),
});
export type Message = Decoded<{ readonly message: typeof message }>['message'];
export type ToolCall = NonNullable<Message['tool_calls']>[number];

const streamOptions = go.pointer(struct('StreamOptions', { include_usage: go.bool() }));

export const CHAT_COMPLETION_REQUEST = {
  model: go.string(),
  messages: go.list(message, '[]openai.Message'),
  stream: go.bool(),
  stream_options: streamOptions,
  max_tokens: go.pointer(go.int()),
  seed: go.pointer(go.int()),
  stop: go.any(),
  temperature: go.pointer(go.float('float64')),
  frequency_penalty: go.pointer(go.float('float64')),
  presence_penalty: go.pointer(go.float('float64')),
  top_p: go.pointer(go.float('float64')),
  response_format: go.pointer(
    struct('ResponseFormat', {
      type: go.string(),
      json_schema: go.pointer(struct('JsonSchema', { schema: go.raw() })),
    }),
  ),
  tools: go.list(tool, '[]api.Tool'),
  reasoning: go.pointer(struct('Reasoning', { effort: go.string() })),
  reasoning_effort: go.pointer(go.string()),
  logprobs: go.bool(),
  top_logprobs: go.int(),
  _debug_render_only: go.bool(),
  // OpenAI has these, and Ollama does not know them.
  max_completion_tokens: extension(go.int()),
  tool_choice: extension(go.any()),
  think: extension(think()),
  ...beyondTheApi,
  ...namesModels,
} as const;
export type ChatCompletionRequest = Decoded<typeof CHAT_COMPLETION_REQUEST>;

export const COMPLETION_REQUEST = {
  model: go.string(),
  prompt: go.string(),
  frequency_penalty: go.float('float32'),
  max_tokens: go.pointer(go.int()),
  presence_penalty: go.float('float32'),
  seed: go.pointer(go.int()),
  stop: go.any(),
  stream: go.bool(),
  stream_options: streamOptions,
  temperature: go.pointer(go.float('float32')),
  top_p: go.float('float32'),
  suffix: go.string(),
  logprobs: go.int(),
  _debug_render_only: go.bool(),
  think: extension(think()),
  ...beyondTheApi,
  ...namesModels,
} as const;
export type CompletionRequest = Decoded<typeof COMPLETION_REQUEST>;

export const EMBED_REQUEST = {
  input: go.any(),
  model: go.string(),
  dimensions: go.int(),
  encoding_format: go.string(),
  ...beyondTheApi,
  ...namesModels,
} as const;
export type EmbeddingsRequest = Decoded<typeof EMBED_REQUEST>;

const ORIGIN: BodyOrigin = { package: 'openai', missing: 'EOF' };

/** @throws OllamaError 400 with Go's text; so do the others */
export function readChatCompletion(body: string): ChatCompletionRequest {
  return decodeBody('ChatCompletionRequest', CHAT_COMPLETION_REQUEST, body, ORIGIN);
}

export function readCompletion(body: string): CompletionRequest {
  return decodeBody('CompletionRequest', COMPLETION_REQUEST, body, ORIGIN);
}

export function readEmbeddings(body: string): EmbeddingsRequest {
  return decodeBody('EmbedRequest', EMBED_REQUEST, body, ORIGIN);
}
