/** The caller's side of chats. */
import type {
  Chat,
  ChatChange,
  ChatFilter,
  ChatMessage,
  ChatNews,
  ChatPage,
  ChatQuery,
  ChatStore,
  NewTurn,
  TurnOutcome,
} from '../domain/chat.ts';
import type { ChatId, ChatMessageId } from '../domain/ids.ts';
import type { ReadScope } from '../domain/read-scope.ts';
import { pageLimit } from './encode.ts';
import { encodeChatChange, encodeChatFilter, encodeTurn } from './encode-chat.ts';
import type { Calls } from './file-room.ts';

export class ChatRoom implements ChatStore {
  readonly #calls: Calls;
  readonly #listeners = new Set<(news: readonly ChatNews[]) => void>();

  constructor(calls: Calls) {
    this.#calls = calls;
  }

  /** @throws UnstorableValueError */
  async take(turn: NewTurn): Promise<TurnOutcome> {
    return this.#calls.write('takeTurn', encodeTurn(turn));
  }

  /** @throws UnstorableValueError */
  async update(id: ChatId, change: ChatChange): Promise<Chat | 'no-message' | null> {
    return this.#calls.write('updateChat', { id, ...encodeChatChange(change) });
  }

  delete(id: ChatId): Promise<boolean> {
    return this.#calls.write('deleteChat', id);
  }

  chats(ids: readonly ChatId[]): Promise<readonly (Chat | null)[]> {
    return this.#calls.read('chats', ids);
  }

  list(query: ChatQuery, scope?: ReadScope): Promise<ChatPage> {
    const filter = encodeChatFilter(query.filter);
    return this.#calls.read('listChats', { ...query, filter, limit: pageLimit(query.limit) }, scope);
  }

  count(filter: ChatFilter, scope?: ReadScope): Promise<number> {
    return this.#calls.read('countChats', encodeChatFilter(filter), scope);
  }

  path(id: ChatId, leaf: ChatMessageId): Promise<readonly ChatMessageId[]> {
    return this.#calls.read('chatPath', { id, leaf });
  }

  messages(ids: readonly ChatMessageId[]): Promise<readonly (ChatMessage | null)[]> {
    return this.#calls.read('chatMessages', ids);
  }

  alternatives(ids: readonly ChatMessageId[]): Promise<readonly (readonly ChatMessageId[])[]> {
    return this.#calls.read('chatAlternatives', ids);
  }

  readonly onNews = (listener: (news: readonly ChatNews[]) => void): (() => void) => {
    const own = (news: readonly ChatNews[]) => listener(news);
    this.#listeners.add(own);
    return () => void this.#listeners.delete(own);
  };

  /** To be called after a commit. */
  tell(news: readonly ChatNews[]): void {
    for (const listener of this.#listeners) listener(news);
  }
}
