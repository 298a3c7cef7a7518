import { expect, test } from 'vitest';
import { ApiClient } from '../../src/client/api-client.ts';
import { VramUpdates } from '../../src/client/documents.ts';
import { Served } from './support/served.ts';

test('a reader leaves at once although the server is gone and the connection is being opened again', async () => {
  const served = await Served.start();
  const lost = Promise.withResolvers<void>();
  const api = new ApiClient({ url: served.url, onLost: () => lost.resolve() });
  const ending = new AbortController();
  const first = Promise.withResolvers<void>();
  const reading = (async () => {
    for await (const _event of api.subscribe(VramUpdates, {}, ending.signal)) first.resolve();
  })();
  await first.promise;
  // It never comes back: without leaving, trying would go on for minutes.
  await served[Symbol.asyncDispose]();
  await lost.promise;
  ending.abort();
  await expect(reading).resolves.toBeUndefined();
  await expect(api.close()).resolves.toBeUndefined();
});

test('a reader that has left already reads nothing', async () => {
  const api = new ApiClient({ url: 'http://127.0.0.1:1' });
  const events = api.subscribe(VramUpdates, {}, AbortSignal.abort());
  expect(await events.next()).toEqual({ done: true, value: undefined });
});
