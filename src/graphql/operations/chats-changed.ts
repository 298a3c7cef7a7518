/** `chatsChanged`: what becomes of the caller's chats, wherever it is done. */
import type { ChatId } from '../../domain/ids.ts';
import { ChatFeed } from '../../events/chat-feed.ts';
import { builder } from '../builder.ts';
import { ChatRef } from '../refs.ts';

const ChatEventRef = builder.objectRef<{ readonly id: ChatId }>('ChatEvent').implement({
  description: 'That a chat is new, other than it was, or gone.',
  fields: (t) => ({
    chat: t.field({
      type: ChatRef,
      nullable: true,
      description: 'As it is now; null when it was deleted.',
      resolve: ({ id }, _args, { chats, principal }) => chats.find(principal, id),
    }),
    id: t.exposeID('id'),
  }),
});

builder.subscriptionField('chatsChanged', (t) =>
  t.field({
    type: ChatEventRef,
    description:
      "The caller's own chats that are new, changed or deleted from now on, so that all of its pages show the same. A slow client is sent the " +
      'newest state of each only. What an answer says while it is made is told by `jobOutput`.',
    subscribe: (_root, _args, { chatNews, events: log, principal }) =>
      new ChatFeed({ client: principal.client, log, follow: chatNews }),
    resolve: (id) => ({ id }),
  }),
);
