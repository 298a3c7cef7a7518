/** The `ai` package with its provider for Anthropic, as programs use it. */
import { createAnthropic } from '@ai-sdk/anthropic';
import { APICallError, generateText, jsonSchema, streamText, tool } from 'ai';
import { expect, test } from 'vitest';
import { thinModel } from '../../virtual-ollama/bench.ts';
import { gatewayWorld } from '../support/world.ts';

const MODEL = 'able';
const CATALOG = [{ ...thinModel(MODEL, 50), capabilities: ['completion', 'tools', 'thinking'] as const }];

async function world() {
  const world = await gatewayWorld({ ollama: { catalog: CATALOG } });
  const provider = createAnthropic({ baseURL: `${world.url}/v1`, apiKey: 'anything' });
  return { ...world, provider };
}

const anthropic = { thinking: { type: 'enabled' as const, budgetTokens: 1_024 } };

test('a text and what was thought, as one and in pieces', async () => {
  await using t = await world();
  const request = {
    model: t.provider(MODEL),
    prompt: 'Hello there.',
    maxOutputTokens: 300,
    maxRetries: 0,
    providerOptions: { anthropic },
  };
  const whole = await generateText(request);
  expect(whole.text).not.toBe('');
  expect(whole.reasoningText).not.toBe('');
  const streamed = streamText(request);
  const pieces: string[] = [];
  for await (const piece of streamed.textStream) pieces.push(piece);
  expect(pieces.length).toBeGreaterThan(2);
  expect(pieces.join('')).toBe(whole.text);
  expect(await streamed.reasoningText).toBe(whole.reasoningText);
  expect((await streamed.usage).outputTokens).toBe(whole.usage.outputTokens);
});

test('tools, whose answers it sends by itself', async () => {
  await using t = await world();
  const cities: unknown[] = [];
  const weather = tool({
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
  const { steps } = await generateText({
    model: t.provider(MODEL),
    prompt: 'What is the weather?',
    maxOutputTokens: 500,
    maxRetries: 0,
    tools: { weather },
    stopWhen: ({ steps }) => steps.length === 2,
  });
  expect(steps.map(({ finishReason }) => finishReason)).toEqual(['tool-calls', expect.any(String)]);
  expect(cities).toEqual([expect.any(String)]);
});

test('a failure', async () => {
  await using t = await world();
  const asked = generateText({ model: t.provider('nothere'), prompt: 'x', maxRetries: 0 });
  const error = await asked.catch((error: unknown) => error);
  expect(APICallError.isInstance(error)).toBe(true);
  expect(error).toMatchObject({ statusCode: 404, message: "model 'nothere' not found" });
});
