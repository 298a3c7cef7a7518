import { type Decoded, go } from './go-decode.ts';

const message = go.struct(
  'Alias',
  {
    role: go.string(),
    content: go.string(),
    thinking: go.string(),
    images: go.list(go.image(), '[]api.ImageData'),
    tool_calls: go.list(go.any(), '[]api.ToolCall'),
    tool_name: go.string(),
    tool_call_id: go.string(),
  },
  true,
);

const tool = go.struct('Tool', {
  type: go.string(),
  function: go.struct('ToolFunction', {
    name: go.string(),
    description: go.string(),
    parameters: go.any(),
  }),
});

const inference = {
  model: go.string(),
  stream: go.bool(),
  format: go.any(),
  keep_alive: go.keepAlive(),
  options: go.map(),
  think: go.think(),
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
  images: go.list(go.image(), '[]api.ImageData'),
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
  keep_alive: go.keepAlive(),
  truncate: go.bool(),
  dimensions: go.int(),
  options: go.map(),
} as const;

export const EMBEDDING_REQUEST = {
  model: go.string(),
  prompt: go.string(),
  keep_alive: go.keepAlive(),
  options: go.map(),
} as const;

export const SHOW_REQUEST = {
  model: go.string(),
  name: go.string(),
  system: go.string(),
  verbose: go.bool(),
  options: go.map(),
} as const;

export const PULL_REQUEST = {
  model: go.string(),
  name: go.string(),
  insecure: go.bool(),
  stream: go.bool(),
} as const;
export const DELETE_REQUEST = { model: go.string(), name: go.string() } as const;
export const COPY_REQUEST = { source: go.string(), destination: go.string() } as const;

export const CREATE_REQUEST = {
  model: go.string(),
  name: go.string(),
  stream: go.bool(),
  quantize: go.string(),
  from: go.string(),
  files: go.stringMap(),
  adapters: go.stringMap(),
  template: go.string(),
  license: go.any(),
  system: go.string(),
  parameters: go.map(),
  messages: go.list(message, '[]api.Message'),
} as const;
export type CreateRequest = Decoded<typeof CREATE_REQUEST>;
