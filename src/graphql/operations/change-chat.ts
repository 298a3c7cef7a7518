/** Mutations of chats. */
import type { Chat, Turn } from '../../domain/chat.ts';
import type { ChatId } from '../../domain/ids.ts';
import { builder } from '../builder.ts';
import { ModelOptionsInput } from '../inputs/submit-job.ts';
import { ChatMessageRef, ChatRef } from '../refs.ts';
import { resultUnion } from '../result-union.ts';
import { JobPriorityEnum, ThinkLevelEnum } from '../types/enums.ts';
import {
  ChatBusy,
  ChatNotFound,
  ClientLimitReached,
  ClientQueueFull,
  ContextLengthExceeded,
  IdempotencyConflict,
  InsufficientVram,
  InvalidInput,
  ModelNotFound,
  QueueFull,
  StoreUnwritable,
} from '../types/user-errors.ts';

const PRIORITY = '`HIGH` unless given, or the most urgent one that the client may use.';
const IDEMPOTENCY_KEY =
  'Up to 128 characters. The same key with the same input within 24 hours answers what was taken first.';
const STAYS = 'Kept with the chat. What is left out stays; null takes it away.';

const SendChatMessageInput = builder.inputType('SendChatMessageInput', {
  description: 'A message to a model, in a chat or as the beginning of one.',
  fields: (t) => ({
    chatId: t.id({ description: 'Null begins a chat.' }),
    content: t.string({ required: true, description: 'May be empty beside an image.' }),
    idempotencyKey: t.string({ description: IDEMPOTENCY_KEY }),
    imageIds: t.idList({ description: 'Images that `storeImage` answered, for models that see.' }),
    model: t.string({ required: true }),
    options: t.field({ type: ModelOptionsInput, description: STAYS }),
    parentId: t.id({
      description:
        'The message to go on from. Left out: the last one of the branch that is looked at. Another one begins a branch, so that a message is edited by ' +
        'sending it again after the one before it; null for the beginning of the chat.',
    }),
    priority: t.field({ type: JobPriorityEnum, description: PRIORITY }),
    system: t.string({ description: `In place of the model's own system message. ${STAYS}` }),
    think: t.field({ type: ThinkLevelEnum, description: STAYS }),
  }),
});

const AnswerAgainInput = builder.inputType('AnswerAgainInput', {
  description: 'Ask again for the answer to a message, of the same model or another one.',
  fields: (t) => ({
    idempotencyKey: t.string({ description: IDEMPOTENCY_KEY }),
    messageId: t.id({ required: true, description: 'The message that is answered, or an answer to it.' }),
    model: t.string({ description: 'By default the one last used in the chat.' }),
    priority: t.field({ type: JobPriorityEnum, description: PRIORITY }),
  }),
});

const UpdateChatInput = builder.inputType('UpdateChatInput', {
  description: 'What to change of a chat. What is left out stays.',
  fields: (t) => ({
    id: t.id({ required: true }),
    leafId: t.id({
      description: 'Any message of the branch to look at from now on: it is shown to its newest end.',
    }),
    model: t.string({ description: 'The one to be asked next.' }),
    options: t.field({ type: ModelOptionsInput, description: 'In place of those before.' }),
    system: t.string({ description: 'Null for the one of the model.' }),
    think: t.field({ type: ThinkLevelEnum, description: 'Null for what the model does by itself.' }),
    title: t.string({ description: 'Up to 200 characters.' }),
  }),
});

const DeleteChatInput = builder.inputType('DeleteChatInput', {
  description: 'Which chat to delete.',
  fields: (t) => ({ id: t.id({ required: true }) }),
});

const SendChatMessageResult = resultUnion(
  'SendChatMessageResult',
  builder.objectRef<Turn>('SendChatMessagePayload').implement({
    description: 'It is on disk, and the job that answers is in the queue.',
    fields: (t) => ({
      answer: t.expose('answer', {
        type: ChatMessageRef,
        description:
          'Empty as yet: its job produces it. To stop that, cancel the job; what it has said stays.',
      }),
      chat: t.expose('chat', { type: ChatRef }),
      question: t.expose('question', {
        type: ChatMessageRef,
        nullable: true,
        description: 'Null when only an answer was asked for again.',
      }),
    }),
  }),
  [
    ChatBusy,
    ChatNotFound,
    ClientLimitReached,
    ClientQueueFull,
    ContextLengthExceeded,
    IdempotencyConflict,
    InsufficientVram,
    InvalidInput,
    ModelNotFound,
    QueueFull,
    StoreUnwritable,
  ],
);

const UpdateChatResult = resultUnion(
  'UpdateChatResult',
  builder.objectRef<{ readonly chat: Chat }>('UpdateChatPayload').implement({
    description: 'The change is on disk.',
    fields: (t) => ({ chat: t.expose('chat', { type: ChatRef }) }),
  }),
  [ChatNotFound, InvalidInput, StoreUnwritable],
);

const DeleteChatResult = resultUnion(
  'DeleteChatResult',
  builder.objectRef<{ readonly id: ChatId }>('DeleteChatPayload').implement({
    description: 'The chat is gone with its messages and images. A job that worked for it is cancelled.',
    fields: (t) => ({ id: t.exposeID('id') }),
  }),
  [ChatNotFound, StoreUnwritable],
);

builder.mutationFields((t) => ({
  sendChatMessage: t.field({
    type: SendChatMessageResult.ref,
    description: 'Say something in a chat, and have a job answer it. One answer of a chat is made at a time.',
    args: { input: t.arg({ type: SendChatMessageInput, required: true }) },
    resolve: (_root, { input }, { accept, chats, principal }) =>
      SendChatMessageResult.settle(() => {
        accept.count(input);
        return chats.send(principal, input);
      }),
  }),
  answerAgain: t.field({
    type: SendChatMessageResult.ref,
    description: 'Ask again for the answer to a message. The answers before stay, as its alternatives.',
    args: { input: t.arg({ type: AnswerAgainInput, required: true }) },
    resolve: (_root, { input }, { chats, principal }) =>
      SendChatMessageResult.settle(() => chats.answerAgain(principal, input)),
  }),
  updateChat: t.field({
    type: UpdateChatResult.ref,
    description: 'Name a chat, choose what it is answered with, or show another branch of it.',
    args: { input: t.arg({ type: UpdateChatInput, required: true }) },
    resolve: (_root, { input: { id, ...change } }, { chats, principal }) =>
      UpdateChatResult.settle(async () => ({ chat: await chats.update(principal, id, change) })),
  }),
  deleteChat: t.field({
    type: DeleteChatResult.ref,
    description: 'Delete a chat.',
    args: { input: t.arg({ type: DeleteChatInput, required: true }) },
    resolve: (_root, { input }, { chats, principal }) =>
      DeleteChatResult.settle(async () => ({ id: await chats.delete(principal, input.id) })),
  }),
}));
