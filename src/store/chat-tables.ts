/** The rows of chats that the operations work on. As with all tables, nothing waits half-way. */
import type { Answer, Chat, ChatMessage } from '../domain/chat.ts';
import type { ChatId, ChatMessageId, JobId } from '../domain/ids.ts';
import type { BlobHash } from '../domain/request.ts';

/** But for what its messages tell. */
export type ChatRow = Omit<Chat, 'activeJob'>;

export interface ChatTables {
  byId(id: ChatId): Chat | null;
  /** In place of the one with the same id, if there is one. */
  put(chat: ChatRow): void;
  /** With its messages. */
  delete(id: ChatId): void;
  /** How many the client has. */
  count(client: string): number;

  message(id: ChatMessageId): ChatMessage | null;
  insertMessage(message: ChatMessage): void;
  updateAnswer(answer: Answer): void;
  /** What the job produces; null for a job of no chat. */
  answerOf(job: JobId): Answer | null;
  /** Jobs of answers that have not ended, oldest first. */
  activeJobs(id: ChatId): readonly JobId[];
  /** The newest of those that follow it, or itself. */
  newestBelow(id: ChatMessageId): ChatMessageId;
  /** What its messages refer to: once for each of them. */
  imagesOf(id: ChatId): readonly BlobHash[];
}
