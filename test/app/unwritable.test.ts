/** A server whose data directory cannot be written says so, to callers and in its health, instead of accepting what it would lose. */
import { copyFile, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { TestApp } from './test-app.ts';

const HEALTH = '{ health { status problems { code message } } }';
const MODEL = 'qwen2.5:0.5b';

test.each<[string, (path: string) => Promise<unknown>, RegExp]>([
  ['was deleted', (path) => rm(path, { recursive: true }), /deleted or replaced/],
  ['was moved away', (path) => rename(path, `${path}-moved`), /deleted or replaced/],
  [
    'has another database in place of its own',
    async (path) => {
      await copyFile(join(path, 'vramkeeper.db'), join(path, 'copy.db'));
      await rename(join(path, 'copy.db'), join(path, 'vramkeeper.db'));
    },
    /deleted or replaced/,
  ],
  ['lost its log', (path) => rm(join(path, 'vramkeeper.db-wal')), /deleted or replaced/],
])('A data directory that %s refuses submissions, and is a problem', async (_what, harm, message) => {
  await using server = await TestApp.start();
  const id = await server.generate(MODEL);
  await server.ended(id);
  await harm(server.dataDir);

  const input = { model: MODEL, request: { generate: { prompt: 'Why?' } } };
  expect(await server.submit(input)).toMatchObject({
    __typename: 'StoreUnwritableError',
    code: 'STORE_UNWRITABLE',
    message: expect.stringMatching(message),
  });
  const { cancelJob } = await server.query(
    `mutation { cancelJob(input: { id: "${id}" }) { __typename ... on UserError { code } } }`,
  );
  expect(['STORE_UNWRITABLE', 'JOB_NOT_CANCELLABLE']).toContain(cancelJob.code);
  const { health } = await server.query(HEALTH);
  expect(health.status).not.toBe('HEALTHY');
  expect(health.problems).toContainEqual({
    code: 'STORE_UNWRITABLE',
    message: expect.stringMatching(message),
  });
  const ready = await fetch(`${server.app.url}/readyz`);
  // Without a key, and so without where the data are.
  expect([ready.status, await ready.json()]).toEqual([
    503,
    { status: 'not ready', reason: 'Nothing can be stored.' },
  ]);
  await rm(`${server.dataDir}-moved`, { recursive: true, force: true });
});
