import { describe, expect, test } from 'vitest';
import { createOllamaBackend } from '../../../src/backend/ollama/ollama-backend.ts';
import { systemClock } from '../../../src/clock.ts';
import type { PromptTooLongError } from '../../../src/domain/context-errors.ts';
import { DEFAULT_CATALOG } from '../../../src/virtual-ollama/core/default-catalog.ts';
import type { Regime, RunningVirtualOllama } from '../../../src/virtual-ollama/index.ts';
import { runVirtualOllama } from '../../../src/virtual-ollama/index.ts';
import { type BackendWorld, backendContract } from '../../contract/backend-contract.ts';
import { eventually } from '../../support/eventually.ts';
import { attached, failureOf, NEVER, outputOf, runRequest, specOf, variantOf } from './worlds.ts';

/** Loads take milliseconds; a thousand tokens take a second, so that a long answer is caught in the middle. */
const PACE = { speed: 20, tokensPerSecond: 50 };

async function post(url: string, path: string, body: unknown): Promise<void> {
  const response = await fetch(url + path, { method: 'POST', body: JSON.stringify(body) });
  if (!response.ok) throw new Error(`${path}: ${response.status} ${await response.text()}`);
  await response.arrayBuffer();
}

function loadsOf(ollama: RunningVirtualOllama): number {
  return ollama.core.events.all().filter(({ kind }) => kind === 'loaded').length;
}

async function virtualWorld(regime: Regime): Promise<BackendWorld> {
  const ollama = await runVirtualOllama({ ...PACE, regime, numParallel: 2, contextLength: 4096 });
  const models = { completion: 'smollm:360m', alias: 'smollm-alias:latest', embedding: 'all-minilm:latest' };
  await post(ollama.url, '/api/copy', { source: models.completion, destination: models.alias });
  const backend = createOllamaBackend({ name: 'virtual', url: ollama.url, clock: systemClock });
  await backend.start();
  return {
    backend,
    models,
    loads: () => loadsOf(ollama),
    others: {
      load: (model, contextLength) =>
        post(ollama.url, '/api/generate', { model, options: { num_ctx: contextLength } }),
      async unload(model) {
        await post(ollama.url, '/api/generate', { model, keep_alive: 0 });
        await eventually(() => ollama.core.scheduler.runners().length === 0);
      },
    },
    goDown: () => ollama.pause(),
    comeBack: () => ollama.resume(),
    fail: {
      nextLoadForMemory: () => ollama.core.faults.set({ oomOnLoad: 1 }),
      nextGenerationMidway: () => ollama.core.faults.set({ dieMidStream: 1 }),
      nextStreamWithoutEnd: () => ollama.core.faults.set({ endWithoutDone: 1 }),
    },
    async [Symbol.asyncDispose]() {
      await backend.stop();
      await ollama.stop();
    },
  };
}

backendContract('Ollama (v0.30 and newer)', () => virtualWorld('llama-server'));
backendContract('Ollama (up to v0.24)', () => virtualWorld('classic'));

describe('a prompt that is too long for a context that does not move on', () => {
  test('is refused, although it may be cut', async () => {
    await using ollama = await runVirtualOllama({ ...PACE, contextLength: 4096 });
    await using backend = attached(ollama.url);
    const [model] = (await backend.library.list(NEVER)).filter(({ name }) => name === 'smollm:360m');
    const variant = (shift?: boolean) =>
      variantOf('smollm:360m', {
        weights: model?.weights ?? '',
        contextLength: 2048,
        options: { num_ctx: 2048, num_gpu: 999, ...(shift !== undefined && { shift }) },
      });
    const request = { kind: 'GENERATE', prompt: 'word '.repeat(5_000), options: { maxTokens: 2 } } as const;
    const stays = await backend.load(specOf(variant(false)), NEVER);
    const run = { ...runRequest(request, 'smollm:360m'), mayCut: () => true };
    const refused = await failureOf(outputOf(stays, run));
    expect(refused).toMatchObject({ code: 'CONTEXT_LENGTH_EXCEEDED', remedy: 'none' });
    const counted = await failureOf(outputOf(stays, runRequest(request, 'smollm:360m')));
    expect((counted as PromptTooLongError).promptTokens).toBeGreaterThanOrEqual(25_000 / 4);
    const moves = await backend.load(specOf(variant()), NEVER);
    const { result } = await outputOf(moves, run);
    expect(result.prompt).toEqual({ truncated: true, contextLength: 2048 });
    expect(loadsOf(ollama)).toBe(2);
  });
});

describe('an attached Ollama that is stopped', () => {
  test('lets what we loaded expire again, and what others loaded as it was', async () => {
    await using ollama = await runVirtualOllama({ ...PACE, contextLength: 4096 });
    await post(ollama.url, '/api/generate', { model: 'qwen2.5:0.5b', keep_alive: -1 });
    const backend = createOllamaBackend({ name: 'virtual', url: ollama.url, clock: systemClock });
    const [model] = (await backend.library.list(NEVER)).filter(({ name }) => name === 'smollm:360m');
    const variant = variantOf('smollm:360m', {
      weights: model?.weights ?? '',
      contextLength: 2048,
      options: { num_ctx: 2048, num_gpu: 999 },
    });
    await backend.load(specOf(variant), NEVER);
    await backend.stop();
    const after = createOllamaBackend({ name: 'virtual', url: ollama.url, clock: systemClock });
    const { residents } = await after.inspect(NEVER);
    expect(new Map(residents.map(({ modelName, expiresAt }) => [modelName, expiresAt !== null]))).toEqual(
      new Map([
        ['qwen2.5:0.5b', false],
        ['smollm:360m', true],
      ]),
    );
    expect(loadsOf(ollama)).toBe(2);
    await after.stop();
  });
});

describe('weights whose name a pull outside gave to other ones', () => {
  test('are told from those, and cannot be unloaded: nor are the new ones in their place', async () => {
    const library = DEFAULT_CATALOG.flatMap((model) =>
      model.name === 'smollm:360m' ? [{ ...model, weightsDigest: 'e'.repeat(64) }] : [],
    );
    await using ollama = await runVirtualOllama({ ...PACE, library });
    const backend = createOllamaBackend({
      name: 'virtual',
      url: ollama.url,
      clock: systemClock,
      deadlines: { unloadMs: 200 },
    });
    const now = async () => {
      const models = await backend.library.list(NEVER);
      const weights = models.find(({ name }) => name === 'smollm:360m')?.weights ?? '';
      const options = { num_ctx: 2048, num_gpu: 999 };
      return variantOf('smollm:360m', { weights, contextLength: 2048, options });
    };
    const [old, before] = [await now(), await backend.load(specOf(await now()), NEVER)];
    await post(ollama.url, '/api/pull', { model: 'smollm:360m', stream: false });
    const fresh = await now();
    expect(fresh.weights).not.toBe(old.weights);
    const after = await backend.load(specOf(fresh), NEVER);
    const { residents } = await backend.inspect(NEVER);
    expect(residents.map(({ weights }) => weights).toSorted()).toEqual(
      [old.weights, fresh.weights].toSorted(),
    );
    await expect(before.unload(NEVER)).rejects.toThrow(/no name means any more/);
    expect(ollama.core.scheduler.runners()).toHaveLength(2);
    await after.unload(NEVER);
    expect((await backend.inspect(NEVER)).residents.map(({ weights }) => weights)).toEqual([old.weights]);
    await backend.stop();
  });
});

describe('an Ollama whose list is slow', () => {
  test('is told from one that is gone', async () => {
    await using ollama = await runVirtualOllama(PACE);
    const backend = createOllamaBackend({
      name: 'virtual',
      url: ollama.url,
      clock: systemClock,
      deadlines: { controlMs: 200 },
    });
    ollama.core.faults.set({ slowPsMs: 5_000 });
    await expect(backend.inspect(NEVER)).rejects.toMatchObject({ code: 'BACKEND_ERROR', remedy: 'wait' });
    ollama.core.faults.reset();
    await backend.inspect(NEVER);
    await backend.stop();
  });
});

describe('a slot that leaked', () => {
  test('ends the next run as a stall, and an unload heals it', async () => {
    await using ollama = await runVirtualOllama({ ...PACE, numParallel: 1, contextLength: 4096 });
    const backend = createOllamaBackend({
      name: 'virtual',
      url: ollama.url,
      clock: systemClock,
      deadlines: { firstByteMs: 1_000 },
    });
    const spec = specOf(
      variantOf('smollm:360m', { contextLength: 2048, options: { num_ctx: 2048, num_gpu: 999 } }),
    );
    const prompt = (maxTokens: number) =>
      ({
        modelName: 'smollm:360m',
        request: { kind: 'GENERATE', prompt: 'Why?', options: { maxTokens } },
        blobs: new Map(),
      }) as const;
    const handle = await backend.load(spec, NEVER);
    ollama.core.faults.set({ slotLeakOnAbort: true });
    const controller = new AbortController();
    const run = handle.run(prompt(2000), () => controller.abort(new Error('cancelled')), controller.signal);
    await expect(run).rejects.toThrow('cancelled');
    await expect(handle.run(prompt(2), () => {}, NEVER)).rejects.toMatchObject({
      code: 'BACKEND_ERROR',
      remedy: 'retry',
    });
    ollama.core.faults.reset();
    await handle.unload(NEVER);
    const again = await backend.load(spec, NEVER);
    expect((await again.run(prompt(2), () => {}, NEVER)).usage.completionTokens).toBe(2);
    await backend.stop();
  });

  test('does not happen when the stream was about to end by itself', async () => {
    await using ollama = await runVirtualOllama({ ...PACE, numParallel: 1, contextLength: 4096 });
    const backend = createOllamaBackend({ name: 'virtual', url: ollama.url, clock: systemClock });
    const spec = specOf(
      variantOf('smollm:360m', { contextLength: 2048, options: { num_ctx: 2048, num_gpu: 999 } }),
    );
    const handle = await backend.load(spec, NEVER);
    ollama.core.faults.set({ slotLeakOnAbort: true });
    const controller = new AbortController();
    const prompt = {
      modelName: 'smollm:360m',
      request: { kind: 'GENERATE', prompt: 'Why?', options: { maxTokens: 8 } },
      blobs: new Map(),
    } as const;
    const run = handle.run(prompt, () => controller.abort(new Error('cancelled')), controller.signal);
    await expect(run).rejects.toThrow('cancelled');
    expect((await handle.run(prompt, () => {}, NEVER)).usage.completionTokens).toBe(8);
    await backend.stop();
  });
});
