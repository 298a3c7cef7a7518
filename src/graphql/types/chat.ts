/** Chats: conversations that are kept until they are deleted. */
import type { Chat, ChatMessage, ChatPosition } from '../../domain/chat.ts';
import { type ChatId, isId } from '../../domain/ids.ts';
import { builder } from '../builder.ts';
import { NodeRef } from '../node.ts';
import { connectionOf, pageOf, pageRange } from '../paging.ts';
import { ChatMessageRef, ChatRef, JobRef } from '../refs.ts';
import { ThinkLevelEnum } from './enums.ts';
import { ModelOptionsRef } from './model-options.ts';

const ChatMessageConnection = builder.connectionObject(
  { type: ChatMessageRef, name: 'ChatMessageConnection', description: 'A page of the messages of a chat.' },
  { name: 'ChatMessageEdge', description: 'A message and its place in the list.' },
);

ChatRef.implement({
  description: 'A conversation that is kept until it is deleted. Belongs to the client that began it.',
  interfaces: [NodeRef],
  fields: (t) => ({
    activeJob: t.field({
      type: JobRef,
      nullable: true,
      description: 'The job that produces the next message; null when none does.',
      resolve: ({ activeJob }, _args, { loaders }) => activeJob && loaders.job.load(activeJob),
    }),
    client: t.exposeString('client', { description: 'Whose it is.' }),
    createdAt: t.expose('createdAt', { type: 'DateTime' }),
    leafId: t.exposeID('leaf', {
      nullable: true,
      description: 'The last message of the branch that was looked at last; null before there is any.',
    }),
    messages: t.connection(
      {
        type: ChatMessageRef,
        description:
          'The messages from the first to `leaf`, or to `leafId`, oldest first. Give exactly one of `first` and `last` (at most 100).',
        args: { leaf: t.arg.id({ description: 'The last message of a branch.' }) },
        resolve: async (chat, { leaf, ...args }, { answer, chats }, info) => {
          const range = pageRange(args, (text) => (isId('msg', text) ? text : undefined));
          let hasPrevious = false;
          let hasNext = false;
          const page = await chats.branch(chat, leaf ?? null, (ids) => {
            const places = new Map(ids.map((id, place) => [id, place]));
            const placeOf = (id: (typeof ids)[number]) => places.get(id) ?? -1;
            const found = pageOf(ids, range, (id, position) => placeOf(id) - placeOf(position));
            ({ hasNext, hasPrevious } = found);
            const from = found.items[0] === undefined ? 0 : placeOf(found.items[0]);
            return [from, from + found.items.length];
          });
          const texts = page.messages.map((message) => message.content.length + thinkingOf(message).length);
          await answer.take(
            texts.reduce((sum, length) => sum + length, 0),
            info,
          );
          return connectionOf<ChatMessage>(
            { items: page.messages, hasPrevious, hasNext },
            ({ id }) => id,
            () => page.ids.length,
          );
        },
      },
      ChatMessageConnection,
    ),
    modelName: t.exposeString('modelName', { description: 'The one last used.' }),
    options: t.expose('options', { type: ModelOptionsRef }),
    system: t.exposeString('system', {
      nullable: true,
      description: "In place of the model's own system message; null for that one.",
    }),
    think: t.expose('think', {
      type: ThinkLevelEnum,
      nullable: true,
      description: 'Null for what the model does by itself.',
    }),
    title: t.exposeString('title', { description: 'By default the beginning of its first message.' }),
    updatedAt: t.expose('updatedAt', {
      type: 'DateTime',
      description: 'When something was last said or changed.',
    }),
  }),
});

function thinkingOf(message: ChatMessage): string {
  return message.role === 'ASSISTANT' ? message.thinking : '';
}

const ChatConnection = builder.connectionObject(
  { type: ChatRef, name: 'ChatConnection', description: 'A page of chats.' },
  { name: 'ChatEdge', description: 'A chat and its place in the list.' },
);

builder.queryFields((t) => ({
  chat: t.field({
    type: ChatRef,
    nullable: true,
    description: 'A chat by id; null when there is none.',
    args: { id: t.arg.id({ required: true }) },
    resolve: (_root, { id }, { chats, principal }) => chats.find(principal, id),
  }),
  chats: t.connection(
    {
      type: ChatRef,
      description:
        "The caller's own chats, the last used first. Give exactly one of `first` and `last` (at most 100).",
      args: { matching: t.arg.string({ description: 'Those whose title has this text in it.' }) },
      resolve: async (_root, { matching, ...args }, { chats, principal, scope }) => {
        const wanted = matching ?? undefined;
        const page = await chats.list(principal, pageRange(args, positionOf), wanted, scope);
        return connectionOf<Chat>(
          { items: page.chats, hasPrevious: page.hasPrevious, hasNext: page.hasNext },
          ({ updatedAt, id }) => `${updatedAt}:${id}`,
          () => chats.count(principal, wanted, scope),
        );
      },
    },
    ChatConnection,
  ),
}));

function positionOf(text: string): ChatPosition | undefined {
  const [, time, id = ''] = /^(\d{1,16}):(.+)$/.exec(text) ?? [];
  return time !== undefined && isId('chat', id) ? { updatedAt: Number(time), id: id as ChatId } : undefined;
}
