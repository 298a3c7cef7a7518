/** What jobs were asked to do, a type for each kind; images by reference. */
import type { GraphQLResolveInfo } from 'graphql';
import type { ChatOptions } from '../../domain/chat.ts';
import { imageIdOf } from '../../domain/image.ts';
import type { Job } from '../../domain/job.ts';
import { parseQueueKey } from '../../domain/queue-key.ts';
import type { BlobHash, ChatMessage, JobRequest, RequestOf } from '../../domain/request.ts';
import { builder } from '../builder.ts';
import type { GraphQLContext } from '../context.ts';
import { ImageRef } from '../refs.ts';
import { ThinkLevelEnum } from './enums.ts';
import { ModelOptionsRef } from './model-options.ts';

interface Asked {
  /** Its options, with the context length that was asked for. */
  readonly asked: ChatOptions;
}

/** Null when the job was forgotten meanwhile. */
export async function requestOf(
  { id, queue }: Pick<Job, 'id' | 'queue'>,
  { answer, store }: GraphQLContext,
  info: GraphQLResolveInfo,
): Promise<(JobRequest & Asked) | null> {
  const bytes = await store.requestSize(id);
  if (bytes === null) return null;
  await answer.take(bytes, info);
  const request = await store.request(id);
  if (!request) return null;
  const { chosen, contextLength } = parseQueueKey(queue);
  const context = !chosen && contextLength !== null ? { contextLength } : {};
  return { ...request, asked: { ...request.options, ...context } };
}

/** Those that are still there, and that the caller may see. */
async function imagesOf(hashes: readonly BlobHash[] | undefined, { loaders }: GraphQLContext) {
  const found = await Promise.all((hashes ?? []).map((hash) => loaders.image.load(imageIdOf(hash))));
  return found.filter((image) => image !== null);
}

const ChatRequestMessageRef = builder.objectRef<ChatMessage>('ChatRequestMessage').implement({
  description: 'A message of a conversation.',
  fields: (t) => ({
    content: t.exposeString('content'),
    images: t.field({
      type: [ImageRef],
      description: 'Those that are still kept.',
      resolve: ({ images }, _args, context) => imagesOf(images, context),
    }),
    role: t.exposeString('role', {
      description: 'Who speaks: `user`, `assistant`, `system`, `tool`, or as submitted.',
    }),
    thinking: t.exposeString('thinking', {
      nullable: true,
      description: 'What the model thought before it; null where it is not told.',
    }),
    toolCalls: t.field({
      type: 'JSON',
      nullable: true,
      description: 'The calls that the assistant made; null without any.',
      resolve: ({ toolCalls }) => toolCalls ?? null,
    }),
    toolName: t.exposeString('toolName', {
      nullable: true,
      description: 'Whose answer a message of a tool is; null for all others.',
    }),
  }),
});

const ChatRequestRef = builder.objectRef<RequestOf<'CHAT'> & Asked>('ChatRequest').implement({
  description: 'A conversation that is to go on.',
  fields: (t) => ({
    format: t.field({
      type: 'JSON',
      nullable: true,
      description: '`json` or the JSON schema of the answer; null where the request names no form.',
      resolve: ({ format }) => format ?? null,
    }),
    messages: t.expose('messages', { type: [ChatRequestMessageRef] }),
    options: t.field({ type: ModelOptionsRef, resolve: ({ asked }) => asked }),
    think: t.expose('think', {
      type: ThinkLevelEnum,
      nullable: true,
      description: 'Null where the model decides.',
    }),
    tools: t.field({
      type: ['JSON'],
      nullable: true,
      description: 'What the model may call; null without any.',
      resolve: ({ tools }) => tools ?? null,
    }),
  }),
});

const GenerateRequestRef = builder.objectRef<RequestOf<'GENERATE'> & Asked>('GenerateRequest').implement({
  description: 'A prompt that is to be answered.',
  fields: (t) => ({
    format: t.field({
      type: 'JSON',
      nullable: true,
      description: '`json` or the JSON schema of the answer; null where the request names no form.',
      resolve: ({ format }) => format ?? null,
    }),
    images: t.field({
      type: [ImageRef],
      description: 'Those that are still kept.',
      resolve: ({ images }, _args, context) => imagesOf(images, context),
    }),
    options: t.field({ type: ModelOptionsRef, resolve: ({ asked }) => asked }),
    prompt: t.exposeString('prompt'),
    raw: t.boolean({ resolve: ({ raw }) => raw ?? false }),
    suffix: t.exposeString('suffix', {
      nullable: true,
      description: 'What comes after the text that is to be filled in; null for nothing.',
    }),
    system: t.exposeString('system', { nullable: true, description: 'Null for that of the model.' }),
    think: t.expose('think', {
      type: ThinkLevelEnum,
      nullable: true,
      description: 'Null where the model decides.',
    }),
  }),
});

const EmbedRequestRef = builder.objectRef<RequestOf<'EMBED'> & Asked>('EmbedRequest').implement({
  description: 'Texts of which vectors are to be made.',
  fields: (t) => ({
    dimensions: t.exposeInt('dimensions', {
      nullable: true,
      description: 'Of each vector; null for as many as the model makes.',
    }),
    input: t.exposeStringList('input'),
    options: t.field({ type: ModelOptionsRef, resolve: ({ asked }) => asked }),
  }),
});

const REFS = { CHAT: ChatRequestRef, EMBED: EmbedRequestRef, GENERATE: GenerateRequestRef } as const;

export const JobRequestRef = builder.unionType('JobRequest', {
  description: 'What a job was asked to do.',
  types: Object.values(REFS),
  resolveType: ({ kind }) => REFS[kind],
});
