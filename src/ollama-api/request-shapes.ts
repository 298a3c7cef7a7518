/** The requests of Ollama's HTTP API, field by field. */
import { type Decoded, go } from './go-decode.ts';
import { image, keepAlive, think, toolArguments, toolParameters } from './request-fields.ts';

const toolCall = go.struct('ToolCall', {
  id: go.string(),
  function: go.struct('ToolCallFunction', {
    index: go.int(),
    name: go.string(),
    arguments: toolArguments(),
  }),
});

const message = go.ownStruct('Alias', {
  role: go.string(),
  content: go.string(),
  thinking: go.string(),
  images: go.list(image(), '[]api.ImageData'),
  tool_calls: go.list(toolCall, '[]api.ToolCall'),
  tool_name: go.string(),
  tool_call_id: go.string(),
});

/** The other APIs of the server take tools in the same form. */
export const tool = go.struct('Tool', {
  type: go.string(),
  items: go.any(),
  function: go.struct('ToolFunction', {
    name: go.string(),
    description: go.string(),
    parameters: toolParameters(),
  }),
});

const inference = {
  model: go.string(),
  stream: go.bool(),
  /** As it was written: `"json"`, or a JSON Schema whose order counts. */
  format: go.raw(),
  keep_alive: keepAlive(),
  options: go.map(),
  think: think(),
  truncate: go.bool(),
  shift: go.bool(),
  _debug_render_only: go.bool(),
  logprobs: go.bool(),
  top_logprobs: go.int(),
} as const;

export const GENERATE_REQUEST = {
  ...inference,
  prompt: go.string(),
  suffix: go.string(),
  system: go.string(),
  template: go.string(),
  context: go.list(go.int(), '[]int'),
  raw: go.bool(),
  images: go.list(image(), '[]api.ImageData'),
} as const;
export type GenerateRequest = Decoded<typeof GENERATE_REQUEST>;

export const CHAT_REQUEST = {
  ...inference,
  messages: go.list(message, '[]api.Message'),
  tools: go.list(tool, 'api.Tools'),
} as const;
export type ChatRequest = Decoded<typeof CHAT_REQUEST>;

export const EMBED_REQUEST = {
  model: go.string(),
  input: go.any(),
  keep_alive: keepAlive(),
  truncate: go.bool(),
  dimensions: go.int(),
  options: go.map(),
} as const;

export const EMBEDDING_REQUEST = {
  model: go.string(),
  prompt: go.string(),
  keep_alive: keepAlive(),
  options: go.map(),
} as const;

export const SHOW_REQUEST = {
  model: go.string(),
  name: go.string(),
  system: go.string(),
  template: go.string(),
  verbose: go.bool(),
  options: go.map(),
} as const;

export const PULL_REQUEST = {
  model: go.string(),
  name: go.string(),
  insecure: go.bool(),
  username: go.string(),
  password: go.string(),
  stream: go.bool(),
} as const;
export const DELETE_REQUEST = { model: go.string(), name: go.string() } as const;
export const COPY_REQUEST = { source: go.string(), destination: go.string() } as const;

export const CREATE_REQUEST = {
  model: go.string(),
  name: go.string(),
  stream: go.bool(),
  quantize: go.string(),
  quantization: go.string(),
  draft_quantize: go.string(),
  from: go.string(),
  remote_host: go.string(),
  files: go.stringMap(),
  draft_files: go.stringMap(),
  adapters: go.stringMap(),
  template: go.string(),
  /** As it was written: a text, or a list of texts. */
  license: go.anyText(),
  system: go.string(),
  parameters: go.map(),
  messages: go.list(message, '[]api.Message'),
  renderer: go.string(),
  parser: go.string(),
  requires: go.string(),
  info: go.map(),
} as const;
export type CreateRequest = Decoded<typeof CREATE_REQUEST>;
