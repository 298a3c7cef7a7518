/** Prepared statements of SQLite by their text, each prepared once as long as it is used. */
import type { DatabaseSync, StatementSync } from 'node:sqlite';
import { BoundedMap } from '../../domain/bounded-map.ts';
import type { Row, SqlValue, Statements } from '../sql/statements.ts';
import { SQLITE } from './dialect.ts';

/** Callers shape some statements by their filters. One takes some 100 KiB; the ones that are always needed are fewer than a hundred. */
const MOST_PREPARED = 256;

export class SqliteStatements implements Statements {
  readonly dialect = SQLITE;
  readonly #database: DatabaseSync;
  readonly #prepared = new BoundedMap<string, StatementSync>(MOST_PREPARED);

  constructor(database: DatabaseSync) {
    this.#database = database;
  }

  /** How many are prepared. */
  get size(): number {
    return this.#prepared.size;
  }

  run(sql: string, ...values: readonly SqlValue[]): void {
    this.#statement(sql).run(...values);
  }

  changed(sql: string, ...values: readonly SqlValue[]): number {
    return Number(this.#statement(sql).run(...values).changes);
  }

  row(sql: string, ...values: readonly SqlValue[]): Row | undefined {
    return this.#statement(sql).get(...values) as Row | undefined;
  }

  rows(sql: string, ...values: readonly SqlValue[]): readonly Row[] {
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
