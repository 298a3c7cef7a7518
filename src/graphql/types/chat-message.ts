/** What is said in a chat, by a person or a model. */
import type { AnswerEnd, ChatMessage } from '../../domain/chat.ts';
import { imageIdOf } from '../../domain/image.ts';
import { textOnChannel } from '../../events/output-text.ts';
import type { GraphQLContext } from '../context.ts';
import { NodeRef } from '../node.ts';
import { ChatMessageRef, ImageRef, JobRef } from '../refs.ts';
import { ChatRoleEnum, JobStatusEnum, type OutputChannelEnum } from './enums.ts';
import { JobFailureRef } from './job.ts';
import { TokenUsageRef } from './job-result.ts';

/** What has been said by now: of a job that runs, it is with its output. */
function said(
  message: ChatMessage,
  channel: typeof OutputChannelEnum.$inferType,
  { outputs }: GraphQLContext,
): string {
  if (message.role === 'USER') return channel === 'TEXT' ? message.content : '';
  const running = message.end ? undefined : outputs.present(message.jobId);
  if (running) return textOnChannel(running.text, channel);
  return channel === 'TEXT' ? message.content : message.thinking;
}

function endOf(message: ChatMessage): AnswerEnd | null {
  return message.role === 'ASSISTANT' ? message.end : null;
}

ChatMessageRef.implement({
  description: 'A message of a chat.',
  interfaces: [NodeRef],
  fields: (t) => ({
    alternatives: t.idList({
      description: 'The messages that stand in its place in other branches, itself included, oldest first.',
      resolve: ({ id }, _args, { chats }) => chats.alternatives(id),
    }),
    content: t.string({
      description: 'While its job runs, what that has produced by now: follow it with `jobOutput`.',
      resolve: (message, _args, context) => said(message, 'TEXT', context),
    }),
    createdAt: t.expose('createdAt', { type: 'DateTime' }),
    failure: t.field({
      type: JobFailureRef,
      nullable: true,
      description: 'Why there is no whole answer; null when there is one, or may be.',
      resolve: (message) => endOf(message)?.failure ?? null,
    }),
    images: t.field({
      type: [ImageRef],
      resolve: async (message, _args, { loaders }) => {
        if (message.role === 'ASSISTANT') return [];
        const found = await Promise.all(message.images.map((hash) => loaders.image.load(imageIdOf(hash))));
        return found.filter((image) => image !== null);
      },
    }),
    isCut: t.boolean({
      description: 'Whether an answer ends where as many tokens were produced as may be.',
      resolve: (message) => endOf(message)?.isCut ?? false,
    }),
    job: t.field({
      type: JobRef,
      nullable: true,
      description:
        'What produces or produced it; null for what a person wrote, and when the job is forgotten.',
      resolve: (message, _args, { loaders }) =>
        message.role === 'ASSISTANT' ? loaders.job.load(message.jobId) : null,
    }),
    modelName: t.string({
      nullable: true,
      description: 'Which model says it; null for what a person wrote.',
      resolve: (message) => (message.role === 'ASSISTANT' ? message.modelName : null),
    }),
    parentId: t.exposeID('parentId', {
      nullable: true,
      description: 'The message before it; null for one that begins the chat.',
    }),
    role: t.field({ type: ChatRoleEnum, resolve: ({ role }) => role }),
    status: t.field({
      type: JobStatusEnum,
      nullable: true,
      description:
        'How its job ended, kept as long as the message; null while it has not, and for what a person wrote.',
      resolve: (message) => endOf(message)?.status ?? null,
    }),
    thinking: t.string({
      nullable: true,
      description: 'What the model thought before; null when it did not.',
      resolve: (message, _args, context) => said(message, 'THINKING', context) || null,
    }),
    truncated: t.boolean({
      description: 'Whether the oldest messages were left out, as the context had no room for them.',
      resolve: (message) => endOf(message)?.truncated ?? false,
    }),
    usage: t.field({
      type: TokenUsageRef,
      nullable: true,
      description: 'Of a complete answer.',
      resolve: (message) => endOf(message)?.usage ?? null,
    }),
  }),
});
