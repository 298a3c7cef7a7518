/** One chat: the branch that is looked at, and where one writes. */
import { useEffect, useRef, useState } from 'react';
import { ChatShownDocument, type ChatShownQuery } from '../../generated/graphql.ts';
import { useAnswer } from '../../live/use-live.ts';
import { Empty, Loaded } from '../../parts/loaded.tsx';
import { Composer } from './composer.tsx';
import { ExportChat } from './export-chat.tsx';
import { Message } from './message.tsx';
import { NO_SETTINGS, settingsOf, Title } from './settings.tsx';
import { useNews } from './use-news.ts';

export function NewConversation() {
  return (
    <section className="card conversation" aria-label="New chat">
      <Empty>
        Say something: the chat is kept by the server, and its answers go on when this page is closed.
      </Empty>
      <Composer chatId={null} model="" settings={NO_SETTINGS} busy={false} onSent={() => {}} />
    </section>
  );
}

export function Conversation({ id, news }: { readonly id: string; readonly news: object | undefined }) {
  const shown = useNews(useAnswer(ChatShownDocument, { id }), news);
  return (
    <section className="card conversation" aria-label="Chat">
      <Loaded shown={shown} lines={10}>
        {({ chat }) =>
          chat ? (
            <Open chat={chat} onChange={shown.again} />
          ) : (
            <>
              <Empty>
                This chat is not there: it was deleted, here or elsewhere. What you typed begins another one.
              </Empty>
              <Composer chatId={null} model="" settings={NO_SETTINGS} busy={false} onSent={() => {}} />
            </>
          )
        }
      </Loaded>
    </section>
  );
}

interface OpenProps {
  readonly chat: NonNullable<ChatShownQuery['chat']>;
  readonly onChange: () => void;
}

function Open({ chat, onChange }: OpenProps) {
  const { activeJob, id, leafId, messages, modelName } = chat;
  const busy = activeJob != null;
  const end = useRef<HTMLLIElement>(null);
  // The newest is what one wants to see.
  useEffect(() => {
    if (leafId != null) end.current?.scrollIntoView({ block: 'nearest' });
  }, [leafId]);
  return (
    <>
      <header className="chat-head">
        <h1 className="unseen">{chat.title}</h1>
        <Title chat={chat} />
        <ExportChat id={id} title={chat.title} />
      </header>
      <ol className="messages">
        {messages.pageInfo.hasPreviousPage && (
          <Earlier id={id} before={messages.pageInfo.startCursor ?? ''} chat={chat} onChange={onChange} />
        )}
        {messages.nodes.map((message) => (
          <Message
            key={message.id}
            chatId={id}
            model={modelName}
            message={message}
            busy={busy}
            onChange={onChange}
          />
        ))}
        <li ref={end} aria-hidden="true" />
      </ol>
      <p className="unseen" aria-live="polite">
        {busy ? 'The answer is being made.' : 'The answer is complete.'}
      </p>
      <Composer chatId={id} model={modelName} settings={settingsOf(chat)} busy={busy} onSent={onChange} />
    </>
  );
}

interface EarlierProps extends OpenProps {
  readonly id: string;
  readonly before: string;
}

/** Long chats begin with their end. */
function Earlier({ id, before, chat, onChange }: EarlierProps) {
  const [asked, setAsked] = useState(false);
  return asked ? (
    <EarlierPage id={id} before={before} chat={chat} onChange={onChange} />
  ) : (
    <li>
      <button type="button" className="button" onClick={() => setAsked(true)}>
        Show earlier messages
      </button>
    </li>
  );
}

function EarlierPage({ id, before, chat, onChange }: EarlierProps) {
  const { value } = useAnswer(ChatShownDocument, { id, before });
  const messages = value?.chat?.messages;
  if (!messages) return null;
  return (
    <>
      {messages.pageInfo.hasPreviousPage && (
        <Earlier id={id} before={messages.pageInfo.startCursor ?? ''} chat={chat} onChange={onChange} />
      )}
      {messages.nodes.map((message) => (
        <Message
          key={message.id}
          chatId={id}
          model={chat.modelName}
          message={message}
          busy={chat.activeJob != null}
          onChange={onChange}
        />
      ))}
    </>
  );
}
