/** Inference by the `ollama` package, as programs use it: each request is a job of the queue. */
import { Ollama } from 'ollama';
import { describe, expect, test } from 'vitest';
import { eventually } from '../support/eventually.ts';
import { collected, gatewayWorld } from './support/world.ts';

const MODEL = 'smollm:360m';
const EMBEDDER = 'all-minilm';
/** The year of Go's longest duration from now. */
const EVER = new Date(Date.now() + 9_223_372_036_854).getFullYear();

async function world(options: Parameters<typeof gatewayWorld>[0] = {}) {
  const world = await gatewayWorld(options);
  return { ...world, client: new Ollama({ host: world.url }) };
}

describe('a program that speaks Ollama', () => {
  test('is answered record by record, and as one', async () => {
    await using t = await world();
    const chat = { model: MODEL, messages: [{ role: 'user', content: 'Hello there.' }] };
    const records = await collected(await t.client.chat({ ...chat, stream: true }));
    expect(records.length).toBeGreaterThan(2);
    expect(records.at(-1)).toMatchObject({ done: true, done_reason: 'stop' });
    const whole = await t.client.chat(chat);
    expect(whole.message.content).toBe(records.map(({ message }) => message.content).join(''));
    expect(whole.eval_count).toBeGreaterThan(0);
    const generated = await collected(await t.client.generate({ model: MODEL, prompt: 'Hi.', stream: true }));
    expect(generated.at(-1)).toMatchObject({ done: true });
    expect(generated.at(-1)?.context?.length).toBeGreaterThan(0);
    expect(await t.jobs()).toMatchObject([
      { kind: 'GENERATE', status: 'COMPLETE' },
      { kind: 'CHAT', status: 'COMPLETE' },
      { kind: 'CHAT', status: 'COMPLETE' },
    ]);
  });

  test('is given vectors', async () => {
    await using t = await world();
    const { embeddings } = await t.client.embed({ model: EMBEDDER, input: ['one', 'two'] });
    expect(embeddings.map((vector) => vector.length)).toEqual([384, 384]);
    expect((await t.client.embeddings({ model: EMBEDDER, prompt: 'one' })).embedding).toHaveLength(384);
    expect((await t.client.embed({ model: EMBEDDER, input: [] })).embeddings).toEqual([]);
  });

  test('learns what is wrong in the words that it knows', async () => {
    await using t = await world();
    const messages = [{ role: 'user', content: 'x' }];
    await expect(t.client.chat({ model: 'nothere', messages })).rejects.toMatchObject({
      status_code: 404,
      error: "model 'nothere' not found",
    });
    await expect(t.client.chat({ model: EMBEDDER, messages })).rejects.toMatchObject({
      status_code: 400,
      error: '"all-minilm" does not support chat',
    });
    const options = { top_k: 'many' as unknown as number };
    await expect(t.client.chat({ model: MODEL, messages, options })).rejects.toMatchObject({
      status_code: 500,
      error: 'option "top_k" must be of type integer',
    });
    await expect(t.client.chat({ model: MODEL, messages, options, stream: true })).rejects.toMatchObject({
      status_code: 500,
    });
  });

  test('that leaves has its job cancelled, waiting or running', async () => {
    await using t = await world({ ollama: { tokensPerSecond: 2 } });
    const long = { model: MODEL, prompt: 'Tell me everything.', options: { num_predict: 10_000 } };
    const stream = await t.client.generate({ ...long, stream: true });
    const first = stream[Symbol.asyncIterator]();
    await first.next();
    const waiting = Array.from({ length: 3 }, () => new AbortController());
    const asked = waiting.map(({ signal }) =>
      fetch(`${t.url}/api/generate`, {
        method: 'POST',
        body: JSON.stringify({ ...long, stream: false }),
        signal,
      }).catch((error: Error) => error.name),
    );
    await eventually(t.jobs, (jobs) => jobs.length === 4);
    for (const one of waiting) one.abort();
    expect(await Promise.all(asked)).toEqual(['AbortError', 'AbortError', 'AbortError']);
    stream.abort();
    await eventually(t.jobs, (jobs) => jobs.every(({ status }) => status === 'CANCELLED'));
  });

  test.each([
    ['chat', { messages: [{ role: 'user', content: 'Hi' }] }],
    ['generate', { prompt: 'Hi' }],
    ['generate', { prompt: '' }],
    ['embed', { input: 'Hi' }],
  ])('has a model stay longer, by /api/%s with %j', async (route, body) => {
    await using t = await world();
    const asked = { model: route === 'embed' ? EMBEDDER : MODEL, ...body, stream: false };
    const expiry = async () =>
      (await t.client.ps()).models.map(({ expires_at: at }) => new Date(at).getFullYear());
    const post = (more: object) =>
      fetch(`${t.url}/api/${route}`, { method: 'POST', body: JSON.stringify({ ...asked, ...more }) });
    expect((await post({ keep_alive: '-1s' })).status).toBe(200);
    expect(await expiry()).toEqual([EVER]);
    await (await post({ keep_alive: '1m' })).text();
    expect(await expiry()).toEqual([EVER]);
  });

  test('loads a model, and lets go of it', async () => {
    await using t = await world();
    expect(await t.client.generate({ model: MODEL, prompt: '' })).toMatchObject({
      done: true,
      done_reason: 'load',
      response: '',
    });
    expect((await t.client.ps()).models.map(({ name }) => name)).toEqual([MODEL]);
    const answer = await t.client.chat({ model: MODEL, messages: [], keep_alive: 0 });
    expect(answer).toMatchObject({ done: true, done_reason: 'unload' });
    expect((await t.client.ps()).models).toEqual([]);
  });

  test('hears one answer: what is cut off is tried again only while nothing of it has gone out', async () => {
    await using t = await world();
    const asked = { model: MODEL, prompt: 'Tell me more.', options: { num_predict: 40 } };
    await t.client.generate(asked);
    t.app.ollama.core.faults.set({ cutMidStream: 1 });
    expect(await t.client.generate(asked)).toMatchObject({ done: true, eval_count: 40 });
    t.app.ollama.core.faults.set({ cutMidStream: 1 });
    await expect(collected(await t.client.generate({ ...asked, stream: true }))).rejects.toThrow(/ollama/i);
    const { nodes } = (await t.app.query('{ jobs(first: 3) { nodes { status attempts { number } } } }')).jobs;
    expect(
      nodes.map(({ status, attempts }: { status: string; attempts: unknown[] }) => [status, attempts.length]),
    ).toEqual([
      ['FAILED', 1],
      ['COMPLETE', 2],
      ['COMPLETE', 1],
    ]);
  });
});
