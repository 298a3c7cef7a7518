/** A whole server whose jobs are in PostgreSQL: what it keeps, and what it does while PostgreSQL is away. */
import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { beforeAll, expect, test } from 'vitest';
import type { App } from '../../src/app.ts';
import { placeOf } from '../../src/config/store-place.ts';
import { serve } from '../cli/support/served.ts';
import { newSchema, type TestPostgres, testPostgres } from '../store/support/postgres.ts';
import { eventually } from '../support/eventually.ts';
import { AppClient, attached, startApp, TestApp, testConfig } from './test-app.ts';

const MODEL = 'qwen2.5:0.5b';
const HEALTH = '{ health { problems { code } } }';

let postgres: TestPostgres;
beforeAll(async () => {
  postgres = await testPostgres();
});

/** Through the drop-in API, whose clients know no GraphQL. */
function ask(url: string): Promise<Response> {
  return fetch(`${url}/v1/chat/completions`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ model: MODEL, messages: [{ role: 'user', content: 'Why?' }] }),
  });
}

const folder = () => mkdtemp(join(tmpdir(), 'server-'));

test('Jobs and chats are there after a restart', async () => {
  const store = placeOf(postgres.url(newSchema()));
  await using before = await TestApp.start({ config: { store } });
  const id = await before.generate(MODEL);
  const { result } = await before.ended(id);
  const { sendChatMessage } = await before.query(
    `mutation { sendChatMessage(input: { model: "${MODEL}", content: "Why?" }) {
      ... on SendChatMessagePayload { chat { id activeJob { id } } } } }`,
  );
  await before.ended(sendChatMessage.chat.activeJob.id);
  expect((await ask(before.app.url)).status).toBe(200);
  await before.app.stop({ graceMs: 0 });

  const app = await startApp(testConfig(await folder(), [attached(before.ollama.url)], { store }));
  try {
    const after = new AppClient(app);
    expect(await after.job(id)).toMatchObject({ status: 'COMPLETE', result });
    const { jobs, chat } = await after.query(
      `{ jobs(first: 10) { totalCount }
        chat(id: "${sendChatMessage.chat.id}") { messages(first: 5) { nodes { role content } } } }`,
    );
    expect(jobs.totalCount).toBe(3);
    expect(chat.messages.nodes).toEqual([
      { role: 'USER', content: 'Why?' },
      { role: 'ASSISTANT', content: expect.stringMatching(/./) },
    ]);
  } finally {
    await app.stop({ graceMs: 0 });
  }
});

test('While PostgreSQL is away nothing is accepted, and what runs is recorded when it is back', async () => {
  const store = placeOf(postgres.url(newSchema()));
  await using server = await TestApp.start({ config: { store }, ollama: { speed: 1 } });
  await server.ended(await server.generate(MODEL));
  const request = { generate: { prompt: 'Why?', options: { maxTokens: 200 } } };
  const { job } = await server.submit({ model: MODEL, request });
  await server.jobWhen(job.id, ({ status }) => status === 'RUNNING');

  await postgres.kill();
  const refused = await eventually(
    () => ask(server.app.url),
    ({ status }) => status === 503,
  );
  expect(Number(refused.headers.get('retry-after'))).toBeGreaterThan(0);
  expect(await server.submit({ model: MODEL, request })).toMatchObject({ code: 'STORE_UNWRITABLE' });
  expect((await server.query(HEALTH)).health.problems).toContainEqual({ code: 'STORE_UNWRITABLE' });

  await postgres.start();
  const ended = await eventually(
    () => server.job(job.id).catch(() => null),
    (seen) => seen?.status === 'COMPLETE',
  );
  // It was not done again.
  expect(ended.attempts).toEqual([{ number: 1, failure: null }]);
  await eventually(
    () => ask(server.app.url),
    ({ status }) => status === 200,
  );
});

test('A killed server finds its jobs again, and a second one on the same schema is refused', async () => {
  await using models = await TestApp.start();
  const env = { VRAMKEEPER_STORE: postgres.url(newSchema()) };
  const clientOf = (url: string) => new AppClient({ url, graphqlUrl: `${url}/graphql` } as App);
  const first = await serve(await folder(), models.ollama.url, [], env);
  const client = clientOf(first.url);
  await eventually(async () => (await client.query('{ models(first: 1) { totalCount } }')).models.totalCount);
  const ids = await Promise.all(Array.from({ length: 20 }, () => client.generate(MODEL)));

  await expect(serve(await folder(), models.ollama.url, [], env)).rejects.toThrow(
    /Another vramkeeper works on the store/,
  );

  first.server.kill('SIGKILL');
  await first.server.ended;
  const again = clientOf((await serve(await folder(), models.ollama.url, [], env)).url);
  const jobs = () => again.query('{ jobs(first: 100) { nodes { id status } } }');
  const found = await eventually(jobs, (seen) =>
    seen.jobs.nodes.every(({ status }: { readonly status: string }) => status === 'COMPLETE'),
  );
  expect(found.jobs.nodes.map(({ id }: { readonly id: string }) => id).sort()).toEqual([...ids].sort());
});
