/** One chat: the branch that is looked at, and where one writes. */
import { useState } from 'react';
import { NO_SETTINGS, settingsOf } from '../../asking/settings.ts';
import { ChatShownDocument, type ChatShownQuery } from '../../generated/graphql.ts';
import { useAnswer } from '../../live/use-live.ts';
import { Empty, Loaded } from '../../parts/loaded.tsx';
import { Composer } from './composer.tsx';
import { ExportChat } from './export-chat.tsx';
import { Message } from './message.tsx';
import { Title } from './title.tsx';
import { useNews } from './use-news.ts';
import { useShownEnd } from './use-shown-end.ts';

export function NewConversation() {
  return (
    <section className="card conversation" aria-label="New chat">
      <h1 className="unseen">New chat</h1>
      <Empty>
        Say something: the chat is kept by the server, and its answers go on when this page is closed.
      </Empty>
      <Composer chatId={null} model="" settings={NO_SETTINGS} answering={null} onSent={() => {}} />
    </section>
  );
}

export function Conversation({ id, news }: { readonly id: string; readonly news: object | undefined }) {
  const shown = useNews(useAnswer(ChatShownDocument, { id }), news);
  return (
    <section className="card conversation" aria-label="Chat">
      <h1 className="unseen">{shown.value?.chat?.title ?? 'Chat'}</h1>
      <Loaded shown={shown} lines={10}>
        {({ chat }) =>
          chat ? (
            <Open chat={chat} onChange={shown.again} />
          ) : (
            <>
              <Empty>
                This chat is not there: it was deleted, here or elsewhere. What you typed begins another one.
              </Empty>
              <Composer chatId={null} model="" settings={NO_SETTINGS} answering={null} onSent={() => {}} />
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
  const list = useShownEnd(leafId);
  return (
    <>
      <header className="chat-head">
        <Title chat={chat} />
        <ExportChat id={id} title={chat.title} />
      </header>
      <ol className="messages" ref={list}>
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
      </ol>
      <p className="unseen" aria-live="polite">
        {busy ? 'The answer is being made.' : 'The answer is complete.'}
      </p>
      <Composer
        chatId={id}
        model={modelName}
        settings={settingsOf(chat)}
        answering={activeJob?.id ?? null}
        onSent={onChange}
      />
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
