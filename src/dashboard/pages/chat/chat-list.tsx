/** The chats that there are, the last used first. */
import { useState } from 'react';
import { Link, useLocation } from 'wouter';
import { type ChatRowFragment, ChatsDocument, DeleteChatDocument } from '../../generated/graphql.ts';
import { useAnswer, useChange } from '../../live/use-live.ts';
import { Action } from '../../parts/action.tsx';
import { Empty, Loaded } from '../../parts/loaded.tsx';
import { Search } from '../../parts/search.tsx';
import { Ago } from '../../parts/when.tsx';
import { useNews } from './use-news.ts';

interface ChatListProps {
  readonly open: string | undefined;
  readonly news: object | undefined;
}

export function ChatList({ open, news }: ChatListProps) {
  const [search, setSearch] = useState('');
  /** Where there is no room beside the chat; else it makes no difference. */
  const [folded, setFolded] = useState(true);
  const chats = useNews(useAnswer(ChatsDocument, { matching: search.trim() }), news);
  return (
    <nav className={`card chat-list ${folded ? 'is-folded' : ''}`} aria-label="Chats">
      <button
        type="button"
        className="button chat-fold"
        aria-expanded={!folded}
        onClick={() => setFolded(!folded)}
      >
        {folded ? 'Show the chats' : 'Hide the chats'}
      </button>
      <Link href="/chat" className="button main" aria-current={open === undefined ? 'page' : undefined}>
        New chat
      </Link>
      <Search value={search} onChange={setSearch} what="chats" />
      <Loaded shown={chats} lines={6}>
        {({ chats: { nodes, totalCount } }) => (
          <>
            {nodes.length === 0 && <Empty>{search === '' ? 'No chats yet.' : 'None has that title.'}</Empty>}
            <ul>
              {nodes.map((chat) => (
                <Row key={chat.id} chat={chat} isOpen={chat.id === open} />
              ))}
            </ul>
            {totalCount > nodes.length && (
              <p className="quiet">and {totalCount - nodes.length} older: search for them</p>
            )}
          </>
        )}
      </Loaded>
    </nav>
  );
}

function Row({ chat, isOpen }: { readonly chat: ChatRowFragment; readonly isOpen: boolean }) {
  const remove = useChange(DeleteChatDocument);
  const [, go] = useLocation();
  const run = async () => {
    if ((await remove.run({ input: { id: chat.id } })) && isOpen) go('/chat');
  };
  return (
    <li className={isOpen ? 'is-open' : ''}>
      <Link href={`/chat/${chat.id}`} data-row aria-current={isOpen ? 'page' : undefined}>
        <span className="cut">{chat.title}</span>
        <span className="quiet cut">
          {chat.activeJob ? 'answering' : <Ago at={chat.updatedAt} />} · {chat.modelName}
        </span>
      </Link>
      <Action
        change={remove}
        run={run}
        about={chat.title}
        ask={`Delete “${chat.title}” for good?`}
        kind="danger"
      >
        Delete
      </Action>
    </li>
  );
}
