/** Limits of single clients as a whole server keeps them: every way in refuses what is too much of one client, and others are not held up. */
import { expect, it } from 'vitest';
import type { ClientTable } from '../../src/domain/client-limits.ts';
import { TestApp } from './test-app.ts';

const MODEL = 'smollm:360m';
const clients: ClientTable = {
  others: { weight: 1, maxRunning: null, maxQueued: null },
  named: new Map([['small', { weight: 1, maxRunning: 1, maxQueued: 2 }]]),
};

async function post(t: TestApp, path: string, body: object, client: string) {
  const response = await fetch(new URL(path, t.app.url), {
    method: 'POST',
    headers: { 'content-type': 'application/json', 'x-client': client, 'anthropic-version': '2023-06-01' },
    body: JSON.stringify(body),
  });
  return { status: response.status, headers: response.headers, body: JSON.parse(await response.text()) };
}

const SUBMIT = `mutation ($input: SubmitJobInput!) { submitJob(input: $input) {
  __typename ... on SubmitJobPayload { job { id } }
  ... on ClientQueueFullError { code message client limit retryAfter }
} }`;
const request = { generate: { prompt: 'x', options: { maxTokens: 200 } } };
const submit = async (t: TestApp, client: string) =>
  (await post(t, '/graphql', { query: SUBMIT, variables: { input: { model: MODEL, request } } }, client)).body
    .data.submitJob;

it('what is too much of one client is refused on every way in, with when to try again', async () => {
  await using t = await TestApp.start({ config: { clients } });
  await t.query('mutation { pauseScheduler { __typename } }');
  for (let i = 0; i < 2; i += 1)
    expect(await submit(t, 'small')).toMatchObject({ __typename: 'SubmitJobPayload' });
  expect(await submit(t, 'small')).toMatchObject({
    __typename: 'ClientQueueFullError',
    code: 'CLIENT_QUEUE_FULL',
    client: 'small',
    limit: 2,
    retryAfter: expect.any(Number),
    message: expect.stringContaining('small may have 2 waiting jobs'),
  });
  expect(await submit(t, 'other')).toMatchObject({ __typename: 'SubmitJobPayload' });

  const messages = [{ role: 'user', content: 'x' }];
  const ways = [
    ['/api/generate', { model: MODEL, prompt: 'x' }],
    ['/api/chat', { model: MODEL, messages }],
    ['/v1/chat/completions', { model: MODEL, messages }],
    ['/v1/messages', { model: MODEL, messages, max_tokens: 8 }],
  ] as const;
  for (const [path, body] of ways) {
    const refused = await post(t, path, body, 'small');
    expect([path, refused.status]).toEqual([path, 429]);
    expect(Number(refused.headers.get('retry-after'))).toBeGreaterThan(0);
    expect(JSON.stringify(refused.body)).toContain('small may have 2 waiting jobs');
  }
  const { body } = await post(t, '/v1/messages', { model: MODEL, messages, max_tokens: 8 }, 'small');
  expect(body.error.type).toBe('rate_limit_error');
});

it('a client at its limit is told so, still counted as waiting, and passed by others', async () => {
  await using t = await TestApp.start({
    config: { clients },
    ollama: { speed: 1, tokensPerSecond: 20, loadBaseMs: 10 },
  });
  const first = (await submit(t, 'small')).job.id;
  await t.jobWhen(first, ({ status }) => status === 'RUNNING');
  const second = (await submit(t, 'small')).job.id;
  const told = await t.jobWhen(second, ({ waiting }) => waiting?.reason === 'CLIENT_LIMIT');
  expect(told.waiting.explanation).toBe('small runs one job, which is its limit.');
  const other = (await submit(t, 'other')).job.id;
  await t.jobWhen(other, ({ status }) => status === 'RUNNING');
  expect((await t.job(second)).status).toBe('PENDING');
  const { stats } = await t.query('{ stats { queues { modelName pendingNormal } } }');
  expect(stats.queues).toEqual([{ modelName: MODEL, pendingNormal: 1 }]);
  await t.query('mutation ($id: ID!) { cancelJob(input: { id: $id }) { __typename } }', { id: first });
  await t.jobWhen(second, ({ status }) => status === 'RUNNING');
});
