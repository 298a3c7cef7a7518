/** Requests that are sent again because their connection broke, by a client library or with a key of their own. */
import OpenAI from 'openai';
import { expect, test } from 'vitest';
import { eventually } from '../support/eventually.ts';
import { thinModel } from '../virtual-ollama/bench.ts';
import { collected, gatewayWorld, type SeenJob } from './support/world.ts';

const MODEL = 'plain';
const said = (content: string, more: object = {}) => ({
  model: MODEL,
  messages: [{ role: 'user' as const, content }],
  max_tokens: 2,
  ...more,
});

async function world() {
  const world = await gatewayWorld({
    ollama: { catalog: [thinModel(MODEL, 50)], numParallel: 1 },
    backend: { parallel: 1 },
  });
  const { app, url, jobs } = world;
  await app.query('mutation { pauseScheduler { __typename } }');
  const waiting = (count: number) =>
    eventually(jobs, (all) => all.filter(({ status }) => status === 'PENDING').length === count);
  /** Ids, the first to run first. */
  const order = async (): Promise<readonly string[]> => {
    await app.query('mutation { resumeScheduler { __typename } }');
    await eventually(jobs, (all) =>
      all.every(({ status }) => status === 'COMPLETE' || status === 'CANCELLED'),
    );
    const { nodes } = (await app.query('{ jobs(first: 50) { nodes { id startedAt status } } }')).jobs;
    const ran = nodes.filter(({ status }: SeenJob) => status === 'COMPLETE');
    return ran
      .sort((a: { startedAt: string }, b: { startedAt: string }) => a.startedAt.localeCompare(b.startedAt))
      .map(({ id }: SeenJob) => id);
  };
  return { ...world, waiting, order, url };
}

/** The package, whose first connections break when they are told to, as if the network had done it. */
function client(url: string) {
  const broken = new AbortController();
  const counts: (string | null)[] = [];
  let tries = 0;
  const openai = new OpenAI({
    baseURL: `${url}/v1`,
    apiKey: 'any',
    maxRetries: 2,
    fetch: async (target, init = {}) => {
      tries += 1;
      counts.push(new Headers(init.headers).get('x-stainless-retry-count'));
      if (tries > 1) return fetch(target, init);
      return fetch(target, { ...init, signal: broken.signal }).catch(() => {
        throw new TypeError('fetch failed');
      });
    },
  });
  return { openai, counts, breaks: () => broken.abort() };
}

test('a client library that tries again has the place of its first try, as one and as a stream', async () => {
  await using t = await world();
  for (const stream of [false, true]) {
    await t.app.query('mutation { pauseScheduler { __typename } }');
    const before = new Set((await t.jobs()).map(({ id }) => id));
    const { openai, counts, breaks } = client(t.url);
    const first = openai.chat.completions.create(said('first', { stream })).withResponse();
    const [one] = await t.waiting(1);
    const second = client(t.url).openai.chat.completions.create(said('second'));
    await t.waiting(2);
    breaks();
    await eventually(t.jobs, (all) => all.some(({ id, status }) => id === one?.id && status === 'CANCELLED'));
    await t.waiting(2);
    expect(counts).toEqual(['0', '1']);
    const ran = (await t.order()).filter((id) => !before.has(id));
    expect(ran).toHaveLength(2);
    expect(ran[0]).toBe(one?.id);
    const { data, response } = await first;
    expect(response.headers.get('x-job-id')).toBe(one?.id);
    const text = stream
      ? (await collected(data as unknown as AsyncIterable<OpenAI.ChatCompletionChunk>))
          .map(({ choices }) => choices[0]?.delta.content ?? '')
          .join('')
      : (data as OpenAI.ChatCompletion).choices[0]?.message.content;
    expect(text).toMatch(/\w/);
    await second;
  }
});

test('what is another request, comes from another client or is no second try, is a job of its own', async () => {
  await using t = await world();
  const leaving = new AbortController();
  const ask = (body: object, headers: Record<string, string>, signal?: AbortSignal) =>
    fetch(`${t.url}/v1/chat/completions`, {
      method: 'POST',
      headers: { 'x-client': 'one', ...headers },
      body: JSON.stringify(body),
      ...(signal && { signal }),
    }).catch(() => null);
  const again = { 'x-stainless-retry-count': '1' };
  const gone = [ask(said('a'), {}, leaving.signal), ask(said('a'), {}, leaving.signal)];
  const [newer, older] = await t.waiting(2);
  leaving.abort();
  await Promise.all(gone);
  await eventually(t.jobs, (all) => all.every(({ status }) => status === 'CANCELLED'));
  const asked: Promise<Response | null>[] = [];
  for (const [body, headers] of [
    [said('a'), {}],
    [said('b'), again],
    [said('a', { max_tokens: 3 }), again],
    [said('a'), { ...again, 'x-client': 'two' }],
    [said('a'), { ...again, 'x-priority': 'high' }],
  ] as const) {
    asked.push(ask(body, headers));
    await t.waiting(asked.length);
  }
  const jobs = await t.jobs();
  for (const job of [newer, older]) expect(jobs.find(({ id }) => id === job?.id)?.status).toBe('CANCELLED');
  // Of two that say the same each is taken up once, the older one first.
  for (const job of [older, newer]) {
    asked.push(ask(said('a'), again));
    await eventually(t.jobs, (all) => all.find(({ id }) => id === job?.id)?.status === 'PENDING');
  }
  asked.push(ask(said('a'), again));
  await t.waiting(8);
  await t.order();
  for (const answer of await Promise.all(asked)) expect(answer?.status).toBe(200);
});

test('a key brings back the job of then, however patient its caller is', async () => {
  await using t = await world();
  const ask = (seconds: string, signal?: AbortSignal) =>
    fetch(`${t.url}/api/chat`, {
      method: 'POST',
      headers: { 'x-idempotency-key': 'mine', 'x-stainless-timeout': seconds },
      body: JSON.stringify({ model: MODEL, messages: said('a').messages, options: { num_predict: 2 } }),
      ...(signal && { signal }),
    });
  const leaving = new AbortController();
  const left = ask('600', leaving.signal).catch(() => null);
  const [job] = await t.waiting(1);
  const other = ask('500');
  leaving.abort();
  await left;
  const third = ask('400');
  await t.app.query('mutation { resumeScheduler { __typename } }');
  for (const asked of [other, third, ask('300')]) {
    const answer = await asked;
    expect([answer.status, answer.headers.get('x-job-id')]).toEqual([200, job?.id]);
    expect(await answer.text()).toContain('"done":true');
  }
  expect(await t.jobs()).toMatchObject([{ id: job?.id, status: 'COMPLETE' }]);
});
