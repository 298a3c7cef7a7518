/**
 * Conversations that the server keeps: messages in a tree, whose branches begin where a question was put otherwise or asked again. An answer is
 * the work of a job; what the job said becomes the message in the commit in which the job ends.
 */
import type { ChatId, ChatMessageId, JobId } from './ids.ts';
import type { Job, JobFailure, TokenUsage } from './job.ts';
import type { JsonObject } from './json.ts';
import type { NewJob } from './new-job.ts';
import type { QueueFull } from './queue-full.ts';
import type { ReadScope } from './read-scope.ts';
import type { BlobHash, ThinkLevel } from './request.ts';
import { MiB } from './units.ts';

/** How the model of a chat is run. A null that stands for nothing of the kind is left out. */
export interface ChatOptions {
  readonly contextLength?: number | undefined;
  readonly maxTokens?: number | undefined;
  readonly seed?: number | undefined;
  readonly temperature?: number | undefined;
  readonly extra?: JsonObject | undefined;
}

/** What the next answer is made with. */
export interface ChatSettings {
  readonly modelName: string;
  /** Null for the model's own. */
  readonly system: string | null;
  readonly options: ChatOptions;
  readonly think: ThinkLevel | null;
}

export interface Chat extends ChatSettings {
  readonly id: ChatId;
  readonly client: string;
  readonly title: string;
  readonly createdAt: number;
  /** When something was said or changed. */
  readonly updatedAt: number;
  /** The newest message of the branch that is looked at; null before there is any. */
  readonly leaf: ChatMessageId | null;
  /** How many messages it has, on all branches. */
  readonly messages: number;
  /** Of their texts, in UTF-16 code units. */
  readonly characters: number;
  /** The newest of the jobs that produce an answer; null when none does. */
  readonly activeJob: JobId | null;
}

/** How the job of an answer ended. */
export interface AnswerEnd {
  readonly status: 'COMPLETE' | 'FAILED' | 'CANCELLED';
  readonly failure: JobFailure | null;
  /** Of a complete one. */
  readonly usage: TokenUsage | null;
  /** Whether the oldest messages were left out, as the context had no room for them; null where nobody said. */
  readonly truncated: boolean | null;
  /** Whether it ends where the most tokens were produced. */
  readonly isCut: boolean;
}

interface Said {
  readonly id: ChatMessageId;
  readonly chatId: ChatId;
  /** Null for one that begins the chat. */
  readonly parentId: ChatMessageId | null;
  readonly createdAt: number;
  readonly content: string;
}

export interface Question extends Said {
  readonly role: 'USER';
  readonly images: readonly BlobHash[];
}

export interface Answer extends Said {
  readonly role: 'ASSISTANT';
  readonly modelName: string;
  readonly jobId: JobId;
  /** What the model thought before; empty when it did not. */
  readonly thinking: string;
  /** Null while the job has not ended: what it says is with the job until then. */
  readonly end: AnswerEnd | null;
}

export type ChatMessage = Question | Answer;

export interface ChatLimits {
  readonly chatsPerClient: number;
  readonly messages: number;
  readonly characters: number;
}

/** Of one client, and of one chat. An answer is kept whole whatever its length: it is the next message that is refused. */
export const CHAT_LIMITS: ChatLimits = { chatsPerClient: 2_000, messages: 2_000, characters: 8 * MiB };

/** A question and the job that answers it, or the job alone where an answer is asked for again. */
export interface NewTurn extends ChatSettings {
  /** A title is given to a chat that is to be begun. */
  readonly chat: Pick<Chat, 'id' | 'client'> & { readonly title: string | null };
  /** What the question, or without one the answer, follows; null for the beginning. */
  readonly parentId: ChatMessageId | null;
  readonly question: Pick<Question, 'id' | 'content' | 'images'> | null;
  readonly answerId: ChatMessageId;
  readonly job: NewJob;
  /** Whose images may be named; null for anybody's. */
  readonly imagesOf: string | null;
  /** As of a submission, and among the same keys. */
  readonly idempotency: { readonly key: string; readonly inputHash: string } | null;
  readonly queueLimit: number;
  readonly limits: ChatLimits;
}

export interface Turn {
  readonly chat: Chat;
  /** Null when only an answer was asked for again. */
  readonly question: Question | null;
  readonly answer: Answer;
  readonly job: Job;
}

export type TurnOutcome =
  | ({ readonly kind: 'taken' | 'duplicate' } & Turn)
  | { readonly kind: 'conflict'; readonly existing: Job }
  | { readonly kind: 'no-chat' | 'no-parent' }
  /** An answer of the chat is still being produced. */
  | { readonly kind: 'busy'; readonly job: Job }
  | { readonly kind: 'full'; readonly what: keyof ChatLimits }
  | { readonly kind: 'unknown-images'; readonly hashes: readonly BlobHash[] }
  | QueueFull;

/** What is absent stays. A `leaf` is any message of the chat: the branch is shown to its end. */
export interface ChatChange extends Partial<ChatSettings> {
  readonly title?: string;
  readonly leaf?: ChatMessageId;
}

export interface ChatPosition {
  readonly updatedAt: number;
  readonly id: ChatId;
}

export interface ChatFilter {
  readonly client: string;
  /** Those whose title has this text in it, whatever its case. */
  readonly matching?: string;
}

/** The last used come first. */
export interface ChatQuery {
  readonly filter: ChatFilter;
  /** Exclusive, as `before`. */
  readonly after?: ChatPosition;
  readonly before?: ChatPosition;
  /** Take the last `limit` of the range instead of the first. */
  readonly fromEnd: boolean;
  readonly limit: number;
}

export interface ChatPage {
  readonly chats: readonly Chat[];
  readonly hasPrevious: boolean;
  readonly hasNext: boolean;
}

/** That a chat is new, other than it was, or gone. */
export interface ChatNews {
  readonly id: ChatId;
  readonly client: string;
}

export interface ChatStore {
  /** Keeps the question, the answer to come and the job that makes it, in one commit. */
  take(turn: NewTurn): Promise<TurnOutcome>;
  /** Null when it is not there; `no-message` when it has no such message as the leaf. */
  update(id: ChatId, change: ChatChange): Promise<Chat | 'no-message' | null>;
  /** With its messages, and what they refer to. A job that works for it is cancelled. False when it is not there. */
  delete(id: ChatId): Promise<boolean>;
  /** Same order and length as `ids`. */
  chats(ids: readonly ChatId[]): Promise<readonly (Chat | null)[]>;
  list(query: ChatQuery, scope?: ReadScope): Promise<ChatPage>;
  count(filter: ChatFilter, scope?: ReadScope): Promise<number>;
  /** The ids of the messages from the first one to `leaf`, in order. Empty where the chat has no such message. */
  path(id: ChatId, leaf: ChatMessageId): Promise<readonly ChatMessageId[]>;
  /** Same order and length as `ids`. */
  messages(ids: readonly ChatMessageId[]): Promise<readonly (ChatMessage | null)[]>;
  /** For each message those that stand in its place, itself included, oldest first. Same order and length as `ids`. */
  alternatives(ids: readonly ChatMessageId[]): Promise<readonly (readonly ChatMessageId[])[]>;
  /** Told after each commit. Returns a function that ends it. */
  readonly onNews: (listener: (news: readonly ChatNews[]) => void) => () => void;
}
