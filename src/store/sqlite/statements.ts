/** Prepared statements by their text, each prepared once as long as it is used. Rows come as arrays, which costs half of what objects do. */
import type { DatabaseSync, SQLInputValue, SQLOutputValue, StatementSync } from 'node:sqlite';
import { BoundedMap } from '../../domain/bounded-map.ts';

/**
 * A limit to bind. Not a bare `LIMIT ?`: SQLite plans with the value of that one, so it would compile the statement anew at
 * every call, which costs ten times as much as to run it.
 */
export const LIMIT = 'LIMIT ? + 0';

/** Callers shape some statements by their filters. One takes some 100 KiB; the ones that are always needed are fewer than a hundred. */
const MOST_PREPARED = 256;

export type Row = readonly SQLOutputValue[];

export class Statements {
  readonly #database: DatabaseSync;
  readonly #prepared = new BoundedMap<string, StatementSync>(MOST_PREPARED);

  constructor(database: DatabaseSync) {
    this.#database = database;
  }

  /** How many are prepared. */
  get size(): number {
    return this.#prepared.size;
  }

  /** For statements that are run for their effect. @returns the number of rows changed. */
  run(sql: string, ...values: SQLInputValue[]): number {
    return Number(this.#statement(sql).run(...values).changes);
  }

  row(sql: string, ...values: SQLInputValue[]): Row | undefined {
    return this.#statement(sql).get(...values) as Row | undefined;
  }

  rows(sql: string, ...values: SQLInputValue[]): readonly Row[] {
    return this.#statement(sql).all(...values) as unknown as Row[];
  }

  #statement(sql: string): StatementSync {
    let statement = this.#prepared.get(sql);
    if (!statement) {
      statement = this.#database.prepare(sql);
      statement.setReturnArrays(true);
      this.#prepared.set(sql, statement);
    }
    return statement;
  }
}

/** Reads a number that the schema says is never NULL. */
export function numberAt(row: Row | undefined, column: number): number {
  return Number(row?.[column] ?? 0);
}

export function textAt(row: Row, column: number): string {
  return String(row[column]);
}
