/** One commit for many operations, in which the failure of one does no harm to the others. */
import type { DatabaseSync } from 'node:sqlite';
import type { CallOf, Operations } from '../operation.ts';
import { perform } from '../operations/operations.ts';
import type { Mark, QueueWriter } from '../queue-writer.ts';
import { failureOf } from './failures.ts';
import type { Answer, Answers, NumberedCall } from './protocol.ts';

export class GroupCommit {
  readonly #database: DatabaseSync;
  readonly #writer: QueueWriter;
  readonly #onRollback: () => void;

  constructor(database: DatabaseSync, writer: QueueWriter, onRollback: () => void) {
    this.#database = database;
    this.#writer = writer;
    this.#onRollback = onRollback;
  }

  /** Answers when all that succeeded is on disk. */
  run(calls: readonly NumberedCall<Operations>[], now: number): Answers {
    this.#writer.now = now;
    // Nearly always nothing fails, and then the whole group costs no savepoints. Otherwise it is done again, with them.
    return this.#attempt(calls, plainly) ?? this.#attempt(calls, this.#carefully) ?? this.#refused(calls);
  }

  #failure: unknown;

  #attempt(
    calls: readonly NumberedCall<Operations>[],
    one: (writer: QueueWriter, call: CallOf<Operations>) => Answer,
  ): Answers | null {
    const mark = this.#writer.mark();
    try {
      this.#database.exec('BEGIN IMMEDIATE');
      const answers = calls.map(({ call }) => one(this.#writer, call));
      const report = this.#writer.report();
      this.#database.exec('COMMIT');
      this.#writer.settle();
      return { numbers: numbersOf(calls), answers, report };
    } catch (error) {
      this.#failure = error;
      this.#undo(mark);
      return null;
    }
  }

  readonly #carefully = (writer: QueueWriter, call: CallOf<Operations>): Answer => {
    const mark = writer.mark();
    this.#database.exec('SAVEPOINT operation');
    try {
      const answer = plainly(writer, call);
      this.#database.exec('RELEASE operation');
      return answer;
    } catch (error) {
      // Without a transaction the operations before this one are lost too: the whole group fails.
      if (!this.#database.isTransaction) throw error;
      this.#database.exec('ROLLBACK TO operation; RELEASE operation');
      writer.rollBack(mark);
      this.#onRollback();
      return { ok: false, failure: failureOf(error) };
    }
  };

  #undo(mark: Mark): void {
    try {
      // On some errors, a full disk among them, SQLite has rolled back by itself.
      if (this.#database.isTransaction) this.#database.exec('ROLLBACK');
    } catch (error) {
      // Whoever comes next finds the transaction open, and is refused with what SQLite says of that.
      this.#failure = error;
    }
    this.#writer.rollBack(mark);
    this.#onRollback();
  }

  #refused(calls: readonly NumberedCall<Operations>[]): Answers {
    const failure = failureOf(this.#failure);
    return { numbers: numbersOf(calls), answers: calls.map(() => ({ ok: false, failure })), report: null };
  }
}

function numbersOf(calls: readonly NumberedCall<Operations>[]): readonly number[] {
  return calls.map(({ number }) => number);
}

function plainly(writer: QueueWriter, call: CallOf<Operations>): Answer {
  return { ok: true, value: perform(writer, call) };
}
