/** Chats in memory. */
import type { Answer, Chat, ChatFilter, ChatMessage, ChatPage, ChatQuery } from '../../domain/chat.ts';
import type { ChatId, ChatMessageId, JobId } from '../../domain/ids.ts';
import type { BlobHash } from '../../domain/request.ts';
import { chatPage, compareChats } from '../chat-paging.ts';
import type { ChatRow, ChatTables } from '../chat-tables.ts';

export class MemoryChats implements ChatTables {
  readonly #chats = new Map<ChatId, ChatRow>();
  /** In the order in which they came. */
  readonly #messages = new Map<ChatMessageId, ChatMessage>();

  byId(id: ChatId): Chat | null {
    const chat = this.#chats.get(id);
    return chat ? this.#whole(chat) : null;
  }

  put(chat: ChatRow): void {
    this.#chats.set(chat.id, chat);
  }

  delete(id: ChatId): void {
    for (const message of this.#of(id)) this.#messages.delete(message.id);
    this.#chats.delete(id);
  }

  count(client: string): number {
    return this.#matching({ client }).length;
  }

  message(id: ChatMessageId): ChatMessage | null {
    return this.#messages.get(id) ?? null;
  }

  insertMessage(message: ChatMessage): void {
    this.#messages.set(message.id, message);
  }

  updateAnswer(answer: Answer): void {
    this.#messages.set(answer.id, answer);
  }

  answerOf(job: JobId): Answer | null {
    return this.#answers([...this.#messages.values()]).find(({ jobId }) => jobId === job) ?? null;
  }

  activeJobs(id: ChatId): readonly JobId[] {
    return this.#answers(this.#of(id))
      .filter(({ end }) => end === null)
      .map(({ jobId }) => jobId);
  }

  newestBelow(id: ChatMessageId): ChatMessageId {
    const below = new Set([id]);
    let newest = id;
    for (const message of this.#messages.values()) {
      if (message.parentId === null || !below.has(message.parentId)) continue;
      below.add(message.id);
      newest = message.id;
    }
    return newest;
  }

  imagesOf(id: ChatId): readonly BlobHash[] {
    return this.#of(id).flatMap((message) => (message.role === 'USER' ? message.images : []));
  }

  list(query: ChatQuery): ChatPage {
    return chatPage(query, ({ filter, below, above, upwards, limit }) =>
      this.#matching(filter)
        .filter(
          (chat) => (!below || compareChats(chat, below) < 0) && (!above || compareChats(chat, above) > 0),
        )
        .sort((a, b) => (upwards ? compareChats(a, b) : compareChats(b, a)))
        .slice(0, limit),
    );
  }

  countMatching(filter: ChatFilter): number {
    return this.#matching(filter).length;
  }

  path(id: ChatId, leaf: ChatMessageId): readonly ChatMessageId[] {
    const ids: ChatMessageId[] = [];
    const last = this.message(leaf);
    for (let at = last?.chatId === id ? last : null; at; at = at.parentId && this.message(at.parentId))
      ids.unshift(at.id);
    return ids;
  }

  alternatives(id: ChatMessageId): readonly ChatMessageId[] {
    const own = this.#messages.get(id);
    return own
      ? this.#of(own.chatId)
          .filter(({ parentId }) => parentId === own.parentId)
          .map((message) => message.id)
      : [];
  }

  #of(id: ChatId): readonly ChatMessage[] {
    return [...this.#messages.values()].filter(({ chatId }) => chatId === id);
  }

  #answers(messages: readonly ChatMessage[]): readonly Answer[] {
    return messages.filter((message) => message.role === 'ASSISTANT');
  }

  #matching({ client, matching = '' }: ChatFilter): Chat[] {
    return [...this.#chats.values()]
      .filter((chat) => chat.client === client && chat.title.toLowerCase().includes(matching.toLowerCase()))
      .map((chat) => this.#whole(chat));
  }

  #whole(chat: ChatRow): Chat {
    return { ...chat, activeJob: this.activeJobs(chat.id).at(-1) ?? null };
  }
}
