/** What chats refuse, beside what any job may be refused for. */
import { VramkeeperError } from '../domain/errors.ts';
import type { Job } from '../domain/job.ts';

/** There is no such chat, or no such message, for this caller. */
export class ChatNotFoundError extends VramkeeperError {
  readonly code = 'CHAT_NOT_FOUND';
  readonly id: string;

  constructor(id: string) {
    super(`There is no chat ${id}, or no such message. It may have been deleted. Begin another chat.`);
    this.id = id;
  }
}

/** One answer of a chat is made at a time. */
export class ChatBusyError extends VramkeeperError {
  readonly code = 'CHAT_BUSY';
  readonly job: Job;

  constructor(job: Job) {
    super('The last answer of this chat is still being produced. Wait for it, or stop it.');
    this.job = job;
  }
}
