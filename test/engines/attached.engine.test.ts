/** Jobs on a real llama.cpp server with a real model. */
import { expect, test } from 'vitest';
import type { OpenAiBackendConfig } from '../../src/config/config.ts';
import { RealServer } from './engine-world.ts';
import { TemporaryApp } from './temporary-app.ts';

const CHAT = 'HuggingFaceTB/SmolLM2-135M-Instruct';
const EMBED = 'smol/embed';

function backend(name: string, url: string): OpenAiBackendConfig {
  return { name, type: 'openai', url, parallel: null, vramBytes: null, gpus: [{ probe: 'none' }] };
}

const ask = (content: string, options: object, more: object = {}) => ({
  model: CHAT,
  request: { chat: { messages: [{ role: 'USER', content }], options, ...more } },
});

test('chats, embeddings and JSON come from two servers through one queue, and a stop in mid-stream frees the slot', async () => {
  await using chats = await RealServer.start(CHAT, ['--parallel', '1']);
  await using vectors = await RealServer.start(EMBED, ['--embedding']);
  await using app = await TemporaryApp.start([backend('chats', chats.url), backend('vectors', vectors.url)]);

  const options = { maxTokens: 8, temperature: 0 };
  const prompt = 'The capital of France is';
  const capital = await app.submit({ model: CHAT, request: { generate: { prompt, raw: true, options } } });
  expect((await app.ended(capital.job.id)).result.text).toMatch(/Paris/);
  const greeting = await app.ended((await app.submit(ask('Say hello.', options))).job.id);
  expect(greeting.result).toMatchObject({
    text: expect.stringMatching(/\w/),
    usage: { completionTokens: 8 },
  });

  const schema = {
    type: 'object',
    properties: { sky: { type: 'string', enum: ['blue'] } },
    required: ['sky'],
  };
  const formed = await app.submit(
    ask('Describe the sky.', { maxTokens: 40, temperature: 0 }, { format: schema }),
  );
  expect(JSON.parse((await app.ended(formed.job.id)).result.text)).toEqual({ sky: 'blue' });

  const input = ['A dog barks.', 'A dog barks.', 'Stocks fell on Monday.'];
  const embedded = await app.submit({ model: EMBED, request: { embed: { input } } });
  const { embeddings } = (await app.ended(embedded.job.id)).result;
  const dot = (a: readonly number[], b: readonly number[]) =>
    a.reduce((sum, each, i) => sum + each * (b[i] ?? 0), 0);
  expect(dot(embeddings[0], embeddings[1])).toBeCloseTo(1, 3);
  expect(dot(embeddings[0], embeddings[2])).toBeLessThan(0.99);

  const long = await app.submit(ask('Count to a thousand.', { maxTokens: 1_500, temperature: 0 }));
  await app.jobWhen(long.job.id, ({ status }) => status === 'RUNNING');
  await app.query(`mutation { cancelJob(input: { id: "${long.job.id}" }) { __typename } }`);
  expect(await app.ended(long.job.id)).toMatchObject({ status: 'CANCELLED' });
  const next = await app.submit(ask('Say hello.', { maxTokens: 4 }));
  expect(await app.ended(next.job.id)).toMatchObject({ status: 'COMPLETE' });

  const tooLong = await app.submit(ask('word '.repeat(3_000), { maxTokens: 4 }));
  expect(tooLong.job ? (await app.ended(tooLong.job.id)).failure.code : tooLong.code).toBe(
    'CONTEXT_LENGTH_EXCEEDED',
  );
});
