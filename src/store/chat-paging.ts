/** Pages of the list of chats, whatever holds them. */
import type { Chat, ChatFilter, ChatPage, ChatPosition, ChatQuery } from '../domain/chat.ts';

/** The matching chats that were last used between two others, both exclusive, from the later ones down, or from the earlier ones up. */
export interface ChatWalk {
  readonly filter: ChatFilter;
  readonly below: ChatPosition | undefined;
  readonly above: ChatPosition | undefined;
  readonly upwards: boolean;
  readonly limit: number;
}

export function chatPage(query: ChatQuery, walk: (walk: ChatWalk) => readonly Chat[]): ChatPage {
  const { filter, after, before, fromEnd, limit } = query;
  const found = walk({ filter, below: after, above: before, upwards: fromEnd, limit });
  const chats = fromEnd ? found.toReversed() : found;
  const first = chats.at(0) ?? before;
  const last = chats.at(-1) ?? after;
  const exists = (range: Pick<ChatWalk, 'below' | 'above'>) =>
    walk({ filter, ...range, upwards: false, limit: 1 }).length > 0;
  return {
    chats,
    hasPrevious: first !== undefined && exists({ below: undefined, above: first }),
    hasNext: last !== undefined && exists({ below: last, above: undefined }),
  };
}

export function compareChats(a: ChatPosition, b: ChatPosition): number {
  return a.updatedAt - b.updatedAt || (a.id < b.id ? -1 : Number(a.id > b.id));
}
