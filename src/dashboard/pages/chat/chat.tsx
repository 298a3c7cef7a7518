/** Chats with models: a list of them, and the one that is open. */
import { ChatsChangedDocument } from '../../generated/graphql.ts';
import { useLive } from '../../live/use-live.ts';
import '../../asking/asking.css';
import './chat.css';
import { ChatList } from './chat-list.tsx';
import { Conversation, NewConversation } from './conversation.tsx';

/** @param id absent: one that is not begun yet */
export function Chat({ id }: { readonly id?: string }) {
  // What another tab does is told to all.
  const news = useLive(ChatsChangedDocument, {}).value;
  return (
    <div className="chat-page">
      <ChatList open={id} news={news} />
      {id === undefined ? <NewConversation /> : <Conversation key={id} id={id} news={news} />}
    </div>
  );
}
