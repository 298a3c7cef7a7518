/** The requests of Anthropic's API, field by field. Names and types are Go's, as Ollama's server tells them where a value is of another one. */
import { OllamaError } from '../../ollama-api/errors.ts';
import { type BodyOrigin, type Decoded, decodeBody, go, type Shape } from '../../ollama-api/go-decode.ts';
import type { JsonText } from '../../ollama-api/json-text.ts';
import { think, toolArguments } from '../../ollama-api/request-fields.ts';
import { beyondTheApi, extension } from '../shared/beyond-the-api.ts';

const struct = <S extends Shape>(name: string, shape: S) => go.struct(name, shape, `anthropic.${name}`);

const SOURCE = {
  type: go.string(),
  media_type: go.string(),
  data: go.string(),
  url: go.string(),
} as const;

const CITATION = {
  type: go.string(),
  url: go.string(),
  title: go.string(),
  encrypted_index: go.string(),
  cited_text: go.string(),
} as const;

/** All kinds of blocks in one: which fields count, its type says. */
const BLOCK = {
  type: go.string(),
  text: go.string(),
  citations: go.list(struct('Citation', CITATION), '[]anthropic.Citation'),
  source: go.pointer(struct('ImageSource', SOURCE)),
  id: go.string(),
  name: go.string(),
  input: toolArguments(),
  tool_use_id: go.string(),
  content: go.any(),
  is_error: go.bool(),
  thinking: go.string(),
  signature: go.string(),
} as const;
export type Source = Decoded<typeof SOURCE>;
export type Block = Decoded<typeof BLOCK>;

const blocks = go.list(struct('ContentBlock', BLOCK), '[]anthropic.ContentBlock');

export interface Message {
  readonly role: string;
  readonly content: string | readonly Block[];
}

const messageRole = go.struct(
  '',
  { role: go.string() },
  'struct { Role string "json:\\"role\\""; Content json.RawMessage "json:\\"content\\"" }',
);

/** What `null` is in their place. */
const NO_MESSAGE: Message = { role: '', content: '' };

const MESSAGE_SCHEMA = {
  type: 'object',
  properties: {
    ...(messageRole.schema.properties as object),
    content: { anyOf: [{ type: 'string' }, blocks.schema] },
  },
  required: ['content'],
};

const message = go.own<Message>(NO_MESSAGE, MESSAGE_SCHEMA, (json) => {
  const { role } = go.unmarshal(messageRole, json);
  return { role, content: contentOf(json) };
});

const NO_CONTENT = 'unexpected end of JSON input';

/** `null` is an empty text here, and what is absent is an error, in the words of a decoder that was given nothing. */
function contentOf(json: JsonText): Message['content'] {
  const content = [...json.members()].findLast(([name]) => name.toLowerCase() === 'content')?.[1];
  if (!content) throw new Error(NO_CONTENT);
  if (content.kind === 'null') return '';
  if (content.kind === 'string') return go.unmarshal(go.string(), content);
  return go.unmarshal(blocks, content) ?? [];
}

const TOOL = {
  type: go.string(),
  name: go.string(),
  description: go.string(),
  /** As it was written. */
  input_schema: go.raw(),
  max_uses: go.int(),
} as const;
export type Tool = Decoded<typeof TOOL>;

/** What can be counted of a request. */
export const CONVERSATION = {
  model: go.string(),
  messages: go.list(message, '[]anthropic.MessageParam'),
  /** A text, or a list of blocks. */
  system: go.any(),
  tools: go.list(struct('Tool', TOOL), '[]anthropic.Tool'),
} as const;
export type Conversation = Decoded<typeof CONVERSATION>;

export const MESSAGES_REQUEST = {
  ...CONVERSATION,
  max_tokens: go.int(),
  stream: go.bool(),
  temperature: go.pointer(go.float('float64')),
  top_p: go.pointer(go.float('float64')),
  top_k: go.pointer(go.int()),
  stop_sequences: go.list(go.string(), '[]string'),
  tool_choice: go.pointer(
    struct('ToolChoice', { type: go.string(), name: go.string(), disable_parallel_tool_use: go.bool() }),
  ),
  thinking: go.pointer(struct('ThinkingConfig', { type: go.string(), budget_tokens: go.int() })),
  metadata: go.pointer(struct('Metadata', { user_id: go.string() })),
  output_config: go.pointer(struct('OutputConfig', { effort: go.string() })),
  think: extension(think()),
  ...beyondTheApi,
} as const;
export type MessagesRequest = Decoded<typeof MESSAGES_REQUEST>;

const ORIGIN: BodyOrigin = { package: 'anthropic', missing: 'EOF' };

/** @throws OllamaError 400 */
export function readMessages(body: string): MessagesRequest {
  const request = decodeBody('MessagesRequest', MESSAGES_REQUEST, body, ORIGIN);
  require(!request.messages?.includes(NO_MESSAGE), NO_CONTENT);
  require(request.model !== '', 'model is required');
  require(request.max_tokens > 0, 'max_tokens is required and must be positive');
  require(Boolean(request.messages?.length), 'messages is required');
  return request;
}

/** @throws OllamaError 400 */
export function readConversation(body: string): Conversation {
  const request = decodeBody('CountTokensRequest', CONVERSATION, body, ORIGIN);
  require(!request.messages?.includes(NO_MESSAGE), NO_CONTENT);
  require(request.model !== '', 'model is required');
  require(Boolean(request.messages?.length), 'messages is required');
  return request;
}

function require(condition: boolean, otherwise: string): void {
  if (!condition) throw new OllamaError(400, otherwise);
}
