/** A conversation as OpenAI's clients tell it, as Ollama's API has it: each text and each image of a message is a message of its own. */
import { badBase64At } from '../../ollama-api/base64.ts';
import { OllamaError } from '../../ollama-api/errors.ts';
import { go } from '../../ollama-api/go-decode.ts';
import { JsonText } from '../../ollama-api/json-text.ts';
import { toolArguments } from '../../ollama-api/request-fields.ts';
import type { ChatRequest } from '../../ollama-api/request-shapes.ts';
import { isObject } from '../shared/json-object.ts';
import type { Message, ToolCall } from './shapes.ts';

type OllamaMessage = NonNullable<ChatRequest['messages']>[number];
type OllamaToolCall = NonNullable<OllamaMessage['tool_calls']>[number];

const refusal = (message: string) => new OllamaError(400, message);

/** @throws OllamaError 400 */
export function ollamaMessages(messages: readonly Message[]): readonly OllamaMessage[] {
  return messages.flatMap((message) => {
    const parts = partsOf(message);
    const last = parts.length - 1;
    // What belongs to the whole of it stands with its last part.
    return parts.map((part, at) => ({
      ...ofRole(message.role),
      ...part,
      ...(at === last && called(message, messages)),
    }));
  });
}

function partsOf({ content, tool_calls: calls }: Message): readonly Partial<OllamaMessage>[] {
  if (typeof content === 'string') return [{ content }];
  if (Array.isArray(content) && (content.length > 0 || !calls?.length)) return content.map(said);
  // A message that only calls tools need not say anything.
  if (calls) return [{}];
  throw refusal(`invalid message content type: ${goTypeOf(content)}`);
}

function ofRole(role: string): OllamaMessage {
  return {
    role,
    content: '',
    thinking: '',
    images: undefined,
    tool_calls: undefined,
    tool_name: '',
    tool_call_id: '',
  };
}

/** What a message says beside its content. */
function called(message: Message, all: readonly Message[]): Partial<OllamaMessage> {
  return {
    thinking: message.reasoning,
    tool_calls: message.tool_calls?.map(toolCall),
    tool_name: toolName(message, all),
    tool_call_id: message.tool_call_id,
  };
}

/** The tool that an answer comes from: by its name, or else by the call that it answers, the last one of that id. */
function toolName({ role, name, tool_call_id: id }: Message, all: readonly Message[]): string {
  if (role.toLowerCase() !== 'tool') return '';
  if (name !== '' || id === '') return name;
  const caller = all.findLast(({ tool_calls: calls }) => calls?.some((call) => call.id === id));
  return caller?.tool_calls?.find((call) => call.id === id)?.function.name ?? '';
}

function toolCall({ id, function: { name, arguments: text } }: ToolCall): OllamaToolCall {
  return { id, function: { index: 0, name, arguments: argumentsOf(text) } };
}

/** @param text JSON of an object and nothing after it, or of `null` */
function argumentsOf(text: string): Readonly<Record<string, unknown>> {
  try {
    JSON.parse(text);
    const json = JsonText.read(text);
    return (json && go.unmarshal(toolArguments(), json)) ?? {};
  } catch (error) {
    throw new OllamaError(400, 'invalid tool call arguments', { cause: error });
  }
}

function said(part: unknown): Partial<OllamaMessage> {
  if (!isObject(part)) throw refusal('invalid message format');
  switch (part.type) {
    case 'text':
      return { content: textOf(part.text) };
    case 'image_url': {
      const { image_url: image } = part;
      return { images: [imageOf(textOf(isObject(image) ? image.url : image))] };
    }
    case 'input_audio':
      return { images: [audioOf(part.input_audio)] };
    default:
      throw refusal('invalid message format');
  }
}

function textOf(value: unknown): string {
  if (typeof value === 'string') return value.toWellFormed();
  throw refusal('invalid message format');
}

/** Without a type it is as plain base64 is in Ollama's own API. */
const DATA_URL = /^data:(?:image\/(?:jpeg|jpg|png|webp))?;base64,/;

/** @returns the base64 of a `data:` URL @throws OllamaError 400 */
export function imageOf(url: string): string {
  if (url.startsWith('http://') || url.startsWith('https://'))
    throw refusal('image URLs are not currently supported, please use base64 encoded data instead');
  const prefix = DATA_URL.exec(url.slice(0, 64))?.[0];
  const base64 = prefix === undefined ? undefined : url.slice(prefix.length);
  if (base64 === undefined || badBase64At(base64) !== undefined) throw refusal('invalid image input');
  return base64;
}

/** Models that hear take sounds in the place of images. */
function audioOf(audio: unknown): string {
  if (!isObject(audio)) throw refusal('invalid input_audio format');
  const { data } = audio;
  if (typeof data !== 'string') throw refusal('invalid input_audio format: missing data');
  const at = badBase64At(data);
  if (at === undefined) return data;
  throw refusal(`invalid input_audio base64 data: illegal base64 data at input byte ${at}`);
}

/** The type of a decoded value, as Go prints it. */
export function goTypeOf(value: unknown): string {
  if (value === undefined || value === null) return '<nil>';
  if (Array.isArray(value)) return '[]interface {}';
  switch (typeof value) {
    case 'number':
      return 'float64';
    case 'boolean':
      return 'bool';
    case 'object':
      return 'map[string]interface {}';
    default:
      return typeof value;
  }
}
