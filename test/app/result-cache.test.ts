/** Answers that are given again to who asks the same, through the whole program. */
import { expect, test } from 'vitest';
import { TestApp } from './test-app.ts';

const MODEL = 'qwen2.5:0.5b';
const EMBEDDER = 'all-minilm';
const cache = { maxAgeMs: 3_600_000, shared: false, models: [], clients: ['eager'] };
const exact = (prompt: string) => ({
  generate: { prompt, options: { maxTokens: 6, temperature: 0, seed: 7 } },
});
const JOB = `query ($id: ID!) { job(id: $id) { status answeredBy startedAt attempts { number } waiting { explanation }
  result { ... on TextResult { text doneReason usage { completionTokens } } ... on EmbedResult { embeddings } } } }`;

// biome-ignore lint/suspicious/noExplicitAny: what a test selects is its own affair.
async function run(world: TestApp, input: object): Promise<any> {
  const { job } = await world.submit(input);
  await world.ended(job.id);
  return { id: job.id, ...(await world.query(JOB, { id: job.id })).job };
}

test('a cached answer equals the first one, whatever was asked, and takes no slot', async () => {
  await using world = await TestApp.start({ config: { cache }, ollama: { speed: 50 } });
  const requests = [
    { model: MODEL, request: exact('Why?') },
    {
      model: MODEL,
      request: {
        chat: {
          messages: [{ role: 'USER', content: 'Hi' }],
          options: { temperature: 0, seed: 1, maxTokens: 3 },
        },
      },
    },
    { model: EMBEDDER, request: { embed: { input: ['one', 'two'] } } },
  ];
  for (const input of requests) {
    const first = await run(world, { ...input, cache: true });
    const second = await run(world, { ...input, cache: true });
    expect(first).toMatchObject({ status: 'COMPLETE', answeredBy: null });
    expect(second).toMatchObject({ status: 'COMPLETE', answeredBy: first.id, attempts: [] });
    expect(second.result).toEqual(first.result);
    // Who does not ask for it, and whoever asks something else, has an answer of its own.
    expect((await run(world, input)).answeredBy).toBeNull();
    expect((await run(world, { ...input, model: input.model, cache: false })).answeredBy).toBeNull();
  }
  for (const request of [exact('Why not?'), { generate: { prompt: 'Why?', options: { maxTokens: 6 } } }]) {
    const input = { model: MODEL, request, cache: true };
    const [first, second] = [await run(world, input), await run(world, input)];
    expect(first.answeredBy).toBeNull();
    const hasChance = !('seed' in request.generate.options);
    expect(second.answeredBy).toBe(hasChance ? null : first.id);
  }
});

test('equal requests that come together run once, and say why they wait', async () => {
  await using world = await TestApp.start({ config: { cache } });
  await world.query('mutation { pauseScheduler { __typename } }');
  const input = { model: MODEL, request: exact('Together?'), cache: true };
  const ids: string[] = [];
  for (let i = 0; i < 3; i += 1) ids.push((await world.submit(input)).job.id);
  const [leader, ...others] = ids;
  for (const id of others)
    expect((await world.query(JOB, { id })).job).toMatchObject({
      answeredBy: leader,
      waiting: { explanation: expect.stringContaining(`${leader} asks the same`) },
    });
  await world.query('mutation { resumeScheduler { __typename } }');
  for (const id of ids) expect(await world.ended(id)).toMatchObject({ status: 'COMPLETE' });
  expect((await world.query(JOB, { id: others[1] })).job.result).toEqual(
    (await world.query(JOB, { id: leader })).job.result,
  );
});

test('drop-in APIs say whether an answer was given before, streamed or not, and never across clients', async () => {
  await using world = await TestApp.start({ config: { cache }, ollama: { speed: 50 } });
  const ask = async (path: string, body: object, headers: Record<string, string>) => {
    const response = await fetch(new URL(path, world.app.url), {
      method: 'POST',
      headers: { 'content-type': 'application/json', ...headers },
      body: JSON.stringify(body),
    });
    return { cached: response.headers.get('x-cache'), status: response.status, text: await response.text() };
  };
  const body = {
    model: MODEL,
    messages: [{ role: 'user', content: 'Hello' }],
    temperature: 0,
    seed: 3,
    max_tokens: 4,
  };
  const path = '/v1/chat/completions';
  const use = { 'x-cache': 'use' };
  const contentOf = (text: string) => JSON.parse(text).choices[0].message.content;
  const first = await ask(path, body, use);
  const second = await ask(path, body, use);
  expect([first.cached, second.cached]).toEqual(['MISS', 'HIT']);
  expect(contentOf(second.text)).toBe(contentOf(first.text));
  const streamed = await ask(path, { ...body, stream: true }, use);
  expect(streamed.cached).toBe('HIT');
  const pieces = [...streamed.text.matchAll(/^data: (\{.*\})$/gm)].map(([, json]) => JSON.parse(json ?? ''));
  expect(pieces.map(({ choices }) => choices[0]?.delta?.content ?? '').join('')).toBe(contentOf(first.text));
  // Another client has its own, one that the settings name need not ask, and who does not want it has none.
  expect((await ask(path, body, { ...use, 'x-client': 'bob' })).cached).toBe('MISS');
  expect((await ask(path, body, { 'x-client': 'eager' })).cached).toBe('MISS');
  expect((await ask(path, body, { 'x-client': 'eager' })).cached).toBe('HIT');
  expect((await ask(path, body, { 'x-client': 'eager', 'x-cache': 'none' })).cached).toBeNull();
  expect((await ask(path, body, {})).cached).toBeNull();
  expect((await ask(path, body, { 'x-cache': 'maybe' })).status).toBe(400);
});

test('without the setting nothing is given twice', async () => {
  await using world = await TestApp.start({ ollama: { speed: 50 } });
  const input = { model: MODEL, request: exact('Why?'), cache: true };
  expect([(await run(world, input)).answeredBy, (await run(world, input)).answeredBy]).toEqual([null, null]);
});
