/** What a caller asked for ends with the caller, whatever brought it. */
import { describe, expect, onTestFinished, test } from 'vitest';
import { ReadTooLongError } from '../../src/domain/errors.ts';
import type { ReadScope } from '../../src/domain/store.ts';
import { schema } from '../../src/graphql/schema.ts';
import type { OperationScope } from '../../src/graphql/server/scope.ts';
import { RawSocket } from '../conformance/support.ts';
import { GraphQLApi } from '../support/graphql-api.ts';
import { post } from './support/graphql-client.ts';
import { testServer } from './support/own-server.ts';

const LIST = '{ jobs(first: 1) { nodes { id } } }';
const IN_BATCH = '{ batch(id: "bat_x") { jobs(first: 1) { nodes { id } } } }';

/** A server whose lists take until their caller is gone. */
async function stuck() {
  const api = await GraphQLApi.open();
  onTestFinished(() => api.stop());
  const asked: ReadScope[] = [];
  let told = () => {};
  const reading = new Promise<void>((resolve) => {
    told = resolve;
  });
  const list = (_query: unknown, scope: ReadScope) => {
    asked.push(scope);
    told();
    return new Promise((_resolve, reject) => {
      scope.signal?.addEventListener('abort', () => reject(new ReadTooLongError()), { once: true });
    });
  };
  const batches = async () => [
    { id: 'bat_x', name: null, client: 'x', createdAt: 0, finishedAt: 0, counts: {} },
  ];
  const store = new Proxy(api.context.store, {
    get: (target, name) => (name === 'list' ? list : Reflect.get(target, name, target)),
  });
  const loaders = { ...api.context.loaders, batch: { load: async () => (await batches())[0] } };
  const server = await testServer({
    graphql: {
      schema,
      buildContext: ({ answer, principal, signal }: OperationScope) => ({
        ...api.context,
        store,
        loaders,
        answer,
        scope: { caller: principal.client, signal },
      }),
    },
  });
  return { ...server, asked, reading };
}

function aborted({ signal }: ReadScope): Promise<void> {
  return new Promise((resolve) => {
    if (signal?.aborted) resolve();
    else signal?.addEventListener('abort', () => resolve(), { once: true });
  });
}

describe('a read ends', () => {
  test.each([
    ['a list', LIST],
    ['the jobs of a batch', IN_BATCH],
  ])('when the caller of %s closes the connection', async (_what, query) => {
    const { url, asked, reading } = await stuck();
    const caller = new AbortController();
    const answer = fetch(`${url}/graphql`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ query }),
      signal: caller.signal,
    });
    await reading;
    caller.abort();
    await expect(answer).rejects.toThrow();
    await aborted(asked[0] as ReadScope);
  });

  test('when its operation on a WebSocket is completed, and no other does', async () => {
    const { port, asked, reading } = await stuck();
    const socket = await new RawSocket(port).acknowledged();
    socket.subscribe('one', LIST);
    socket.subscribe('two', LIST);
    await reading;
    socket.send({ id: 'one', type: 'complete' });
    await aborted(asked[0] as ReadScope);
    expect(asked[1]?.signal?.aborted).toBe(false);
    await socket.close();
    await aborted(asked[1] as ReadScope);
  });
});

test('a list that takes too long is refused with what to do', async () => {
  const api = await GraphQLApi.open();
  onTestFinished(() => api.stop());
  const store = new Proxy(api.context.store, {
    get: (target, name) =>
      name === 'list' ? () => Promise.reject(new ReadTooLongError()) : Reflect.get(target, name, target),
  });
  const server = await testServer({
    graphql: { schema, buildContext: () => ({ ...api.context, store }) },
  });
  const { result } = await post(server.url, LIST);
  expect(result.errors).toMatchObject([
    { message: expect.stringMatching(/Narrow it/), path: ['jobs'], extensions: { code: 'READ_TOO_LONG' } },
  ]);
});
