/** A table that one database of the store has and the other lacks is found here, and not by who runs the other. */
import { DatabaseSync } from 'node:sqlite';
import { expect, test } from 'vitest';
import { MIGRATIONS } from '../../src/store/postgres/migrations.ts';
import { migrate } from '../../src/store/sqlite/migrations.ts';

/** Of PostgreSQL alone. */
const ITS_OWN = ['servers.commits'];

function ofSqlite(): readonly string[] {
  const database = new DatabaseSync(':memory:');
  migrate(database, 'memory');
  return database
    .prepare(
      `SELECT tables.name || '.' || columns.name AS place FROM sqlite_schema AS tables, pragma_table_xinfo(tables.name) AS columns
       WHERE tables.type = 'table'`,
    )
    .all()
    .map(({ place }) => String(place));
}

/** As the steps of its migration are written: a column a line, and what is added later. */
function ofPostgres(): readonly string[] {
  const text = MIGRATIONS.join('\n');
  const made = [...text.matchAll(/CREATE TABLE (\w+) \(([^;]*)\);/g)].flatMap(([, table, columns = '']) =>
    [...columns.matchAll(/(?:^|[(,])\s*([a-z_]+) (?:text|bigint|integer|bytea)/gm)].map(
      ([, column]) => `${table}.${column}`,
    ),
  );
  const added = [...text.matchAll(/ALTER TABLE (\w+) ADD COLUMN (\w+)/g)].map(
    ([, table, column]) => `${table}.${column}`,
  );
  return [...made, ...added];
}

test('Both databases of the store have the same tables, with the same columns', () => {
  const theirs = ofPostgres().filter((place) => !ITS_OWN.includes(place));
  expect([...theirs].sort()).toEqual([...ofSqlite()].sort());
});
