/** The `ai` package with its provider for servers that speak OpenAI's API, as programs use it. */
import { createOpenAICompatible } from '@ai-sdk/openai-compatible';
import {
  APICallError,
  embedMany,
  generateObject,
  generateText,
  jsonSchema,
  streamObject,
  streamText,
  tool,
} from 'ai';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { z } from 'zod';
import { eventually } from '../../support/eventually.ts';
import { ABLE, CATALOG, EMBEDDER, PLAIN, PNG } from '../support/able-models.ts';
import { collected, type GatewayWorld, gatewayWorld } from '../support/world.ts';

let world: GatewayWorld;
let provider: ReturnType<typeof providerOf>;
beforeAll(async () => {
  world = await gatewayWorld({ ollama: { catalog: CATALOG } });
  provider = providerOf(world);
});
afterAll(() => world[Symbol.asyncDispose]());

function providerOf({ url }: Pick<GatewayWorld, 'url'>) {
  return createOpenAICompatible({
    name: 'vramkeeper',
    baseURL: `${url}/v1`,
    apiKey: 'anything',
    includeUsage: true,
    supportsStructuredOutputs: true,
  });
}

const asked = (model: string, more: { readonly prompt?: string } = {}) => ({
  model: provider(model),
  prompt: 'How is the weather?',
  maxRetries: 0,
  ...more,
});

const weather = (cities: unknown[] = []) =>
  tool({
    description: 'Tells the weather.',
    inputSchema: jsonSchema<{ city: string }>({
      type: 'object',
      properties: { city: { type: 'string' } },
      required: ['city'],
    }),
    execute: async ({ city }) => {
      cities.push(city);
      return 'Rain.';
    },
  });

describe('a chat', () => {
  test('is the same as one and in pieces, with what was thought and used', async () => {
    const request = {
      ...asked(ABLE),
      seed: 5,
      providerOptions: { vramkeeper: { reasoningEffort: 'high' } },
    };
    const whole = await generateText(request);
    expect(whole.text).not.toBe('');
    expect(whole.reasoningText).not.toBe('');
    const streamed = streamText(request);
    const pieces = await collected(streamed.textStream);
    expect(pieces.length).toBeGreaterThan(2);
    expect(pieces.join('')).toBe(whole.text);
    expect(await streamed.reasoningText).toBe(whole.reasoningText);
    expect(await streamed.usage).toMatchObject({
      inputTokens: whole.usage.inputTokens,
      outputTokens: whole.usage.outputTokens,
    });
    expect((await world.jobs())[0]).toMatchObject({ kind: 'CHAT', status: 'COMPLETE' });
  });

  test.each(['as one', 'in pieces'])(
    'has its tools called, and goes on with what they say, %s',
    async (way) => {
      const cities: unknown[] = [];
      const request = {
        ...asked(ABLE, { prompt: 'Use weather.' }),
        providerOptions: { vramkeeper: { reasoningEffort: 'none' } },
        tools: { weather: weather(cities) },
        stopWhen: ({ steps }: { readonly steps: readonly unknown[] }) => steps.length === 2,
      };
      const steps = way === 'as one' ? (await generateText(request)).steps : await streamText(request).steps;
      expect(steps.map(({ finishReason }) => finishReason)).toEqual(['tool-calls', expect.any(String)]);
      expect(cities).toEqual([expect.any(String)]);
    },
  );

  test('is of the form that a schema asks for, as one and while it grows', async () => {
    const schema = z.object({ city: z.string(), degrees: z.number(), sunny: z.boolean() });
    const { object } = await generateObject({ ...asked(PLAIN), schema });
    expect(schema.parse(object)).toEqual(object);
    const streamed = streamObject({ ...asked(PLAIN), schema });
    const stages = await collected(streamed.partialObjectStream);
    expect(stages.at(-1)).toEqual(await streamed.object);
  });

  test('looks at images', async () => {
    const look = (model: string) =>
      generateText({
        model: provider(model),
        maxRetries: 0,
        messages: [
          {
            role: 'user',
            content: [
              { type: 'text', text: 'What is this?' },
              { type: 'image', image: Buffer.from(PNG, 'base64') },
            ],
          },
        ],
      });
    expect((await look(ABLE)).text).not.toBe('');
    await expect(look(PLAIN)).rejects.toMatchObject({
      statusCode: 400,
      message: expect.stringContaining('does not support vision'),
    });
  });
});

test('a text goes on', async () => {
  const request = { model: provider.completionModel(PLAIN), prompt: 'Once', maxRetries: 0, seed: 2 };
  const whole = await generateText({ ...request, maxOutputTokens: 5 });
  expect(whole.finishReason).toBe('length');
  const streamed = streamText({ ...request, maxOutputTokens: 5 });
  expect((await collected(streamed.textStream)).join('')).toBe(whole.text);
});

test('texts become vectors', async () => {
  const model = provider.embeddingModel(EMBEDDER);
  const { embeddings, usage } = await embedMany({ model, values: ['one', 'two', 'one'], maxRetries: 0 });
  expect(embeddings[0]).toEqual(embeddings[2]);
  expect(embeddings[0]).not.toEqual(embeddings[1]);
  expect(usage.tokens).toBeGreaterThan(0);
});

describe('what goes wrong', () => {
  test.each([
    ['nothere', 404, "model 'nothere' not found"],
    [EMBEDDER, 400, '"vectors" does not support chat'],
    ['x:cloud', 403, 'ollama cloud is disabled: remote model is unavailable'],
  ])('with %s is told as one and in a stream', async (model, statusCode, message) => {
    const error = await generateText(asked(model)).catch((error: unknown) => error);
    expect(APICallError.isInstance(error)).toBe(true);
    expect(error).toMatchObject({ statusCode, message });
    const told: unknown[] = [];
    const streamed = streamText({ ...asked(model), onError: ({ error }) => void told.push(error) });
    await collected(streamed.fullStream);
    expect(told).toEqual([expect.objectContaining({ statusCode, message })]);
  });

  test('in mid-stream is told after what was said', async () => {
    world.app.ollama.core.faults.set({ quoteOutput: 1 });
    const told: unknown[] = [];
    const streamed = streamText({ ...asked(PLAIN), onError: ({ error }) => void told.push(error) });
    const pieces = await collected(streamed.fullStream);
    expect(pieces.some(({ type }) => type === 'text-delta')).toBe(true);
    expect(JSON.stringify(told)).toContain('error parsing tool call');
    expect((await world.jobs())[0]).toMatchObject({ status: 'FAILED' });
  });
});

test('a program that gives up has its jobs cancelled: before the first token, in mid-stream, and while they wait', async () => {
  await using t = await gatewayWorld({ ollama: { catalog: CATALOG, tokensPerSecond: 2 } });
  const long = { model: providerOf(t)(PLAIN), prompt: 'x', maxRetries: 0, maxOutputTokens: 10_000 };
  const speaking = new AbortController();
  const streamed = streamText({ ...long, abortSignal: speaking.signal });
  for await (const { type } of streamed.fullStream) if (type === 'text-delta') speaking.abort();
  await eventually(t.jobs, ([job]) => job?.status === 'CANCELLED');
  const leaving = new AbortController();
  const gone = { ...long, abortSignal: leaving.signal };
  const whole = [1, 2].map(() => generateText(gone).catch((error: Error) => error.name));
  const streams = [1, 2].map(() => collected(streamText(gone).fullStream));
  await eventually(t.jobs, (jobs) => jobs.length === 5);
  leaving.abort();
  expect(await Promise.all(whole)).toEqual(['AbortError', 'AbortError']);
  for (const pieces of await Promise.all(streams)) expect(pieces.at(-1)).toMatchObject({ type: 'abort' });
  await eventually(t.jobs, (jobs) => jobs.every(({ status }) => status === 'CANCELLED'));
});
