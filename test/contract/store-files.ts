/** Files of clients: chunks, quotas, lists, retention. */
import { expect, test } from 'vitest';
import { systemRandom, VirtualClock } from '../../src/clock.ts';
import { type FileId, newId } from '../../src/domain/ids.ts';
import type { Store } from '../../src/domain/store.ts';
import type { FileQuota, NewFile } from '../../src/domain/stored-file.ts';
import type { CurrentStore } from './store-contract.ts';
import { HOUR_MS, WEEK_MS } from './store-fixtures.ts';

const idClock = new VirtualClock();
const ROOM: FileQuota = { ofClient: 1_000, ofAll: 2_000 };

export function fileId(): FileId {
  return newId('file', idClock, systemRandom);
}

/** A finished file of these chunks. */
export async function fileOf(
  store: Store,
  chunks: readonly string[],
  { lifeMs, ...changes }: Partial<NewFile> & { readonly lifeMs?: number } = {},
): Promise<FileId> {
  const id = fileId();
  await store.files.begin({
    id,
    client: 'alice',
    purpose: 'BATCH',
    name: 'a.jsonl',
    ...changes,
  });
  for (const [place, chunk] of chunks.entries()) {
    const outcome = await store.files.append({ id, place, bytes: Buffer.from(chunk), quota: ROOM });
    if (outcome !== 'appended') throw new Error(`The chunk was not taken: ${outcome}.`);
  }
  await store.files.finish({ id, lifeMs: lifeMs ?? null });
  return id;
}

async function textOf(store: Store, id: FileId): Promise<string> {
  let text = '';
  for (let place = 0; ; place += 1) {
    const chunk = await store.files.chunk(id, place);
    if (chunk === null) return text;
    text += Buffer.from(chunk).toString();
  }
}

export function storeFilesContract(current: CurrentStore): void {
  test('A file is there when it is finished, and is read chunk by chunk', async () => {
    const { store, clock } = current();
    const id = fileId();
    await store.files.begin({ id, client: 'alice', purpose: 'BATCH', name: 'ä.jsonl' });
    expect(await store.files.append({ id, place: 0, bytes: Buffer.from('one '), quota: ROOM })).toBe(
      'appended',
    );
    expect(await store.files.append({ id, place: 1, bytes: Buffer.from('two'), quota: ROOM })).toBe(
      'appended',
    );
    // Sent again, as after a lost answer.
    expect(await store.files.append({ id, place: 1, bytes: Buffer.from('two'), quota: ROOM })).toBe(
      'appended',
    );
    expect(await store.files.file(id)).toBeNull();
    expect((await store.files.list({ direction: 'ASC', limit: 10 })).files).toEqual([]);
    const file = {
      id,
      client: 'alice',
      purpose: 'BATCH',
      name: 'ä.jsonl',
      createdAt: clock.now(),
      expiresAt: clock.now() + HOUR_MS,
      bytes: 7,
      source: null,
    };
    expect(await store.files.finish({ id, lifeMs: HOUR_MS })).toEqual(file);
    expect(await store.files.file(id)).toEqual(file);
    expect(await textOf(store, id)).toBe('one two');
    expect(await store.files.append({ id, place: 2, bytes: Buffer.from('!'), quota: ROOM })).toBe(
      'unknown-file',
    );
  });

  test('A deleted file takes nothing along that another one has', async () => {
    const { store } = current();
    const [first, second] = [await fileOf(store, ['same', 'a']), await fileOf(store, ['same', 'same', 'b'])];
    expect(await store.files.delete(first)).toBe(true);
    expect(await store.files.delete(first)).toBe(false);
    expect(await textOf(store, second)).toBe('samesameb');
    expect(await store.files.chunk(first, 0)).toBeNull();
  });

  test('A client, and all clients together, keep no more than they may', async () => {
    const { store } = current();
    const quota = { ofClient: 6, ofAll: 9 };
    const append = async (client: string, text: string) => {
      const id = fileId();
      await store.files.begin({ id, client, purpose: 'BATCH', name: 'x' });
      const outcome = await store.files.append({ id, place: 0, bytes: Buffer.from(text), quota });
      if (outcome !== 'appended') await store.files.delete(id);
      return { id, outcome };
    };
    const first = await append('alice', '12345');
    expect(first.outcome).toBe('appended');
    expect((await append('alice', '67')).outcome).toBe('client-quota');
    expect((await append('bob', '12345')).outcome).toBe('quota');
    expect((await append('bob', '1234')).outcome).toBe('appended');
    await store.files.delete(first.id);
    expect((await append('alice', '67')).outcome).toBe('appended');
  });

  test('Lists tell the files of a client by purpose, from a cursor on, either way', async () => {
    const { store } = current();
    const ids: FileId[] = [];
    for (const name of ['a', 'b', 'c', 'd']) ids.push(await fileOf(store, [name], { name }));
    await fileOf(store, ['x'], { client: 'bob' });
    await fileOf(store, ['hidden'], { purpose: 'BATCH_INPUT' });
    const names = async (query: Partial<Parameters<Store['files']['list']>[0]>) => {
      const page = await store.files.list({ client: 'alice', direction: 'ASC', limit: 10, ...query });
      return [...page.files.map(({ name }) => name), page.hasMore];
    };
    expect(await names({})).toEqual(['a', 'b', 'c', 'd', false]);
    expect(await names({ limit: 2 })).toEqual(['a', 'b', true]);
    expect(await names({ limit: 2, ...(ids[1] && { after: ids[1] }) })).toEqual(['c', 'd', false]);
    expect(await names({ direction: 'DESC', limit: 2, ...(ids[2] && { after: ids[2] }) })).toEqual([
      'b',
      'a',
      false,
    ]);
    expect(await names({ after: fileId() })).toEqual([false]);
    expect(await names({ purpose: 'BATCH_OUTPUT' })).toEqual([false]);
    expect((await store.files.list({ direction: 'ASC', limit: 10 })).files).toHaveLength(5);
  });

  test('Files go when their time is over, and at the latest when finished jobs would', async () => {
    const { store, clock } = current();
    const short = await fileOf(store, ['short'], { lifeMs: HOUR_MS });
    const long = await fileOf(store, ['long'], { lifeMs: 10 * WEEK_MS });
    clock.advance(2 * HOUR_MS);
    await store.tend(WEEK_MS);
    expect(await store.files.file(short)).toBeNull();
    expect(await store.files.file(long)).not.toBeNull();
    clock.advance(WEEK_MS);
    await store.tend(WEEK_MS);
    expect(await store.files.file(long)).toBeNull();
    expect(await store.files.chunk(long, 0)).toBeNull();
  });
}
