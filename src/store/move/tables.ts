/** The tables of the store with their columns, as SQLite's have them: PostgreSQL's are the same. */
import { DatabaseSync } from 'node:sqlite';
import { migrate } from '../sqlite/migrations.ts';
import type { Table } from './copy.ts';

export function storeTables(): readonly Table[] {
  const database = new DatabaseSync(':memory:');
  migrate(database, 'memory');
  const names = database.prepare("SELECT name FROM sqlite_schema WHERE type = 'table' ORDER BY name").all();
  const tables = names.map((row) => tableOf(database, String(row.name)));
  database.close();
  return tables;
}

function tableOf(database: DatabaseSync, name: string): Table {
  const rows = database
    .prepare('SELECT name, pk, hidden FROM pragma_table_xinfo(?)')
    .all(name)
    .map((row) => ({ column: String(row.name), place: Number(row.pk), isMade: Number(row.hidden) !== 0 }));
  return {
    name,
    columns: rows.filter(({ isMade }) => !isMade).map(({ column }) => column),
    key: rows
      .filter(({ place }) => place > 0)
      .sort((a, b) => a.place - b.place)
      .map(({ column }) => column),
  };
}
