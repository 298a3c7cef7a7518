/** From the messages of a branch to what a model is asked. */
import type { ChatMessage, ChatSettings } from '../domain/chat.ts';
import { imageIdOf } from '../domain/image.ts';
import type { BlobHash } from '../domain/request.ts';

interface AskedMessage {
  readonly role: 'SYSTEM' | 'USER' | 'ASSISTANT';
  readonly content: string;
  readonly imageIds?: readonly string[];
}

/**
 * The request of the job that says the next message, in the form of the API's input. The oldest messages are left out where the context has no
 * room for all: a chat goes on, and the answer says so.
 */
export function requestOf(settings: ChatSettings, branch: readonly ChatMessage[]): object {
  const { options, system, think } = settings;
  const messages: readonly AskedMessage[] = [
    ...(system === null ? [] : [{ role: 'SYSTEM' as const, content: system }]),
    // An answer that came to nothing has nothing to say.
    ...branch.filter((message) => message.role === 'USER' || message.content !== '').map(asked),
  ];
  return { chat: { messages, options, ...(think !== null && { think }), truncate: true } };
}

function asked(message: ChatMessage): AskedMessage {
  const { content, role } = message;
  return role === 'USER' && message.images.length > 0
    ? { role, content, imageIds: message.images.map((hash: BlobHash) => imageIdOf(hash)) }
    : { role, content };
}

const LONGEST_DEFAULT_TITLE = 60;

/** The beginning of what is said first, in one line, cut where a word ends. */
export function titleOf(content: string): string {
  const line = content.trim().replace(/\s+/g, ' ');
  if (line === '') return 'Images';
  if (line.length <= LONGEST_DEFAULT_TITLE) return line;
  const cut = line.slice(0, LONGEST_DEFAULT_TITLE);
  const end = cut.lastIndexOf(' ');
  return `${(end > LONGEST_DEFAULT_TITLE / 2 ? cut.slice(0, end) : cut).toWellFormed()}…`;
}
