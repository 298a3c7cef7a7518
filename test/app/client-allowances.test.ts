/** Limits of what a client may use up, by every way in. */
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { ClientLimits } from '../../src/domain/client-limits.ts';
import { RawSocket } from '../conformance/support.ts';
import { attached, startApp, TestApp, testConfig } from './test-app.ts';

const MODEL = 'qwen2.5:0.5b';
const FREE: ClientLimits = { weight: 1, maxRunning: null, maxQueued: null };
const clients = {
  others: FREE,
  named: new Map<string, ClientLimits>([
    ['hasty', { ...FREE, requestsPerSecond: 0.01 }],
    ['talker', { ...FREE, tokensPerMinute: 20 }],
    ['worker', { ...FREE, gpuSecondsPerDay: 1 }],
    ['small', { ...FREE, maxContextLength: 2_048, maxOutputTokens: 5 }],
  ]),
};

// biome-ignore lint/suspicious/noExplicitAny: what a test selects is its own affair.
type Data = any;

let server: TestApp;
beforeAll(async () => {
  server = await TestApp.start({ config: { clients } });
});
afterAll(() => server[Symbol.asyncDispose]());

function post(client: string, path: string, body: object) {
  const headers = { 'content-type': 'application/json', 'x-client': client };
  return fetch(new URL(path, server.app.url), { method: 'POST', headers, body: JSON.stringify(body) });
}

async function ask(client: string, query: string, variables: object = {}): Promise<Data> {
  return (await post(client, '/graphql', { query, variables })).json();
}

const generate = (client: string, options: object = {}) =>
  post(client, '/api/generate', { model: MODEL, prompt: 'Why?', stream: false, options });

const SUBMIT = `mutation ($input: SubmitJobInput!) { submitJob(input: $input) { __typename
  ... on SubmitJobPayload { job { id } } ... on ClientLimitError { code client limit maximum retryAfter }
  ... on InvalidInputError { issues { path message } } } }`;
const submit = async (client: string, more: object = {}, options: object = {}) =>
  (
    await ask(client, SUBMIT, {
      input: { model: MODEL, request: { generate: { prompt: 'Why?', options } }, ...more },
    })
  ).data.submitJob;

it('requests above the rate are refused by every way in, in its own form, with the time to wait', async () => {
  const socket = await new RawSocket(Number(new URL(server.app.url).port)).acknowledged({ client: 'hasty' });
  const VIEWER = { query: '{ viewer { client } }' };
  expect((await post('hasty', '/graphql', VIEWER)).status).toBe(200);
  // The next one has room in a hundred seconds.
  const refused = async (path: string, body: object): Promise<Data> => {
    const answer = await post('hasty', path, body);
    expect([path, answer.status]).toEqual([path, 429]);
    expect(Number(answer.headers.get('retry-after'))).toBeGreaterThan(1);
    return answer.json();
  };
  expect((await refused('/graphql', VIEWER)).errors[0].extensions.code).toBe('CLIENT_LIMIT_REACHED');
  const { error } = await refused('/v1/embeddings', { model: 'none', input: 'x' });
  expect(error).toMatchObject({ message: expect.stringContaining('requests a second') });
  expect((await refused('/api/show', { model: 'none' })).error).toMatch(/requests a second/);
  socket.subscribe('1', VIEWER.query);
  const { payload } = (await socket.take()) as Data;
  expect((payload.errors ?? payload)[0].extensions).toMatchObject({
    code: 'CLIENT_LIMIT_REACHED',
    maximum: 0.01,
    retryAfterMs: expect.any(Number),
  });
  await socket.close();
  expect((await post('others', '/graphql', VIEWER)).status).toBe(200);
});

it('who has used up its tokens waits for them: jobs, chats and tries again are refused, batches wait', async () => {
  expect((await submit('talker')).__typename).toBe('SubmitJobPayload');
  expect((await generate('talker', { num_predict: 30 })).status).toBe(200);
  const job = await submit('talker');
  expect(job).toMatchObject({
    __typename: 'ClientLimitError',
    code: 'CLIENT_LIMIT_REACHED',
    client: 'talker',
    limit: 'TOKENS_PER_MINUTE',
    maximum: 20,
  });
  expect(job.retryAfter).toBeGreaterThan(0);
  const refused = await generate('talker');
  expect([refused.status, Number(refused.headers.get('retry-after')) > 0]).toEqual([429, true]);
  const chat = `mutation { sendChatMessage(input: { model: "${MODEL}", content: "Why?" }) { __typename } }`;
  expect((await ask('talker', chat)).data.sendChatMessage.__typename).toBe('ClientLimitError');
  const retry =
    'mutation { retryJobs(input: { jobs: { filter: { statuses: [COMPLETE] } } }) { __typename } }';
  expect((await ask('talker', retry)).data.retryJobs.__typename).toBe('ClientLimitError');
  const requests = [
    { custom_id: 'a', params: { model: MODEL, max_tokens: 3, messages: [{ role: 'user', content: 'x' }] } },
  ];
  const batch = (await (await post('talker', '/v1/messages/batches', { requests })).json()) as Data;
  expect(batch.processing_status).toBe('in_progress');
  const used = (await ask('talker', '{ clients { client allowances { limit maximum used } } }')).data.clients;
  const mine = used.find(({ client }: Data) => client === 'talker');
  expect(mine.allowances).toEqual([{ limit: 'TOKENS_PER_MINUTE', maximum: 20, used: expect.any(Number) }]);
  expect(mine.allowances[0].used).toBeGreaterThan(20);
});

it('the context and the output that a client may have are the most that it gets', async () => {
  const said = (await (await generate('small')).json()) as Data;
  expect(said.eval_count).toBeLessThanOrEqual(5);
  const endless = (await (await generate('small', { num_predict: -1 })).json()) as Data;
  expect(endless.eval_count).toBeLessThanOrEqual(5);
  expect((await generate('small', { num_predict: 6 })).status).toBe(400);
  expect((await submit('small', {}, { maxTokens: 6 })).issues[0].path).toEqual([
    'request',
    'generate',
    'options',
    'maxTokens',
  ]);
  expect((await generate('small', { num_ctx: 4_096 })).status).toBe(400);
  expect((await generate('small', { num_ctx: 2_048, num_predict: 2 })).status).toBe(200);
});

it('GPU time that was used up is used up after a restart', async () => {
  const slow = { num_predict: 4_000 };
  expect((await generate('worker', slow)).status).toBe(200);
  expect((await submit('worker')).limit).toBe('GPU_SECONDS_PER_DAY');
  await server.app.stop({ graceMs: 0 });
  const config = testConfig(server.dataDir, [attached(server.ollama.url)], { clients });
  const next = await startApp(config);
  try {
    const headers = { 'content-type': 'application/json', 'x-client': 'worker' };
    const body = JSON.stringify({ model: MODEL, prompt: 'x' });
    expect((await fetch(`${next.url}/api/generate`, { method: 'POST', headers, body })).status).toBe(429);
  } finally {
    await next.stop({ graceMs: 0 });
  }
});
