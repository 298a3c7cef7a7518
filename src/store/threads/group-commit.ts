/** One commit for many operations, in which the failure of one does no harm to the others, by the owner of the data alone. */
import { DataDirectoryInUseError } from '../../domain/errors.ts';
import type { CallOf, Operations } from '../operation.ts';
import { perform } from '../operations/operations.ts';
import type { Mark, QueueWriter } from '../queue-writer.ts';
import { NOT_AHEAD, type TellAhead } from './claims-ahead.ts';
import { failureOf } from './failures.ts';
import type { Answer, Answers, NumberedCall } from './protocol.ts';
import type { Transaction } from './transaction.ts';
import { WriteTrouble } from './write-trouble.ts';

const TAKEN_OVER =
  'Another vramkeeper has taken over the data directory while this one stood still. This one has stored nothing since then, and ends.';

/** Whose the data are. */
export interface Owner {
  /** Inside of a transaction, and true until its end. */
  isHeld(): boolean;
  /** After a rollback: what was remembered of the rows may not have come to be. */
  forget(): void;
}

export class GroupCommit {
  readonly #transaction: Transaction;
  readonly #writer: QueueWriter;
  readonly #owner: Owner;
  readonly #trouble = new WriteTrouble();

  constructor(transaction: Transaction, writer: QueueWriter, owner: Owner) {
    this.#transaction = transaction;
    this.#writer = writer;
    this.#owner = owner;
  }

  /**
   * Answers when all that succeeded is on disk.
   * @param ahead called when all has succeeded, and is not on disk yet
   * @throws DataDirectoryInUseError when the data are another server's by now: nothing of this group was done, and nothing can be any more
   */
  run(calls: readonly NumberedCall<Operations>[], now: number, ahead = NOT_AHEAD): Answers {
    this.#writer.now = now;
    // Nearly always nothing fails, and then the whole group costs no savepoints. Otherwise it is done again, with them.
    const answers =
      this.#attempt(calls, plainly, ahead) ??
      this.#attempt(calls, this.#carefully, NOT_AHEAD) ??
      this.#refused(calls);
    return { ...answers, problem: this.#trouble.problem };
  }

  #failure: unknown;

  #attempt(
    calls: readonly NumberedCall<Operations>[],
    one: (writer: QueueWriter, call: CallOf<Operations>) => Answer,
    ahead: TellAhead,
  ): Answers | null {
    const mark = this.#writer.mark();
    try {
      this.#transaction.begin(calls.map(({ call }) => call));
      // The owner's lock is not proof enough: its file may have been deleted, or lie on a volume whose locks run out, while this process stood still.
      if (!this.#owner.isHeld()) throw new DataDirectoryInUseError(TAKEN_OVER);
      const done = calls.map(({ call }) => one(this.#writer, call));
      const report = this.#writer.report();
      const answers = ahead(calls, done);
      const hasWritten = this.#transaction.commit();
      this.#writer.settle();
      // A commit without a change touches no disk.
      if (hasWritten) this.#trouble.worked(this.#writer.now);
      return { numbers: numbersOf(calls), answers, report };
    } catch (error) {
      this.#failure = error;
      this.#trouble.failed(error, this.#writer.now);
      this.#undo(mark);
      if (error instanceof DataDirectoryInUseError) throw error;
      return null;
    }
  }

  readonly #carefully = (writer: QueueWriter, call: CallOf<Operations>): Answer => {
    const mark = writer.mark();
    this.#transaction.savepoint();
    try {
      const answer = plainly(writer, call);
      this.#transaction.release();
      return answer;
    } catch (error) {
      // Without a transaction the operations before this one are lost too: the whole group fails.
      if (!this.#transaction.isOpen) throw error;
      this.#transaction.undo();
      writer.rollBack(mark);
      this.#owner.forget();
      this.#trouble.failed(error, writer.now);
      return { ok: false, failure: failureOf(error) };
    }
  };

  #undo(mark: Mark): void {
    try {
      if (this.#transaction.isOpen) this.#transaction.rollBack();
    } catch (error) {
      // Whoever comes next finds the transaction open, and is refused with what the database says of that.
      this.#failure = error;
    }
    this.#writer.rollBack(mark);
    this.#owner.forget();
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
