import { copyFile, readdir, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { afterEach, beforeEach, expect, it, test } from 'vitest';
import { DataDirectoryInUseError, StoreUnusableError } from '../../src/domain/errors.ts';
import type { Store } from '../../src/domain/store.ts';
import { backUp, restore } from '../../src/store/sqlite/backup.ts';
import { SCHEMA_VERSION } from '../../src/store/sqlite/migrations.ts';
import { acceptOne, allJobs, blobOf, newJob, submission } from '../contract/store-fixtures.ts';
import { openStore, temporaryDirectory } from './support/stores.ts';

let directory: Awaited<ReturnType<typeof temporaryDirectory>>;
const opened: Store[] = [];
const at = (name: string) => join(directory.path, name);

async function opening(dataDir: string): Promise<Store> {
  const store = await openStore(dataDir);
  opened.push(store);
  return store;
}

const closeAll = () => Promise.all(opened.splice(0).map((store) => store.stop()));
const idsOf = async (store: Store) => (await allJobs(store)).map(({ id }) => id).toSorted();

beforeEach(async () => {
  directory = await temporaryDirectory();
});
afterEach(async () => {
  await closeAll();
  await directory.remove();
});

it('has every job that was accepted before it, and whole ones alone, while the server goes on', async () => {
  const store = await opening(at('data'));
  const before = [];
  for (let count = 0; count < 20; count += 1) before.push((await acceptOne(store)).id);
  let isOver = false;
  const meanwhile = (async () => {
    while (!isOver) await acceptOne(store);
  })();
  const bytes = await backUp(at('data'), at('jobs.backup'));
  isOver = true;
  await meanwhile;
  expect((await stat(at('jobs.backup'))).mode & 0o777).toBe(0o600);
  expect((await stat(at('jobs.backup'))).size).toBe(bytes);
  expect(await readdir(directory.path)).not.toContain('jobs.backup.part');
  const all = await idsOf(store);
  expect(restore(at('jobs.backup'), at('other'), false)).toBeNull();
  const restored = await idsOf(await opening(at('other')));
  expect(restored).toEqual(expect.arrayContaining(before));
  expect(all).toEqual(expect.arrayContaining(restored));
  await acceptOne(opened.at(-1) as Store);
});

it('has images and what jobs refer to', async () => {
  const store = await opening(at('data'));
  const [hash, bytes] = blobOf('an image');
  const request = { kind: 'GENERATE', prompt: 'What is it?', images: [hash] } as const;
  await store.submit(submission([newJob({ request })], { blobs: new Map([[hash, bytes]]) }));
  await backUp(at('data'), at('jobs.backup'));
  restore(at('jobs.backup'), at('other'), false);
  expect(await (await opening(at('other'))).blob(hash)).toEqual(await store.blob(hash));
  expect(await store.blob(hash)).not.toBeNull();
});

it('takes the place of what is there only where that is said, and sets it aside', async () => {
  const store = await opening(at('data'));
  const { id } = await acceptOne(store);
  await backUp(at('data'), at('jobs.backup'));
  const later = await acceptOne(store);
  expect(() => restore(at('jobs.backup'), at('data'), true)).toThrow(DataDirectoryInUseError);
  await closeAll();
  expect(() => restore(at('jobs.backup'), at('data'), false)).toThrow(/With --replace it is set aside/);
  const aside = restore(at('jobs.backup'), at('data'), true);
  expect(await idsOf(await opening(at('data')))).toEqual([id]);
  await closeAll();
  expect(aside).toMatch(/vramkeeper\.db\.before-restore-1$/);
  restore(aside ?? '', at('data'), true);
  expect(await idsOf(await opening(at('data')))).toEqual([id, later.id].toSorted());
});

test('what cannot be used is refused with a sentence, and nothing has changed', async () => {
  await acceptOne(await opening(at('data')));
  await closeAll();
  await backUp(at('data'), at('jobs.backup'));
  await expect(backUp(at('data'), at('jobs.backup'))).rejects.toThrow(/is there already/);
  await expect(backUp(at('nowhere'), at('x'))).rejects.toThrow(/There is no .*Name the data directory/);
  await expect(backUp(at('data'), at('no/folder/x'))).rejects.toThrow(/cannot be written/);
  await writeFile(at('text'), 'no database at all, but long enough to be looked at '.repeat(50));
  new DatabaseSync(at('empty')).close();
  await copyFile(at('jobs.backup'), at('newer'));
  const newer = new DatabaseSync(at('newer'));
  newer.exec(`PRAGMA user_version = ${SCHEMA_VERSION + 1}`);
  newer.close();
  for (const [file, expected] of [
    ['text', /no backup of vramkeeper|not usable/],
    ['empty', /no backup/],
    ['newer', /written by a newer vramkeeper/],
    ['gone', /There is no/],
  ] as const) {
    expect(() => restore(at(file), at('fresh'), false)).toThrow(StoreUnusableError);
    expect(() => restore(at(file), at('fresh'), false)).toThrow(expected);
  }
  expect(await readdir(directory.path)).not.toContain('fresh');
});
