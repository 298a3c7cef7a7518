/**
 * Statements on PostgreSQL. What is run for its effect is sent with the next thing that is waited for: in one trip, and in its order. So a
 * group of operations that reads what was foreseen costs two trips, however much it writes.
 */

import type { StorePlace } from '../../config/store-place.ts';
import { ReadTooLongError } from '../../domain/errors.ts';
import type { Row, SqlValue, Statements } from '../sql/statements.ts';
import { POSTGRES } from './dialect.ts';
import { escaped, unescaped } from './text.ts';
import { troubleOf } from './trouble.ts';
import { type Step, type Wire, WireError } from './wire.ts';

export interface Question {
  readonly sql: string;
  readonly values: readonly SqlValue[];
}

/** Callers shape some statements by their filters. */
const MOST_TEXTS = 512;

/** SQLSTATE of a statement that took longer than it may. */
const TOO_LONG = '57014';

export class PostgresStatements implements Statements {
  readonly dialect = POSTGRES;
  readonly #wire: Wire;
  readonly #place: Pick<StorePlace, 'shown'>;
  readonly #look: (() => void) | undefined;
  readonly #texts = new Map<string, string>();
  #pending: Step[] = [];
  #isOpen = false;
  /** That the transaction is on; null before its first trip, and outside of one. */
  #connection: number | null = null;
  #written = 0;

  /** @param look see `Wire.exchange`; only readers have one */
  constructor(wire: Wire, place: Pick<StorePlace, 'shown'>, look?: () => void) {
    this.#wire = wire;
    this.#place = place;
    this.#look = look;
  }

  /** In a transaction. */
  get isOpen(): boolean {
    return this.#isOpen;
  }

  /** Statements for their effect since the transaction began. */
  get written(): number {
    return this.#written;
  }

  run(sql: string, ...values: readonly SqlValue[]): void {
    this.#written += 1;
    this.#pending.push(this.#step(sql, values, null));
  }

  changed(sql: string, ...values: readonly SqlValue[]): number {
    this.#written += 1;
    return this.#ask([this.#step(sql, values, 'count')])[0] as number;
  }

  row(sql: string, ...values: readonly SqlValue[]): Row | undefined {
    return this.rows(sql, ...values)[0];
  }

  rows(sql: string, ...values: readonly SqlValue[]): readonly Row[] {
    return rowsOf(this.#ask([this.#step(sql, values, 'rows')])[0]);
  }

  /**
   * Begins a transaction, on a new connection if need be.
   * @param first said in it before anything else. @param questions asked in the same trip
   */
  begin(
    first: string,
    questions: readonly Question[],
  ): { readonly connection: number; readonly answers: readonly (readonly Row[])[] } {
    this.beginLater(first);
    const answers = this.#ask(questions.map(({ sql, values }) => this.#step(sql, values, 'rows'))).map(
      rowsOf,
    );
    return { connection: this.#connection ?? 0, answers };
  }

  /** Begins a transaction with the first thing that is asked in it. */
  beginLater(first: string): void {
    this.#pending = [spoken(first)];
    this.#written = 0;
    this.#connection = null;
    this.#isOpen = true;
  }

  /** Without an answer, and with the next trip. */
  say(text: string): void {
    this.#pending.push(spoken(text));
  }

  /** Sends what was written, and waits until it is done. */
  flush(): void {
    if (this.#pending.length > 0) this.#ask([]);
  }

  /** @param last ends the transaction, behind what was written */
  end(last: string): void {
    if (!this.tryEnd(last)) throw troubleOf(new WireError(LOST), this.#place.shown);
  }

  /** @returns false where the connection was lost, so that nobody knows whether it was done */
  tryEnd(last: string): boolean {
    this.say(last);
    this.#isOpen = false;
    try {
      this.#exchange(this.#pending.splice(0));
      return true;
    } catch (error) {
      if (error instanceof WireError && error.isLost) return false;
      throw this.#told(error);
    } finally {
      this.#connection = null;
    }
  }

  rollBack(): void {
    this.#pending = [];
    this.end('ROLLBACK');
  }

  /** What was not sent yet is dropped. @param text undoes what was */
  undo(text: string): void {
    this.#pending = [spoken(text)];
    this.flush();
  }

  close(): void {
    this.#wire.close();
  }

  #ask(asked: readonly Step[]): readonly (readonly Row[] | number)[] {
    try {
      return this.#exchange([...this.#pending.splice(0), ...asked]);
    } catch (error) {
      throw this.#told(error);
    }
  }

  #exchange(steps: readonly Step[]): readonly (readonly Row[] | number)[] {
    try {
      const { connection, answers } = this.#wire.exchange(steps, this.#connection, this.#look);
      if (this.#isOpen) this.#connection = connection;
      return answers;
    } catch (error) {
      if (error instanceof WireError && error.isLost) this.#isOpen = false;
      throw error;
    }
  }

  #told(error: unknown): Error {
    if (this.#look && error instanceof WireError && error.state === TOO_LONG) return new ReadTooLongError();
    return troubleOf(error, this.#place.shown);
  }

  #step(sql: string, values: readonly SqlValue[], wants: Step['wants']): Step {
    return { text: this.#numbered(sql), values: values.map(escaped), wants };
  }

  /** PostgreSQL's places for values have numbers. No statement has a question mark of its own. */
  #numbered(sql: string): string {
    const known = this.#texts.get(sql);
    if (known !== undefined) return known;
    let place = 0;
    const text = sql.replaceAll('?', () => {
      place += 1;
      return `$${place}`;
    });
    if (this.#texts.size < MOST_TEXTS) this.#texts.set(sql, text);
    return text;
  }
}

const LOST = { message: 'the connection was lost', state: null, isLost: true };

function spoken(text: string): Step {
  return { text, values: [], wants: null };
}

function rowsOf(answer: readonly Row[] | number | undefined): readonly Row[] {
  return (answer as readonly Row[]).map((row) => row.map(unescaped));
}
