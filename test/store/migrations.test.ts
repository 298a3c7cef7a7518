/** Data folders of earlier versions open, with all that is in them. */
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { expect, it, onTestFinished } from 'vitest';
import { VirtualClock } from '../../src/clock.ts';
import type { BatchId, JobId } from '../../src/domain/ids.ts';
import { imageIdOf } from '../../src/domain/image.ts';
import type { JobResult } from '../../src/domain/job.ts';
import { prepareDirectory } from '../../src/store/sqlite/open-database.ts';
import { SCHEMA } from '../../src/store/sqlite/schema.ts';
import { blobOf, claimOne } from '../contract/store-fixtures.ts';
import { openStore, temporaryDirectory } from './support/stores.ts';

const USAGE = { promptTokens: 3, completionTokens: 2, evalDurationMs: 1.5, loadDurationMs: 0 };

/** Results as the first version wrote them: one text of JSON each. */
const TEXT = {
  kind: 'text',
  doneReason: 'LENGTH',
  toolCalls: [{ a: 1 }],
  usage: USAGE,
  raw: { context: [7] },
};
const NUMBERS = Array.from({ length: 150 }, (_, i) => [i + 0.1, -1 - i, 1e-7]);
const EMBED = { kind: 'embed', embeddings: NUMBERS, usage: USAGE, raw: { model: 'm' } };

const IMAGE = blobOf('GIF89a and the rest of it');
const SOUND = blobOf('RIFF0000WAVEfmt ');

function writeFirstVersion(path: string): void {
  const database = new DatabaseSync(path);
  database.exec(`${SCHEMA} PRAGMA user_version = 1;`);
  database.exec("INSERT INTO buckets VALUES (1, 'llama3:latest', 'NORMAL', 'alice')");
  const job = database.prepare(
    `INSERT INTO jobs (sequence, id, revision, status, bucket, line, urgency, fence, finished_at, failed_attempts, created_at,
       max_attempts, kind, model_name) VALUES (?, ?, ?, ?, 1, ?, 1, 1, ?, 0, 5, 3, ?, 'llama3')`,
  );
  const result = database.prepare('INSERT INTO results VALUES (?, ?, ?)');
  const request = database.prepare('INSERT INTO requests VALUES (?, ?)');
  job.run(1, 'job_text', 1, 'COMPLETE', null, 9, 'GENERATE');
  result.run(1, JSON.stringify([{ attempt: 1, channel: 'TEXT', text: 'Grüße' }]), JSON.stringify(TEXT));
  job.run(2, 'job_embed', 2, 'COMPLETE', null, 9, 'EMBED');
  result.run(2, '[]', JSON.stringify(EMBED));
  job.run(3, 'job_failed', 3, 'FAILED', null, 9, 'GENERATE');
  result.run(3, '[]', null);
  job.run(4, 'job_waits', 4, 'PENDING', 1, null, 'GENERATE');
  database.exec("INSERT INTO batches VALUES ('bat_old', 'nightly', 'alice', 5)");
  database.exec("UPDATE jobs SET batch = 'bat_old' WHERE sequence <> 2");
  database.exec(`UPDATE jobs SET failure = '{"code":"DEADLINE_EXCEEDED"}' WHERE sequence = 3`);
  for (const [hash, bytes] of [IMAGE, SOUND]) {
    database.prepare('INSERT INTO blobs VALUES (?, ?)').run(hash, bytes);
    database.prepare('INSERT INTO job_blobs VALUES (4, ?)').run(hash);
  }
  database.prepare('INSERT INTO job_blobs VALUES (1, ?)').run(IMAGE[0]);
  request.run(4, JSON.stringify({ kind: 'GENERATE', prompt: 'Why?' }));
  database.close();
}

it('A data folder of the first version opens with every job and result', async () => {
  const directory = await temporaryDirectory();
  onTestFinished(() => directory.remove());
  prepareDirectory(directory.path);
  writeFirstVersion(join(directory.path, 'vramkeeper.db'));
  const store = await openStore(directory.path, { clock: new VirtualClock(1_000) });
  onTestFinished(() => store.stop());

  const [text, embed, failed] = ['job_text', 'job_embed', 'job_failed'] as unknown as JobId[];
  if (!text || !embed || !failed) throw new Error('There are three.');
  const { raw: textRaw, ...textEnding } = TEXT;
  expect(await store.endings([text, embed, failed])).toEqual([
    textEnding,
    { kind: 'embed', usage: USAGE, count: 150, dimensions: 3, bytes: expect.any(Number) },
    null,
  ]);
  expect(await store.texts([text])).toEqual([{ TEXT: 'Grüße', THINKING: '' }]);
  expect(JSON.parse((await store.raws([text]))[0] ?? '')).toEqual(textRaw);
  expect(JSON.parse((await store.raws([embed]))[0] ?? '')).toEqual(EMBED.raw satisfies JobResult['raw']);
  const vectors = await store.vectors(embed, 0, 1_000);
  expect(vectors.map((json) => JSON.parse(Buffer.from(json).toString()))).toEqual(NUMBERS);
  expect(await store.vectors(embed, 100, 20)).toHaveLength(20);
  const batch = 'bat_old' as BatchId;
  const counts = { PENDING: 1, QUEUED: 0, RUNNING: 0, COMPLETE: 1, FAILED: 1, CANCELLED: 0 };
  expect(await store.batch(batch)).toMatchObject({ name: 'nightly', counts, finishedAt: null });
  const images = [IMAGE, SOUND].map(([hash, bytes]) => ({ id: imageIdOf(hash), hash, bytes: bytes.length }));
  const ids = images.map(({ id }) => id);
  expect(await store.images.images(ids, 'alice')).toEqual([
    { ...images[0], mediaType: 'image/gif' },
    { ...images[1], mediaType: 'application/octet-stream' },
  ]);
  expect(await store.images.images(ids, 'bob')).toEqual([null, null]);
  const claimed = await claimOne(store);
  expect(claimed.job.id).toBe('job_waits');
  await store.cancel(claimed.job.id, null);
  expect(await store.batch(batch)).toMatchObject({
    counts: { ...counts, PENDING: 0, CANCELLED: 1 },
    finishedAt: 1_000,
  });
});
