/** Copies all that one database of the store has into another one, table by table, as both have the same. */
import { StoreFailedError, StoreUnusableError } from '../../domain/errors.ts';
import { movedTo } from '../sql/moved.ts';
import { LIMIT, numberAt, type SqlValue, type Statements } from '../sql/statements.ts';

export interface Table {
  readonly name: string;
  readonly columns: readonly string[];
  /** Its primary key. */
  readonly key: readonly string[];
}

/** Rows between two looks; few of the tables whose rows may be some MiB. */
const PORTION = 500;
const FEW = 16;
const LARGE = new Set(['requests', 'results', 'vectors', 'blobs', 'chunks']);

/** Room for what comes: of a store that was moved away nothing is left. @throws StoreUnusableError where somebody's jobs are */
export function makeRoom(statements: Statements, tables: readonly Table[], place: string): void {
  if (movedTo(statements) !== null) {
    for (const { name } of tables) statements.run(`DELETE FROM ${name}`);
    return;
  }
  for (const table of ['jobs', 'batches', 'chats', 'files'])
    if (statements.row(`SELECT 1 FROM ${table} LIMIT 1`))
      throw new StoreUnusableError(`${place} has ${table} of its own already. Move to an empty place.`);
  // Of a server that was started there and did nothing.
  for (const { name } of tables) statements.run(`DELETE FROM ${name}`);
}

/** @returns how many rows each table has */
export function copyAll(
  from: Statements,
  to: Statements,
  tables: readonly Table[],
): Readonly<Record<string, number>> {
  const counts: Record<string, number> = {};
  for (const table of tables) {
    copyTable(from, to, table);
    counts[table.name] = rowsOf(from, table);
    if (rowsOf(to, table) !== counts[table.name])
      throw new StoreFailedError(`Of the table ${table.name} not every row arrived. Nothing was moved.`);
  }
  return counts;
}

function rowsOf(statements: Statements, { name }: Table): number {
  return numberAt(statements.row(`SELECT count(*) FROM ${name}`), 0);
}

function copyTable(from: Statements, to: Statements, { name, columns, key }: Table): void {
  const places = columns.map(() => '?').join(', ');
  const insert = `INSERT INTO ${name} (${columns.join(', ')}) VALUES (${places})`;
  const select = `SELECT ${columns.join(', ')} FROM ${name}`;
  const order = `ORDER BY ${key.join(', ')} ${LIMIT}`;
  const limit = LARGE.has(name) ? FEW : PORTION;
  const next = `${select} WHERE (${key.join(', ')}) > (${key.map(() => '?').join(', ')}) ${order}`;
  let last: readonly SqlValue[] | null = null;
  for (;;) {
    const rows: readonly (readonly unknown[])[] = last
      ? from.rows(next, ...last, limit)
      : from.rows(`${select} ${order}`, limit);
    for (const row of rows) to.run(insert, ...(row as readonly SqlValue[]));
    // One trip for each portion, where what is written is sent with what is asked next.
    to.row('SELECT 1');
    const end = rows.at(-1);
    if (!end || rows.length < limit) return;
    last = key.map((column) => end[columns.indexOf(column)] as SqlValue);
  }
}
