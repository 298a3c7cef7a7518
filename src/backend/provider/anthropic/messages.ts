/** A conversation in Anthropic's words: turns of blocks, what tools answered in the user's. */
import type { RunRequest } from '../../../domain/backend.ts';
import type { Json, JsonObject } from '../../../domain/json.ts';
import { append } from '../../../domain/long-lists.ts';
import type { ChatMessage } from '../../../domain/request.ts';
import { notIn } from '../../openai/calls.ts';
import { openAiMessages } from '../../openai/messages.ts';

/** What is no part of the conversation. */
const SYSTEM_ROLES: ReadonlySet<string> = new Set(['system', 'developer']);

interface Turn {
  readonly role: 'user' | 'assistant';
  readonly content: JsonObject[];
}

interface Part {
  readonly type: string;
  readonly text?: string;
  readonly image_url?: { readonly url: string };
}

interface Message {
  readonly role: string;
  readonly content: string | readonly Part[];
  readonly tool_calls?: readonly OpenAiCall[];
  readonly tool_call_id?: string;
}

interface OpenAiCall {
  readonly id: string;
  readonly function: { readonly name: string; readonly arguments: string };
}

export function systemText(messages: readonly ChatMessage[]): string {
  return messages
    .filter(({ role }) => SYSTEM_ROLES.has(role.toLowerCase()))
    .map(({ content }) => content)
    .join('\n\n');
}

/** By way of OpenAI's form, in which every call has an id and every result that of its call. @throws BackendError when the bytes of an image are gone */
export function anthropicMessages(
  messages: readonly ChatMessage[],
  blobs: RunRequest['blobs'],
): readonly Json[] {
  const turns: Turn[] = [];
  for (const message of openAiMessages(messages, blobs, 'strict') as readonly unknown[]) {
    const { role, ...said } = message as Message;
    if (SYSTEM_ROLES.has(role)) continue;
    const content = role === 'tool' ? [toolResult(said)] : blocks(said);
    // An empty turn is refused, and says nothing.
    if (content.length === 0) continue;
    const speaker: Turn['role'] = role === 'assistant' ? 'assistant' : 'user';
    const last = turns.at(-1);
    if (last?.role === speaker) append(last.content, content);
    else turns.push({ role: speaker, content: [...content] });
  }
  return turns as unknown as readonly Json[];
}

function blocks({ content, tool_calls: calls = [] }: Omit<Message, 'role'>): readonly JsonObject[] {
  return [...contentBlocks(content), ...calls.map(toolUse)];
}

function contentBlocks(content: Message['content']): readonly JsonObject[] {
  const parts: readonly Part[] = typeof content === 'string' ? [{ type: 'text', text: content }] : content;
  return parts.flatMap((part): readonly JsonObject[] => {
    if (part.image_url) return [image(part.image_url.url)];
    if (part.type !== 'text') throw notIn("Anthropic's API", 'sounds');
    return part.text ? [{ type: 'text', text: part.text }] : [];
  });
}

/** @param url with the bytes in it */
function image(url: string): JsonObject {
  const [, mediaType = '', data = ''] = /^data:([^;]*);base64,(.*)$/s.exec(url) ?? [];
  return { type: 'image', source: { type: 'base64', media_type: mediaType, data } };
}

function toolUse({ id, function: called }: OpenAiCall): JsonObject {
  return { type: 'tool_use', id, name: called.name, input: inputOf(called.arguments) };
}

/** Models write what is no JSON now and then, and an input has to be an object. */
function inputOf(text: string): JsonObject {
  try {
    const value: unknown = JSON.parse(text || '{}');
    if (value !== null && typeof value === 'object' && !Array.isArray(value)) return value as JsonObject;
  } catch {
    // It is told as it was written.
  }
  return { arguments: text };
}

function toolResult({ content, tool_call_id: id = '' }: Omit<Message, 'role'>): JsonObject {
  return { type: 'tool_result', tool_use_id: id, content: contentBlocks(content) as readonly Json[] };
}
