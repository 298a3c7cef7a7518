/** The door to chats: whoever comes sees its own, and what is said becomes a job like any other. */
import { createHash } from 'node:crypto';
import { type AcceptService, IdempotencyConflictError } from '../accept/accept-service.ts';
import { lessUrgent } from '../accept/admit.ts';
import { unknownImages } from '../accept/blobs.ts';
import { queueFull } from '../accept/queue-full.ts';
import { readJob } from '../accept/read-input.ts';
import type { Clock, Random } from '../clock.ts';
import {
  CHAT_LIMITS,
  type Chat,
  type ChatFilter,
  type ChatLimits,
  type ChatMessage,
  type ChatPage,
  type ChatQuery,
  type ChatSettings,
  type NewTurn,
  type Turn,
  type TurnOutcome,
} from '../domain/chat.ts';
import { InvalidInputError } from '../domain/errors.ts';
import { type ChatId, type ChatMessageId, isId, newId } from '../domain/ids.ts';
import type { JobPriority } from '../domain/job.ts';
import { canonicalJson } from '../domain/json.ts';
import { letChange, onlyClient, type Principal, sees } from '../domain/principal.ts';
import type { NewJob, ReadScope, Store } from '../domain/store.ts';
import { readAgain, readChange, readSend, settingsIn } from './chat-input.ts';
import { requestOf, titleOf } from './conversation.ts';
import { ChatBusyError, ChatNotFoundError } from './errors.ts';

export interface ChatServiceDependencies {
  readonly store: Pick<Store, 'chats'>;
  readonly accept: Pick<AcceptService, 'checkAllowance' | 'prepare' | 'retryAfterMs'>;
  readonly queueLimit: number;
  readonly clock: Clock;
  readonly random: Random;
  /** Absent: the usual ones. */
  readonly limits?: ChatLimits;
}

/** Of a branch: which messages it has, and some of them. */
export interface BranchPage {
  readonly ids: readonly ChatMessageId[];
  /** Where the first of `messages` stands among `ids`. */
  readonly from: number;
  readonly messages: readonly ChatMessage[];
}

const FULL: Readonly<Record<keyof ChatLimits, (limit: number) => string>> = {
  chatsPerClient: (limit) =>
    `would be one more than the ${limit} that are kept of a client. Delete one first.`,
  messages: (limit) => `has the ${limit} messages that a chat may have. Begin another one.`,
  characters: (limit) =>
    `would be longer than the ${limit} characters that a chat may have. Begin another one.`,
};

export class ChatService {
  readonly #deps: ChatServiceDependencies;

  constructor(deps: ChatServiceDependencies) {
    this.#deps = deps;
  }

  /** Null for a text that is no id, and for what is not there for this caller. */
  async find(principal: Principal, id: string): Promise<Chat | null> {
    if (!isId('chat', id)) return null;
    const [chat] = await this.#deps.store.chats.chats([id]);
    return chat && sees(principal, chat) ? chat : null;
  }

  /** As `find`. */
  async findMessage(principal: Principal, id: string): Promise<ChatMessage | null> {
    if (!isId('msg', id)) return null;
    const [message] = await this.#deps.store.chats.messages([id]);
    return message && (await this.find(principal, message.chatId)) ? message : null;
  }

  /** Of the caller alone, whoever it is. */
  list(
    { client }: Principal,
    query: Omit<ChatQuery, 'filter'>,
    matching?: string,
    scope?: ReadScope,
  ): Promise<ChatPage> {
    return this.#deps.store.chats.list({ ...query, filter: filterOf(client, matching) }, scope);
  }

  count({ client }: Principal, matching?: string, scope?: ReadScope): Promise<number> {
    return this.#deps.store.chats.count(filterOf(client, matching), scope);
  }

  /** The branch to `leaf`, with the messages that `pick` names of its ids. @param leaf null for the one that is looked at */
  async branch(
    chat: Chat,
    leaf: string | null,
    pick: (ids: readonly ChatMessageId[]) => readonly [from: number, to: number],
  ): Promise<BranchPage> {
    const end = leaf ?? chat.leaf;
    const ids = end !== null && isId('msg', end) ? await this.#deps.store.chats.path(chat.id, end) : [];
    const [from, to] = pick(ids);
    return { ids, from, messages: present(await this.#deps.store.chats.messages(ids.slice(from, to))) };
  }

  async alternatives(id: ChatMessageId): Promise<readonly ChatMessageId[]> {
    const [ids] = await this.#deps.store.chats.alternatives([id]);
    return ids ?? [];
  }

  /**
   * @param input of the form of `SendChatMessageInput`
   * @throws what `AcceptService.admit` does, ChatNotFoundError, ChatBusyError
   */
  async send(principal: Principal, input: unknown): Promise<Turn> {
    const { chatId, content, idempotencyKey, imageIds, model, parentId, priority, ...rest } = readSend(input);
    const chat = chatId === undefined ? null : await this.#own(principal, chatId);
    const after = parentId === undefined ? (chat?.leaf ?? null) : (parentId as ChatMessageId | null);
    const settings = { ...settingsFor(chat), ...settingsIn(rest), modelName: model };
    const images = [...new Set((imageIds ?? []).map(({ stored }) => stored))];
    const id = newId('msg', this.#deps.clock, this.#deps.random);
    const before = await this.#messagesTo(chat, after);
    const question: ChatMessage = {
      id,
      chatId: chat?.id ?? newId('chat', this.#deps.clock, this.#deps.random),
      parentId: after,
      role: 'USER',
      content,
      images,
      createdAt: this.#deps.clock.now(),
    };
    return this.#take(principal, {
      chat: {
        id: question.chatId,
        client: chat?.client ?? principal.client,
        title: chat ? null : titleOf(content),
      },
      settings,
      branch: [...before, question],
      question: { id, content, images },
      parentId: after,
      priority,
      key: idempotencyKey,
      asked: { chatId, content, images, parentId, model, ...settingsIn(rest) },
    });
  }

  /** @param input of the form of `AnswerAgainInput` @throws as `send` */
  async answerAgain(principal: Principal, input: unknown): Promise<Turn> {
    const { idempotencyKey, messageId, model, priority } = readAgain(input);
    const message = await this.findMessage(principal, messageId);
    const questionId = message?.role === 'ASSISTANT' ? message.parentId : message?.id;
    const chat = message && (await this.find(principal, message.chatId));
    if (!chat || !questionId) throw new ChatNotFoundError(messageId);
    letChange(principal, chat);
    const settings = { ...settingsFor(chat), ...(model !== undefined && { modelName: model }) };
    return this.#take(principal, {
      chat: { id: chat.id, client: chat.client, title: null },
      settings,
      branch: await this.#messagesTo(chat, questionId),
      question: null,
      parentId: questionId,
      priority,
      key: idempotencyKey,
      asked: { questionId, model },
    });
  }

  /** @param input of the form of `UpdateChatInput` @throws InvalidInputError, ChatNotFoundError */
  async update(principal: Principal, id: string, input: unknown): Promise<Chat> {
    const change = readChange(input);
    const { id: known } = await this.#own(principal, id);
    const updated = await this.#deps.store.chats.update(known, change);
    if (updated === 'no-message') throw issue('leafId', 'is no message of this chat.');
    if (!updated) throw new ChatNotFoundError(id);
    return updated;
  }

  /** @throws ChatNotFoundError */
  async delete(principal: Principal, id: string): Promise<ChatId> {
    const chat = await this.#own(principal, id);
    if (!(await this.#deps.store.chats.delete(chat.id))) throw new ChatNotFoundError(id);
    return chat.id;
  }

  async #own(principal: Principal, id: string): Promise<Chat> {
    const chat = await this.find(principal, id);
    if (!chat) throw new ChatNotFoundError(id);
    letChange(principal, chat);
    return chat;
  }

  async #messagesTo(chat: Chat | null, leaf: ChatMessageId | null): Promise<readonly ChatMessage[]> {
    const { chats } = this.#deps.store;
    return chat && leaf ? present(await chats.messages(await chats.path(chat.id, leaf))) : [];
  }

  async #take(principal: Principal, asked: AskedTurn): Promise<Turn> {
    const { branch, chat, key, parentId, priority, question, settings } = asked;
    const { accept, clock, limits = CHAT_LIMITS, queueLimit, random, store } = this.#deps;
    accept.checkAllowance(chat.client);
    const prepared = accept.prepare(
      principal,
      readJob(
        {
          model: settings.modelName,
          // Somebody waits in front of it.
          priority: priority ?? lessUrgent('HIGH', principal.maxPriority),
          labels: [{ key: 'chat', value: chat.id }],
          request: requestOf(settings, branch),
        },
        clock,
      ),
    );
    // A job of a chat is its owner's, also where an administrator speaks.
    const job: NewJob = { ...prepared.job, client: chat.client };
    const turn: NewTurn = {
      ...settings,
      chat,
      parentId,
      question,
      answerId: newId('msg', clock, random),
      job,
      imagesOf: onlyClient(principal),
      idempotency: key === undefined ? null : { key, inputHash: hashOf(asked.asked) },
      queueLimit,
      limits,
    };
    return this.#settled(turn, limits, await store.chats.take(turn));
  }

  #settled(turn: NewTurn, limits: ChatLimits, outcome: TurnOutcome): Turn {
    switch (outcome.kind) {
      case 'taken':
      case 'duplicate':
        return outcome;
      case 'conflict':
        throw new IdempotencyConflictError(outcome.existing);
      case 'no-chat':
        throw new ChatNotFoundError(turn.chat.id);
      case 'no-parent':
        throw issue('parentId', 'is no message of this chat.');
      case 'busy':
        throw new ChatBusyError(outcome.job);
      case 'full':
        throw issue('chatId', FULL[outcome.what](limits[outcome.what]));
      case 'queue-full':
        throw queueFull(outcome, (client) => this.#deps.accept.retryAfterMs(client));
      case 'unknown-images':
        throw unknownImages({ batch: null, jobs: [turn.job] }, outcome.hashes);
      default:
        return outcome satisfies never;
    }
  }
}

interface AskedTurn extends Pick<NewTurn, 'chat' | 'parentId' | 'question'> {
  readonly settings: ChatSettings;
  /** All that is said before the answer. */
  readonly branch: readonly ChatMessage[];
  readonly priority: JobPriority | undefined;
  readonly key: string | undefined;
  /** What makes two of them the same: what the caller said, not what the chat had by then. */
  readonly asked: object;
}

function settingsFor(chat: Chat | null): ChatSettings {
  if (!chat) return { modelName: '', system: null, options: {}, think: null };
  const { modelName, options, system, think } = chat;
  return { modelName, options, system, think };
}

function filterOf(client: string, matching: string | undefined): ChatFilter {
  return { client, ...(matching !== undefined && matching !== '' && { matching }) };
}

function hashOf(asked: object): string {
  return createHash('sha256').update(canonicalJson(asked)).digest('hex');
}

function issue(field: string, message: string): InvalidInputError {
  return new InvalidInputError([{ path: [field], message }]);
}

function present<T>(all: readonly (T | null)[]): readonly T[] {
  return all.filter((one) => one !== null);
}
