import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { createApp } from '../../src/app.ts';
import type { Config, KeyConfig } from '../../src/config/config.ts';
import { InvalidSettingError } from '../../src/domain/errors.ts';
import { attached, TestApp, testConfig } from '../app/test-app.ts';
import { RawSocket } from '../conformance/support.ts';
import { eventually } from '../support/eventually.ts';

const MODEL = 'qwen2.5:0.5b';
const keyOf = (name: string): KeyConfig => ({
  name,
  key: `the-key-of-${name}-1234`,
  admin: name === 'boss',
  maxPriority: 'HIGH',
});
const [ann, bob, boss] = ['ann', 'bob', 'boss'].map(keyOf) as [KeyConfig, KeyConfig, KeyConfig];

// biome-ignore lint/suspicious/noExplicitAny: what a test selects is its own affair.
type Data = any;

/** What is read at the next reload. */
let settings: (() => Partial<Config>) | null;
let server: TestApp;
let app: ReturnType<typeof createApp>;

beforeAll(async () => {
  // Its backend is what is wanted of it; the server is one whose settings can be read again.
  server = await TestApp.start({ ollama: { speed: 1, numParallel: 4 } });
  const config = testConfig(join(server.dataDir, 'second'), [attached(server.ollama.url, { parallel: 4 })], {
    keys: [ann, bob, boss],
  });
  app = createApp(config, { readSettings: async () => ({ ...config, ...settings?.() }) });
  await app.start();
});
afterAll(async () => {
  await app.stop({ graceMs: 0 });
  await server[Symbol.asyncDispose]();
});

const headersOf = ({ key }: KeyConfig) => ({
  'content-type': 'application/json',
  authorization: `Bearer ${key}`,
});

async function ask(who: KeyConfig, query: string): Promise<Data> {
  const response = await fetch(app.graphqlUrl, {
    method: 'POST',
    headers: headersOf(who),
    body: JSON.stringify({ query }),
  });
  return response.json();
}

const RELOAD = `mutation { reloadConfiguration { ... on ReloadConfigurationPayload { keys clients needRestart }
  ... on InvalidSettingError { code message problems } } }`;

it('closes what is open by a key that is gone, and nothing else', async () => {
  const port = Number(new URL(app.url).port);
  const socketOf = async (who: KeyConfig) => {
    const socket = await new RawSocket(port).acknowledged({ apiKey: who.key });
    socket.subscribe('1', 'subscription { statsChanged { stats { paused } } }');
    await socket.take();
    return socket;
  };
  const [anns, bobs] = [await socketOf(ann), await socketOf(bob)];
  const post = (who: KeyConfig, path: string, body: object) =>
    fetch(new URL(path, app.url), { method: 'POST', headers: headersOf(who), body: JSON.stringify(body) });
  const long = { model: MODEL, prompt: 'Tell all of it.', options: { num_predict: 4000 } };
  const ollama = await post(ann, '/api/generate', long);
  const messages = [{ role: 'user', content: 'Tell all of it.' }];
  const openai = await post(ann, '/v1/chat/completions', {
    model: MODEL,
    messages,
    stream: true,
    max_tokens: 4000,
  });
  const events = await fetch(
    `${app.graphqlUrl}?query=${encodeURIComponent('subscription { statsChanged { stats { paused } } }')}`,
    {
      headers: { ...headersOf(ann), accept: 'text/event-stream' },
    },
  );
  const kept = await post(bob, '/api/generate', { ...long, options: { num_predict: 30 } });
  // All of them are answered: the jobs run.
  const texts = [ollama, openai, events, kept].map((answer) => answer.text());

  settings = () => ({ keys: [bob, boss] });
  expect((await ask(boss, RELOAD)).data.reloadConfiguration).toEqual({
    keys: 2,
    clients: 0,
    needRestart: [],
  });

  expect((await anns.closed).code).toBe(4403);
  const [ofOllama, ofOpenAi, , ofBob] = await Promise.all(texts);
  expect(ofOllama).toMatch(/\n\{"error":"The API key of this request was revoked[^\n]*\n$/);
  expect(ofOpenAi).toMatch(/data: \{"error":\{"message":"The API key of this request was revoked/);
  expect(ofBob?.trim().split('\n').at(-1)).toContain('"done":true');
  bobs.subscribe('2', '{ viewer { client } }');
  await eventually(
    async () => bobs.messages.find(({ id, type }: Data) => id === '2' && type === 'next'),
    (message) => message !== undefined,
  );
  await bobs.close();
  expect((await post(ann, '/api/generate', long)).status).toBe(401);
  // Treated as those of a caller who has gone.
  const statuses = async () =>
    (await ask(boss, '{ jobs(first: 9, filter: { clients: ["ann"] }) { nodes { status } } }')).data.jobs
      .nodes;
  await eventually(
    statuses,
    (jobs: Data[]) => jobs.length === 2 && jobs.every(({ status }) => status === 'CANCELLED'),
  );
});

it('changes nothing where the settings are wrong, and says why', async () => {
  settings = () => {
    throw new InvalidSettingError(
      'vramkeeper.yaml:2: keys[0].key: the key is too short\nport: "x" is no port',
    );
  };
  expect((await ask(boss, RELOAD)).data.reloadConfiguration).toMatchObject({
    code: 'INVALID_SETTING',
    problems: ['vramkeeper.yaml:2: keys[0].key: the key is too short', 'port: "x" is no port'],
  });
  expect((await ask(bob, '{ viewer { client } }')).data.viewer.client).toBe('bob');
  expect((await ask(bob, RELOAD)).errors[0].extensions.code).toBe('FORBIDDEN');
});

it('puts limits of clients into force, and names what waits for a restart', async () => {
  const limits = { weight: 1, maxRunning: null, maxQueued: 1 };
  settings = () => ({
    keys: [bob, boss],
    port: 12_345,
    clients: { others: { ...limits, maxQueued: null }, named: new Map([['bob', limits]]) },
  });
  expect((await ask(boss, RELOAD)).data.reloadConfiguration).toEqual({
    keys: 2,
    clients: 1,
    needRestart: ['port'],
  });
  await ask(boss, 'mutation { pauseScheduler { __typename } }');
  const submit = `mutation { submitJob(input: { model: "${MODEL}", request: { generate: { prompt: "x" } } }) { __typename } }`;
  expect((await ask(bob, submit)).data.submitJob.__typename).toBe('SubmitJobPayload');
  expect((await ask(bob, submit)).data.submitJob.__typename).toBe('ClientQueueFullError');
  settings = () => ({ keys: [bob, boss] });
  await ask(boss, RELOAD);
  expect((await ask(bob, submit)).data.submitJob.__typename).toBe('SubmitJobPayload');
});
