/** LangChain with its package for Ollama, as programs use it. */
import { type AIMessage, HumanMessage, ToolMessage } from '@langchain/core/messages';
import { tool } from '@langchain/core/tools';
import { ChatOllama, Ollama, OllamaEmbeddings } from '@langchain/ollama';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { z } from 'zod';
import { eventually } from '../support/eventually.ts';
import { ABLE, CATALOG, EMBEDDER, PLAIN, PNG } from './support/able-models.ts';
import { collected, type GatewayWorld, gatewayWorld } from './support/world.ts';

const QUESTION = 'How is the weather?';

const weather = tool(async ({ city }) => `Rain in ${city}.`, {
  name: 'weather',
  description: 'Tells the weather.',
  schema: z.object({ city: z.string() }),
});

let world: GatewayWorld;
beforeAll(async () => {
  world = await gatewayWorld({ ollama: { catalog: CATALOG } });
});
afterAll(() => world[Symbol.asyncDispose]());

const chat = (model: string, more: object = {}, { url } = world) =>
  new ChatOllama({ model, baseUrl: url, maxRetries: 0, ...more });

describe('a chat', () => {
  test('looks for its model before it asks, and is a job', async () => {
    const said = await chat(PLAIN, { checkOrPullModel: true, numPredict: 4, keepAlive: '5m' }).invoke(
      QUESTION,
    );
    expect(said.content).not.toBe('');
    expect(said.usage_metadata).toMatchObject({ output_tokens: 4 });
    expect(said.response_metadata).toMatchObject({ model: PLAIN, done: true, done_reason: 'length' });
    expect((await world.jobs())[0]).toMatchObject({ kind: 'CHAT', status: 'COMPLETE' });
  });

  test('comes in pieces that say the same', async () => {
    const model = chat(PLAIN, { seed: 5 });
    const whole = await model.invoke(QUESTION);
    const pieces = await collected(await model.stream(QUESTION));
    expect(pieces.length).toBeGreaterThan(3);
    expect(pieces.map(({ content }) => content).join('')).toBe(whole.content);
    expect(pieces.at(-1)?.usage_metadata).toMatchObject({
      output_tokens: whole.usage_metadata?.output_tokens,
    });
  });

  test('calls a tool, and takes its answer', async () => {
    const model = chat(ABLE).bindTools([weather]);
    const asked = new HumanMessage('Use weather.');
    const called = (await model.invoke([asked])) as AIMessage;
    expect(called.tool_calls).toMatchObject([{ name: 'weather', args: { city: expect.any(String) } }]);
    const [call] = called.tool_calls ?? [];
    if (!call) throw new Error('The tool was not called.');
    const answer: ToolMessage = await weather.invoke({ ...call, type: 'tool_call' });
    expect(answer).toBeInstanceOf(ToolMessage);
    const said = await model.invoke([asked, called, answer]);
    expect(said.content).toEqual(expect.stringMatching(/\w/));
  });

  test('calls a tool in pieces, too', async () => {
    const pieces = await collected(await chat(ABLE).bindTools([weather]).stream('Use weather.'));
    const calls = pieces.flatMap(({ tool_calls: calls }) => calls ?? []);
    expect(calls).toMatchObject([{ name: 'weather', args: { city: expect.any(String) } }]);
  });

  test.each(['jsonSchema', 'functionCalling'] as const)(
    'is of the form that a schema asks for (%s)',
    async (method) => {
      const Weather = z.object({ city: z.string(), degrees: z.number(), sunny: z.boolean() });
      const parsed = await chat(ABLE)
        .withStructuredOutput(Weather, { method, name: 'forecast' })
        .invoke('Use forecast.');
      expect(Weather.parse(parsed)).toEqual(parsed);
    },
  );

  test('looks at images', async () => {
    const message = new HumanMessage({
      content: [
        { type: 'text', text: 'What is this?' },
        { type: 'image_url', image_url: `data:image/png;base64,${PNG}` },
      ],
    });
    expect((await chat(ABLE).invoke([message])).content).not.toBe('');
    await expect(chat(PLAIN).invoke([message])).rejects.toMatchObject({
      status_code: 400,
      error: expect.stringContaining('does not support vision'),
    });
  });

  test('thinks before it speaks, where it should', async () => {
    const pieces = await collected(await chat(ABLE, { think: true }).stream(QUESTION));
    const thoughts = pieces.filter(({ additional_kwargs: more }) => more.reasoning_content);
    expect(thoughts.length).toBeGreaterThan(0);
    const still = await collected(await chat(ABLE, { think: false }).stream(QUESTION));
    expect(still.every(({ additional_kwargs: more }) => !more.reasoning_content)).toBe(true);
    await expect(chat(PLAIN, { think: true }).invoke(QUESTION)).rejects.toMatchObject({
      status_code: 400,
      error: '"plain" does not support thinking',
    });
  });
});

test('a text goes on, as one and in pieces', async () => {
  const model = new Ollama({ model: PLAIN, baseUrl: world.url, maxRetries: 0, seed: 3, numPredict: 6 });
  const whole = await model.invoke('Once upon a time');
  expect(whole).not.toBe('');
  expect((await collected(await model.stream('Once upon a time'))).join('')).toBe(whole);
});

test('texts become vectors', async () => {
  const model = new OllamaEmbeddings({ model: EMBEDDER, baseUrl: world.url, maxRetries: 0 });
  const [one, two, again] = await model.embedDocuments(['one', 'two', 'one']);
  expect(one).toEqual(again);
  expect(one).not.toEqual(two);
  expect(await model.embedQuery('one')).toEqual(one);
});

describe('what goes wrong', () => {
  test.each([
    ['nothere', {}, 404, "model 'nothere' not found"],
    [EMBEDDER, {}, 400, '"vectors" does not support chat'],
    ['x:cloud', {}, 403, 'ollama cloud is disabled: remote model is unavailable'],
  ])('with %s is told with its status', async (model, more, status_code, error) => {
    await expect(chat(model, more).invoke(QUESTION)).rejects.toMatchObject({ status_code, error });
  });

  test('in mid-stream ends the stream with an error', async () => {
    world.app.ollama.core.faults.set({ quoteOutput: 1 });
    const seen: unknown[] = [];
    const reading = (async () => {
      for await (const piece of await chat(PLAIN).stream(QUESTION)) seen.push(piece);
    })();
    await expect(reading).rejects.toThrow('error parsing tool call');
    expect(seen.length).toBeGreaterThan(0);
    expect((await world.jobs())[0]).toMatchObject({ status: 'FAILED' });
  });
});

test('a program that gives up has its jobs cancelled: before the first token, in mid-stream, and while they wait', async () => {
  await using t = await gatewayWorld({ ollama: { catalog: CATALOG, tokensPerSecond: 2 } });
  const giveUp = new AbortController();
  const long = { numPredict: 10_000 };
  const speaking = (async () => {
    const stream = await chat(PLAIN, long, t).stream(QUESTION, { signal: giveUp.signal });
    for await (const piece of stream) if (piece) giveUp.abort();
  })();
  await speaking.catch(() => {});
  await eventually(t.jobs, ([job]) => job?.status === 'CANCELLED');
  // It looks at its signal when something comes. What waits is ended by the function that asks.
  const leaving = new AbortController();
  const asking: typeof fetch = (url, init) => fetch(url, { ...init, signal: leaving.signal });
  const model = chat(PLAIN, { ...long, fetch: asking }, t);
  const asked = [1, 2, 3, 4].map(() => model.invoke(QUESTION).catch((error: Error) => error.name));
  await eventually(t.jobs, (jobs) => jobs.length === 5);
  leaving.abort();
  expect(await Promise.all(asked)).toEqual(asked.map(() => 'AbortError'));
  await eventually(t.jobs, (jobs) => jobs.every(({ status }) => status === 'CANCELLED'));
});
