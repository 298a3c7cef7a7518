/** Other clients of the same server who use what we loaded with another context. */

import { describe, expect, test } from 'vitest';
import { createOllamaBackend } from '../../../src/backend/ollama/ollama-backend.ts';
import { type Clock, systemClock } from '../../../src/clock.ts';
import type { Variant } from '../../../src/domain/model.ts';
import { type RunningVirtualOllama, runVirtualOllama } from '../../../src/virtual-ollama/index.ts';
import { eventually } from '../../support/eventually.ts';
import { failureOf, NEVER, outputOf, runRequest, specOf, variantOf } from './worlds.ts';

const MODEL = 'qwen2.5:0.5b';
const hello = runRequest({ kind: 'GENERATE', prompt: 'hi', options: { maxTokens: 2 } }, MODEL);

async function others(ollama: RunningVirtualOllama, body: object): Promise<void> {
  const answer = await fetch(`${ollama.url}/api/generate`, {
    method: 'POST',
    body: JSON.stringify({ model: MODEL, stream: false, ...body }),
  });
  expect(answer.status).toBe(200);
  await answer.arrayBuffer();
}

async function world(clock: Clock = systemClock) {
  const asked: string[] = [];
  const onAnswered = ({ path }: { readonly path: string }) => void asked.push(path);
  const ollama = await runVirtualOllama({ speed: 20, contextLength: 2048, onAnswered });
  const backend = createOllamaBackend({ name: 'virtual', url: ollama.url, clock });
  const listed = (await backend.library.list(NEVER)).find(({ name }) => name === MODEL);
  const variant: Variant = variantOf(MODEL, { weights: listed?.weights ?? '', contextLength: 4096 });
  const handle = await backend.load(specOf(variant), NEVER);
  return {
    ollama,
    handle,
    looks: () => asked.filter((path) => path === '/api/ps').length,
    load: () => backend.load(specOf(variant), NEVER),
    loads: () => ollama.core.events.all().filter(({ kind }) => kind === 'loaded').length,
    async [Symbol.asyncDispose]() {
      await backend.stop();
      await ollama.stop();
    },
  };
}

describe('a look at what runs goes before', () => {
  const MOMENT_MS = 20;

  test.each([
    { name: 'the first of many requests', apartMs: MOMENT_MS - 1, looks: 1 },
    { name: 'each of those that come one by one', apartMs: MOMENT_MS, looks: 5 },
  ])('$name', async ({ apartMs, looks }) => {
    let now = 0;
    await using w = await world({ ...systemClock, monotonic: () => now });
    const before = w.looks();
    for (let sent = 0; sent < 5; sent += 1) {
      await outputOf(w.handle, hello);
      now += apartMs;
    }
    await eventually(() => w.looks() - before >= looks);
    expect(w.looks() - before).toBe(looks);
  });
});

describe('a model that another client uses', () => {
  test.each([4097, 8192, 16_384])('with a larger context (%i) serves us as he loaded it', async (num_ctx) => {
    await using w = await world();
    for (let i = 0; i < 3; i += 1) {
      await others(w.ollama, { prompt: 'hi', options: { num_ctx, num_predict: 1 } });
      await Promise.all([outputOf(w.handle, hello), outputOf(w.handle, hello)]);
    }
    expect(w.loads()).toBe(2);
  });

  test('with a larger context is taken as he loaded it by a load of ours', async () => {
    await using w = await world();
    await others(w.ollama, { prompt: 'hi', options: { num_ctx: 8192, num_predict: 1 } });
    const again = await w.load();
    expect(again.variant).toMatchObject({ contextLength: 8192, options: { num_ctx: 8192 } });
    await outputOf(again, hello);
    expect(w.loads()).toBe(2);
  });

  test('with our context costs no load', async () => {
    await using w = await world();
    await others(w.ollama, { prompt: 'hi', options: { num_ctx: 4096, num_predict: 1 } });
    await outputOf(w.handle, hello);
    expect(w.loads()).toBe(1);
  });

  test('with a smaller context is loaded again with ours, as our job may need it', async () => {
    await using w = await world();
    await others(w.ollama, { prompt: 'hi', options: { num_ctx: 2048, num_predict: 1 } });
    await outputOf(w.handle, hello);
    expect(w.loads()).toBe(3);
  });

  test('and unloads is loaded by no job: the job waits for a load that was planned', async () => {
    await using w = await world();
    await others(w.ollama, { keep_alive: 0 });
    await eventually(() => w.ollama.core.scheduler.runners().length === 0);
    const failure = await failureOf(outputOf(w.handle, hello));
    expect(failure).toMatchObject({ remedy: 'wait' });
    expect(w.loads()).toBe(1);
  });
});
