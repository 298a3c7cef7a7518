/** Who the caller is to the server, with keys and without them. */
import { expect, test } from 'vitest';
import { AppClient, TestApp } from '../app/test-app.ts';

const VIEWER =
  '{ viewer { admin scopes choosesName client maxPriority limits { batchJobs bodyBytes images retention } } }';

const KEYS = [
  { name: 'night', key: 'the-key-of-the-night', admin: false, maxPriority: 'LOW' },
  { name: 'boss', key: 'the-key-of-the-boss', admin: true, maxPriority: 'HIGH' },
] as const;

test('without keys callers name themselves, and each may do everything', async () => {
  await using server = await TestApp.start({ config: { maxBodyBytes: 3_000_000, retentionMs: 60_000 } });
  const { viewer } = await new AppClient(server.app).query(VIEWER);
  expect(viewer).toEqual({
    admin: true,
    choosesName: true,
    scopes: ['SUBMIT', 'READ_OWN', 'READ_ALL', 'OPERATE', 'ADMIN'],
    client: 'anonymous',
    maxPriority: 'HIGH',
    limits: { batchJobs: 1_000, bodyBytes: 3_000_000, images: 64, retention: 60_000 },
  });
});

test('with keys a caller is who its key says', async () => {
  await using server = await TestApp.start({ config: { keys: KEYS } });
  for (const { key, name, admin, maxPriority } of KEYS) {
    const response = await fetch(server.app.graphqlUrl, {
      method: 'POST',
      headers: { 'content-type': 'application/json', 'x-api-key': key, 'x-client': 'somebody-else' },
      body: JSON.stringify({ query: VIEWER }),
    });
    expect((await response.json()).data.viewer).toMatchObject({
      admin,
      scopes: admin ? ['SUBMIT', 'READ_OWN', 'READ_ALL', 'OPERATE', 'ADMIN'] : ['SUBMIT', 'READ_OWN'],
      choosesName: false,
      client: name,
      maxPriority,
    });
  }
});
