/** A conversation as Anthropic's clients tell it, as Ollama's API has it: what tools answered are messages of their own. */
import { badBase64At } from '../../ollama-api/base64.ts';
import { OllamaError } from '../../ollama-api/errors.ts';
import { stringifyGo } from '../../ollama-api/go-json.ts';
import type { ChatRequest } from '../../ollama-api/request-shapes.ts';
import { isObject } from '../shared/json-object.ts';
import type { Block, Conversation, Message, Source } from './shapes.ts';

export type OllamaMessage = NonNullable<ChatRequest['messages']>[number];
type ToolCall = NonNullable<OllamaMessage['tool_calls']>[number];

const refusal = (message: string) => new OllamaError(400, message);

/** @throws OllamaError 400 */
export function ollamaMessages({ system, messages }: Conversation): readonly OllamaMessage[] {
  const instructions = systemText(system);
  return [
    ...(instructions === '' ? [] : [ofRole('system', { content: instructions })]),
    ...(messages ?? []).flatMap(ollamaMessage),
  ];
}

/** Of a text, or of the texts in a list of blocks. */
export function systemText(system: unknown): string {
  if (typeof system === 'string') return system.toWellFormed();
  return Array.isArray(system) ? system.map(textOf).join('') : '';
}

/** Blocks of kinds that nobody here knows say nothing to a model. */
function ollamaMessage({ role: given, content }: Message): readonly OllamaMessage[] {
  const role = given.toLowerCase();
  if (typeof content === 'string') return content === '' ? [] : [ofRole(role, { content })];
  const results = content.flatMap(toolResult);
  const said = {
    content: all(content, 'text', ({ text }) => text).join(''),
    thinking: all(content, 'thinking', ({ thinking }) => thinking).join('\n'),
    images: all(content, 'image', ({ source }) => imageOf(source)),
    tool_calls: content.flatMap(toolCall),
  };
  const isEmpty =
    said.content === '' && said.thinking === '' && !said.images.length && !said.tool_calls.length;
  const message = isEmpty ? [] : [ofRole(role, said)];
  // What the tools of the last turn answered comes before what the user says to it.
  return role === 'user' ? [...results, ...message] : [...message, ...results];
}

function all<T>(blocks: readonly Block[], type: string, take: (block: Block) => T): readonly T[] {
  return blocks.filter((block) => block.type === type).map(take);
}

function ofRole(role: string, said: Partial<OllamaMessage>): OllamaMessage {
  return {
    role,
    content: '',
    thinking: '',
    images: undefined,
    tool_calls: undefined,
    tool_name: '',
    tool_call_id: '',
    ...said,
  };
}

function toolCall({ type, id, name, input }: Block): readonly ToolCall[] {
  if (type !== 'tool_use' && type !== 'server_tool_use') return [];
  if (type === 'tool_use' && id === '') throw refusal("tool_use block missing required 'id' field");
  if (type === 'tool_use' && name === '') throw refusal("tool_use block missing required 'name' field");
  return [{ id, function: { index: 0, name, arguments: input ?? {} } }];
}

function toolResult(block: Block): readonly OllamaMessage[] {
  const ofTool = (said: Partial<OllamaMessage>) => [
    ofRole('tool', { ...said, tool_call_id: block.tool_use_id }),
  ];
  switch (block.type) {
    case 'tool_result':
      return ofTool({ content: resultText(block), images: resultImages(block.content) });
    case 'web_search_tool_result':
      return ofTool({ content: searchText(block.content) });
    default:
      return [];
  }
}

/** Ollama's messages have no field for it, so that a failure is told in words where the tool did not do so itself. */
function resultText({ content, is_error: isError }: Block): string {
  const text = systemText(content);
  return isError && !/error/i.test(text) ? `Error: ${text}`.trimEnd() : text;
}

function resultImages(content: unknown): readonly string[] | undefined {
  if (!Array.isArray(content)) return undefined;
  return content
    .filter((each) => isObject(each) && each.type === 'image')
    .map(({ source }) => {
      if (!isObject(source)) throw refusal('invalid tool_result image source');
      return imageOf({ type: stringOf(source.type), data: stringOf(source.data) });
    });
}

/** @returns its base64 @throws OllamaError 400 */
function imageOf(source: Pick<Source, 'type' | 'data'> | undefined): string {
  if (!source) throw refusal('invalid image source');
  if (source.type !== 'base64')
    throw refusal(`invalid image source type: ${source.type}. Only base64 images are supported.`);
  const at = badBase64At(source.data);
  if (at === undefined) return source.data;
  throw refusal(`invalid base64 image data: illegal base64 data at input byte ${at}`);
}

/** What a search on the web found, or why it found nothing, as it is replayed. */
function searchText(content: unknown): string {
  if (typeof content === 'string') return content;
  const items = Array.isArray(content) ? content : [content];
  const failure = items.find((item) => isObject(item) && item.type === 'web_search_tool_result_error');
  if (failure)
    return ['web_search_tool_result_error', stringOf(failure.error_code)].filter(Boolean).join(': ');
  if (!Array.isArray(content)) return stringifyGo(content ?? null);
  return items
    .filter((item) => isObject(item) && item.type === 'web_search_result')
    .map(({ title, url }) => `- ${stringOf(title)}: ${stringOf(url)}\n`)
    .join('');
}

/** The text of a block of text; nothing of any other. */
function textOf(block: unknown): string {
  return isObject(block) && block.type === 'text' ? stringOf(block.text) : '';
}

function stringOf(value: unknown): string {
  return typeof value === 'string' ? value.toWellFormed() : '';
}
