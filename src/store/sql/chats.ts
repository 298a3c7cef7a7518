/** Chats as rows: what lists go by in columns, the rest as JSON. */
import type {
  Answer,
  Chat,
  ChatFilter,
  ChatMessage,
  ChatPage,
  ChatQuery,
  Question,
} from '../../domain/chat.ts';
import type { ChatId, ChatMessageId, JobId } from '../../domain/ids.ts';
import type { BlobHash } from '../../domain/request.ts';
import { chatPage } from '../chat-paging.ts';
import type { ChatRow, ChatTables } from '../chat-tables.ts';
import { where } from './reads/filter.ts';
import { LIMIT, numberAt, type Row, type SqlValue, type Statements, textAt } from './statements.ts';

/** What a list of chats needs is read without their messages. */
const CHATS = `SELECT record, (
    SELECT job FROM chat_messages WHERE chat = chats.id AND is_open = 1 ORDER BY sequence DESC LIMIT 1
  ) FROM chats`;

export class SqlChats implements ChatTables {
  readonly #statements: Statements;

  constructor(statements: Statements) {
    this.#statements = statements;
  }

  byId(id: ChatId): Chat | null {
    const row = this.#statements.row(`${CHATS} WHERE id = ?`, id);
    return row ? chatOf(row) : null;
  }

  put(chat: ChatRow): void {
    const { activeJob: _, ...record } = chat as Chat;
    this.#statements.run(
      `INSERT INTO chats (id, client, title, updated_at, record) VALUES (?, ?, ?, ?, ?)
       ON CONFLICT (id) DO UPDATE SET client = excluded.client, title = excluded.title,
         updated_at = excluded.updated_at, record = excluded.record`,
      chat.id,
      chat.client,
      chat.title.toLowerCase(),
      chat.updatedAt,
      JSON.stringify(record),
    );
  }

  delete(id: ChatId): void {
    this.#statements.run('DELETE FROM chat_messages WHERE chat = ?', id);
    this.#statements.run('DELETE FROM chats WHERE id = ?', id);
  }

  count(client: string): number {
    return numberAt(this.#statements.row('SELECT count(*) FROM chats WHERE client = ?', client), 0);
  }

  message(id: ChatMessageId): ChatMessage | null {
    const row = this.#statements.row('SELECT record FROM chat_messages WHERE id = ?', id);
    return row ? (JSON.parse(textAt(row, 0)) as ChatMessage) : null;
  }

  insertMessage(message: ChatMessage): void {
    const isAnswer = message.role === 'ASSISTANT';
    this.#statements.run(
      'INSERT INTO chat_messages (id, chat, parent, job, is_open, record) VALUES (?, ?, ?, ?, ?, ?)',
      message.id,
      message.chatId,
      message.parentId,
      isAnswer ? message.jobId : null,
      isAnswer && message.end === null ? 1 : null,
      JSON.stringify(message),
    );
  }

  updateAnswer(answer: Answer): void {
    this.#statements.run(
      'UPDATE chat_messages SET is_open = ?, record = ? WHERE id = ?',
      answer.end === null ? 1 : null,
      JSON.stringify(answer),
      answer.id,
    );
  }

  answerOf(job: JobId): Answer | null {
    const row = this.#statements.row('SELECT record FROM chat_messages WHERE job = ?', job);
    return row ? (JSON.parse(textAt(row, 0)) as Answer) : null;
  }

  activeJobs(id: ChatId): readonly JobId[] {
    return this.#statements
      .rows('SELECT job FROM chat_messages WHERE chat = ? AND is_open = 1 ORDER BY sequence', id)
      .map((row) => textAt(row, 0) as JobId);
  }

  newestBelow(id: ChatMessageId): ChatMessageId {
    // What follows a message is newer than it, so the newest of all has nothing that follows it.
    const row = this.#statements.row(
      `WITH RECURSIVE below (id, sequence) AS (
         SELECT id, sequence FROM chat_messages WHERE id = ?
         UNION ALL
         SELECT chat_messages.id, chat_messages.sequence FROM chat_messages JOIN below ON parent = below.id
       ) SELECT id FROM below ORDER BY sequence DESC LIMIT 1`,
      id,
    );
    return row ? (textAt(row, 0) as ChatMessageId) : id;
  }

  imagesOf(id: ChatId): readonly BlobHash[] {
    return this.#statements
      .rows('SELECT record FROM chat_messages WHERE chat = ? AND job IS NULL', id)
      .flatMap((row) => (JSON.parse(textAt(row, 0)) as Question).images);
  }

  // What readers ask.

  list(query: ChatQuery): ChatPage {
    return chatPage(query, ({ filter, below, above, upwards, limit }) => {
      const { terms, values } = this.#conditionsOf(filter);
      if (below) {
        terms.push('(updated_at, id) < (?, ?)');
        values.push(below.updatedAt, below.id);
      }
      if (above) {
        terms.push('(updated_at, id) > (?, ?)');
        values.push(above.updatedAt, above.id);
      }
      const order = upwards ? 'ASC' : 'DESC';
      return this.#statements
        .rows(`${CHATS} ${where(terms)} ORDER BY updated_at ${order}, id ${order} ${LIMIT}`, ...values, limit)
        .map(chatOf);
    });
  }

  countMatching(filter: ChatFilter): number {
    const { terms, values } = this.#conditionsOf(filter);
    return numberAt(this.#statements.row(`SELECT count(*) FROM chats ${where(terms)}`, ...values), 0);
  }

  path(id: ChatId, leaf: ChatMessageId): readonly ChatMessageId[] {
    return this.#statements
      .rows(
        `WITH RECURSIVE above (id, parent, sequence) AS (
           SELECT id, parent, sequence FROM chat_messages WHERE id = ? AND chat = ?
           UNION ALL
           SELECT chat_messages.id, chat_messages.parent, chat_messages.sequence
           FROM chat_messages JOIN above ON chat_messages.id = above.parent
         ) SELECT id FROM above ORDER BY sequence`,
        leaf,
        id,
      )
      .map(idAt);
  }

  alternatives(id: ChatMessageId): readonly ChatMessageId[] {
    return this.#statements
      .rows(
        `SELECT other.id FROM chat_messages AS own JOIN chat_messages AS other
         ON other.chat = own.chat AND other.parent IS NOT DISTINCT FROM own.parent WHERE own.id = ? ORDER BY other.sequence`,
        id,
      )
      .map(idAt);
  }

  #conditionsOf({ client, matching }: ChatFilter) {
    const { patientRow, position } = this.#statements.dialect;
    const terms = [patientRow, 'client = ?'];
    const values: SqlValue[] = [client];
    if (matching !== undefined) {
      terms.push(`${position}(title, ?) > 0`);
      values.push(matching.toLowerCase());
    }
    return { terms, values };
  }
}

function idAt(row: Row): ChatMessageId {
  return textAt(row, 0) as ChatMessageId;
}

function chatOf(row: Row): Chat {
  return { ...(JSON.parse(textAt(row, 0)) as ChatRow), activeJob: row[1] as JobId | null };
}
