/** Everything that a store holds can be moved to PostgreSQL and back, and is in one of both places only. */
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { beforeAll, expect, test } from 'vitest';
import { systemClock, systemRandom } from '../../src/clock.ts';
import { placeOf } from '../../src/config/store-place.ts';
import { newId } from '../../src/domain/ids.ts';
import type { Store } from '../../src/domain/store.ts';
import { moveStore } from '../../src/store/move/move-store.ts';
import { storeTables } from '../../src/store/move/tables.ts';
import { createPostgresStore } from '../../src/store/postgres/postgres-store.ts';
import { acceptOne, claimOf, complete } from '../contract/store-fixtures.ts';
import { endsWithTest } from '../support/ends-with-test.ts';
import { newSchema, type TestPostgres, testPostgres } from './support/postgres.ts';
import { openStore, temporaryDirectory } from './support/stores.ts';

let postgres: TestPostgres;
beforeAll(async () => {
  postgres = await testPostgres();
});

const newPlace = () => placeOf(postgres.url(newSchema()));

/** More than any portion. */
const ROWS = 520;

/** Rows in each table that there is, with whatever its columns may hold: a table that comes later is among them. */
function fill(dataDir: string): void {
  const database = new DatabaseSync(join(dataDir, 'vramkeeper.db'));
  database.exec('PRAGMA foreign_keys = OFF; BEGIN');
  for (const { name, columns } of storeTables()) {
    database.exec(`DELETE FROM ${name}`);
    const types = new Map(
      database
        .prepare('SELECT name, type, "notnull" FROM pragma_table_xinfo(?)')
        .all(name)
        .map((row) => [String(row.name), { type: String(row.type), mayBeNull: row.notnull === 0 }]),
    );
    const insert = database.prepare(
      `INSERT INTO ${name} (${columns.join(', ')}) VALUES (${columns.map(() => '?').join(', ')})`,
    );
    const anyOf = (column: string, i: number) => {
      const { type, mayBeNull } = types.get(column) ?? { type: '', mayBeNull: false };
      if (mayBeNull && i % 3 === 2 && columns.indexOf(column) > 0) return null;
      if (type === 'INTEGER') return i + 1;
      if (type === 'BLOB') return new Uint8Array([0, i % 256, 255]);
      return column === 'metadata' ? `{"kind":"${i}\\u0000"}` : `${column} ${i} é\0"\\\n\ue000`;
    };
    for (let i = 0; i < ROWS; i += 1) insert.run(...columns.map((column) => anyOf(column, i)));
  }
  database.exec('COMMIT');
  database.close();
}

function rowsOf(dataDir: string): object {
  const database = new DatabaseSync(join(dataDir, 'vramkeeper.db'), { readOnly: true });
  const rows = Object.fromEntries(
    storeTables().map(({ name, columns, key }) => [
      name,
      database
        .prepare(`SELECT ${columns.join(', ')} FROM ${name} ORDER BY ${key.join(', ')}`)
        .all()
        .filter((row) => name !== 'facts' || row.key !== 'movedTo')
        .map((row) => ({ ...row })),
    ]),
  );
  database.close();
  return rows;
}

async function folder(): Promise<string> {
  const { path, remove } = await temporaryDirectory();
  endsWithTest(remove);
  return path;
}

async function onPostgres(place: ReturnType<typeof newPlace>): Promise<Store> {
  const clock = systemClock;
  const store = createPostgresStore({ place, clock, serverId: newId('srv', clock, systemRandom) });
  endsWithTest(() => store.stop());
  await store.start();
  return store;
}

test('Every row of every table comes back as it went', async () => {
  const [before, after] = [await folder(), await folder()];
  await (await openStore(before)).stop();
  fill(before);
  const rows = rowsOf(before);
  const place = newPlace();
  expect(await moveStore({ dataDir: before }, { place })).toMatchObject({ jobs: ROWS, facts: ROWS });
  await moveStore({ place }, { dataDir: after });
  expect(rowsOf(after)).toEqual(rows);
});

test('A server goes on in the other place, and none does in the place that was left', async () => {
  const dataDir = await folder();
  const source = await openStore(dataDir);
  const done = await acceptOne(source);
  const [held] = await source.claim(claimOf(1));
  if (held) await complete(source, held.job, 'Because.');
  const running = await acceptOne(source);
  await source.claim(claimOf(1));
  await source.remember('figures', 'speed', 42);
  await source.stop();

  const place = newPlace();
  await moveStore({ dataDir }, { place });
  await expect(openStore(dataDir)).rejects.toThrow(/was moved to postgres:.* set store or dataDir to that/);
  await expect(moveStore({ dataDir }, { place: newPlace() })).rejects.toThrow(/was moved to postgres:/);

  const target = await onPostgres(place);
  expect(await target.job(done.id)).toMatchObject({ status: 'COMPLETE' });
  expect(await target.recall('figures')).toEqual(new Map([['speed', 42]]));
  expect(target.counts()).toMatchObject({ COMPLETE: 1, RUNNING: 1 });
  expect(await target.recover()).toMatchObject({ requeued: 1 });
  const next = await acceptOne(target);
  expect(next.sequence).toBeGreaterThan(running.sequence);
  await expect(moveStore({ place }, { dataDir })).rejects.toThrow(/Another vramkeeper works on the store/);
  await target.stop();

  // Nothing is overwritten that somebody may want.
  const other = await folder();
  const others = await openStore(other);
  await acceptOne(others);
  await others.stop();
  await expect(moveStore({ place }, { dataDir: other })).rejects.toThrow(/has jobs of its own already/);

  await moveStore({ place }, { dataDir });
  const back = await openStore(dataDir);
  endsWithTest(() => back.stop());
  expect((await back.jobs([done.id, running.id, next.id])).map((job) => job?.status)).toEqual([
    'COMPLETE',
    'PENDING',
    'PENDING',
  ]);
});
