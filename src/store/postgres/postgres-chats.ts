/** Chats in PostgreSQL: whether jobs that end are of a chat is read with the beginning of their group. */
import type { Answer, ChatMessage } from '../../domain/chat.ts';
import type { ChatId, JobId } from '../../domain/ids.ts';
import { SqlChats } from '../sql/chats.ts';
import { type Row, textAt } from '../sql/statements.ts';
import { arrayText } from './dialect.ts';
import type { Question } from './statements.ts';

export class PostgresChats extends SqlChats {
  /** Null for a job of no chat. */
  readonly #answers = new Map<JobId, Answer | null>();

  forget(): void {
    this.#answers.clear();
  }

  question(jobs: ReadonlySet<JobId>): Question {
    return {
      sql: 'SELECT record FROM chat_messages WHERE job = ANY(CAST(? AS text[]))',
      values: [arrayText([...jobs])],
    };
  }

  learn(jobs: ReadonlySet<JobId>, rows: readonly Row[]): void {
    for (const job of jobs) this.#answers.set(job, null);
    for (const row of rows) this.#note(JSON.parse(textAt(row, 0)) as Answer);
  }

  override answerOf(job: JobId): Answer | null {
    const known = this.#answers.get(job);
    return known === undefined ? super.answerOf(job) : known;
  }

  override insertMessage(message: ChatMessage): void {
    super.insertMessage(message);
    if (message.role === 'ASSISTANT') this.#note(message);
  }

  override updateAnswer(answer: Answer): void {
    super.updateAnswer(answer);
    this.#note(answer);
  }

  override delete(id: ChatId): void {
    super.delete(id);
    this.#answers.clear();
  }

  #note(answer: Answer): void {
    this.#answers.set(answer.jobId, answer);
  }
}
