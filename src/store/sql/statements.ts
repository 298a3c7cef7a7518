/** SQL on a database, whichever it is, as the rows of the store are written in it. Synchronous, as the operations are. */
import type { Dialect, SqlValue } from './dialect.ts';

export type { SqlValue } from './dialect.ts';

/** Rows come as arrays, which costs half of what objects do. */
export type Row = readonly unknown[];

export interface Statements {
  readonly dialect: Dialect;
  /** For its effect. Places for values are question marks. */
  run(sql: string, ...values: readonly SqlValue[]): void;
  /** @returns how many rows were changed */
  changed(sql: string, ...values: readonly SqlValue[]): number;
  row(sql: string, ...values: readonly SqlValue[]): Row | undefined;
  rows(sql: string, ...values: readonly SqlValue[]): readonly Row[];
}

/**
 * A limit to bind. Not a bare `LIMIT ?`: SQLite plans with the value of that one, so it would compile the statement anew at
 * every call, which costs ten times as much as to run it.
 */
export const LIMIT = 'LIMIT CAST(? AS BIGINT)';

/** Reads a number that the schema says is never NULL. */
export function numberAt(row: Row | undefined, column: number): number {
  return Number(row?.[column] ?? 0);
}

export function textAt(row: Row, column: number): string {
  return String(row[column]);
}
