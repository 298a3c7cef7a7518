/** Images that were handed in by themselves: content, quotas, who has them, when they are forgotten. */
import { describe, expect, test } from 'vitest';
import { imageHashOf, imageIdOf, UNUSED_IMAGE_MS } from '../../src/domain/image.ts';
import type { BlobHash } from '../../src/domain/request.ts';
import type { Store } from '../../src/domain/store.ts';
import type { CurrentStore } from './store-contract.ts';
import { accept, blobOf, claimOf, complete, HOUR_MS, newJob, submission, WEEK_MS } from './store-fixtures.ts';

const ROOM = { ofClient: 20_000, ofAll: 30_000 };
const PNG = '\x89PNG\r\n\x1a\n';

function bytesOf(text: string): Uint8Array {
  return Buffer.from(`${PNG}${text}`, 'latin1');
}

async function keep(store: Store, text: string, client = 'alice') {
  const outcome = await store.images.keep({ client, bytes: bytesOf(text), quota: ROOM });
  if (outcome.kind !== 'kept') throw new Error(`The image was not kept: ${outcome.kind}.`);
  return outcome.image;
}

function naming(...images: readonly BlobHash[]) {
  return newJob({ request: { kind: 'GENERATE', prompt: 'What is this?', images } });
}

async function isThere(store: Store, hash: BlobHash): Promise<boolean> {
  return (await store.blob(hash)) !== null;
}

/** Runs the oldest job to its end. */
async function runOne(store: Store): Promise<void> {
  const [claimed] = await store.claim(claimOf(1));
  if (!claimed) throw new Error('There was nothing to claim.');
  await complete(store, claimed.job);
}

export function storeImagesContract(current: CurrentStore): void {
  describe('images', () => {
    test('are found by an id that their content alone decides', async () => {
      const { store } = current();
      const image = await keep(store, 'a');
      expect(image).toMatchObject({ bytes: 9, mediaType: 'image/png', id: imageIdOf(image.hash) });
      expect(imageHashOf(image.id)).toBe(image.hash);
      expect(await keep(store, 'a')).toEqual(image);
      expect(await keep(store, 'a', 'bob')).toEqual(image);
      expect((await keep(store, 'b')).id).not.toBe(image.id);
      expect(Buffer.from((await store.blob(image.hash)) ?? [])).toEqual(Buffer.from(bytesOf('a')));
    });

    test('are those of a client alone, unless all are asked for', async () => {
      const { store } = current();
      const own = await keep(store, 'a');
      const foreign = await keep(store, 'b', 'bob');
      const ids = [own.id, foreign.id, imageIdOf(blobOf('never seen')[0])];
      expect(await store.images.images(ids, 'alice')).toEqual([own, null, null]);
      expect(await store.images.images(ids, null)).toEqual([own, foreign, null]);
    });

    test('are refused beyond the room of a client and of all, and the same image takes room once', async () => {
      const { store } = current();
      const put = async (client: string, text: string) =>
        (await store.images.keep({ client, bytes: bytesOf(text), quota: ROOM })).kind;
      expect(await put('alice', 'a'.repeat(18_000))).toBe('kept');
      expect(await put('alice', 'a'.repeat(18_000))).toBe('kept');
      expect(await put('alice', 'b'.repeat(18_000))).toBe('client-quota');
      expect(await put('bob', 'b'.repeat(18_000))).toBe('quota');
      expect(await put('bob', 'b'.repeat(2_000))).toBe('kept');
    });

    test('take at least 4 KiB each, and give their room back when they are forgotten', async () => {
      const { store, clock } = current();
      const put = async (text: string) =>
        (await store.images.keep({ client: 'alice', bytes: bytesOf(text), quota: ROOM })).kind;
      for (const text of ['a', 'b', 'c', 'd']) expect(await put(text)).toBe('kept');
      expect(await put('e')).toBe('client-quota');
      await clock.advance(UNUSED_IMAGE_MS);
      await store.tend(WEEK_MS);
      expect(await put('e')).toBe('kept');
    });

    test('can be named by jobs of who has them, and by none of another', async () => {
      const { store } = current();
      const own = await keep(store, 'a');
      const foreign = await keep(store, 'b', 'bob');
      const submit = (imagesOf: string | null, ...images: readonly BlobHash[]) =>
        store.submit(submission([naming(...images)], { imagesOf }));
      expect((await submit('alice', own.hash)).kind).toBe('accepted');
      expect(await submit('alice', own.hash, foreign.hash)).toEqual({
        kind: 'unknown-images',
        hashes: [foreign.hash],
      });
      expect((await submit(null, foreign.hash)).kind).toBe('accepted');
      expect(store.counts().PENDING).toBe(2);
    });

    test('that came with a job belong to its client too', async () => {
      const { store } = current();
      const [hash, bytes] = blobOf('from a job');
      await store.submit(submission([naming(hash)], { blobs: new Map([[hash, bytes]]) }));
      const [found] = await store.images.images([imageIdOf(hash)], 'alice');
      expect(found).toMatchObject({ hash, bytes: bytes.length, mediaType: 'application/octet-stream' });
      expect(await store.images.images([imageIdOf(hash)], 'bob')).toEqual([null]);
      const again = await store.submit(submission([naming(hash)], { imagesOf: 'alice' }));
      expect(again.kind).toBe('accepted');
    });

    test('are forgotten an hour after they came, and not while a job refers to them', async () => {
      const { store, clock } = current();
      const [unused, used] = [await keep(store, 'unused'), await keep(store, 'used')];
      await store.submit(submission([naming(used.hash)], { imagesOf: 'alice' }));
      await clock.advance(UNUSED_IMAGE_MS - 1);
      await store.tend(WEEK_MS);
      expect(await isThere(store, unused.hash)).toBe(true);
      await clock.advance(1);
      await store.tend(WEEK_MS);
      expect(await isThere(store, unused.hash)).toBe(false);
      expect(await store.images.images([unused.id], null)).toEqual([null]);
      expect(await isThere(store, used.hash)).toBe(true);
    });

    test('are kept for an hour from the end of the last job that used them', async () => {
      const { store, clock } = current();
      const image = await keep(store, 'a');
      await store.submit(submission([naming(image.hash), naming(image.hash)], { imagesOf: 'alice' }));
      await runOne(store);
      await clock.advance(HOUR_MS);
      await runOne(store);
      await clock.advance(2 * HOUR_MS);
      // Both jobs are older than this by now.
      await store.tend(HOUR_MS);
      expect(await isThere(store, image.hash)).toBe(true);
      await clock.advance(UNUSED_IMAGE_MS);
      await store.tend(HOUR_MS);
      expect(await isThere(store, image.hash)).toBe(false);
    });

    test('that are handed in again are kept as if they were new', async () => {
      const { store, clock } = current();
      const image = await keep(store, 'a');
      await clock.advance(UNUSED_IMAGE_MS - 1);
      await keep(store, 'a');
      await clock.advance(1);
      await store.tend(WEEK_MS);
      expect(await isThere(store, image.hash)).toBe(true);
    });

    test('of one client stay for it when another one has no use for them any more', async () => {
      const { store, clock } = current();
      const image = await keep(store, 'a');
      await clock.advance(UNUSED_IMAGE_MS / 2);
      await keep(store, 'a', 'bob');
      await clock.advance(UNUSED_IMAGE_MS / 2);
      await store.tend(WEEK_MS);
      expect(await store.images.images([image.id], 'alice')).toEqual([null]);
      expect(await store.images.images([image.id], 'bob')).toEqual([image]);
      expect(await isThere(store, image.hash)).toBe(true);
    });

    test('of a job that came with them go with it', async () => {
      const { store, clock } = current();
      const [hash, bytes] = blobOf('from a job');
      await store.submit(submission([naming(hash)], { blobs: new Map([[hash, bytes]]) }));
      await runOne(store);
      await clock.advance(HOUR_MS);
      await store.tend(HOUR_MS);
      expect(await isThere(store, hash)).toBe(false);
      await accept(store, {});
    });
  });
}
