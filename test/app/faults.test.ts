import { mkdtemp, rm } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { type App, createApp } from '../../src/app.ts';
import { GiB } from '../../src/domain/units.ts';
import { runVirtualOllama } from '../../src/virtual-ollama/index.ts';
import { eventually } from '../support/eventually.ts';
import { AppClient, attached, TestApp, testConfig } from './test-app.ts';

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await new Promise((resolve) => server.once('listening', resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}

describe('when something goes wrong, no job is lost', () => {
  it('takes jobs while no Ollama is there, says so, and runs them when one appears', async () => {
    const dataDir = await mkdtemp(join(tmpdir(), 'vramkeeper-app-'));
    const port = await freePort();
    const app = createApp(testConfig(dataDir, [attached(`http://127.0.0.1:${port}`)]));
    await app.start();
    const t = new AppClient(app);
    const id = await t.generate('smollm:360m');
    const waiting = await t.jobWhen(id, (job) => job.waiting?.reason === 'BACKEND_DOWN');
    expect(waiting.status).toBe('PENDING');
    const { health } = await t.query('{ health { status problems { code message } } }');
    expect(health).toMatchObject({ status: 'STALLED', problems: [{ code: 'BACKEND_UNREACHABLE' }] });
    const ready = await fetch(`${app.url}/readyz`);
    expect(ready.status).toBe(200);
    await using ollama = await runVirtualOllama({ port, gpus: [{ totalBytes: 8 * GiB }], speed: 20 });
    expect((await t.ended(id)).status).toBe('COMPLETE');
    await app.stop({ graceMs: 0 });
    await ollama.stop();
    await rm(dataDir, { recursive: true, force: true });
  });

  it('refuses a model that no backend has, and names close ones', async () => {
    await using t = await TestApp.start();
    await t.ended(await t.generate('smollm:360m'));
    expect(await t.submit({ model: 'smolm:360m', request: { generate: { prompt: 'x' } } })).toMatchObject({
      __typename: 'ModelNotFoundError',
      suggestions: expect.arrayContaining(['smollm:360m']),
    });
  });

  it('tells every problem of an input by its field and stores nothing', async () => {
    await using t = await TestApp.start();
    const answer = await t.submit({
      model: 'smollm:360m',
      maxAttempts: 0,
      request: {
        generate: { prompt: ' ', images: ['%%%'], options: { extra: { num_gpu: 1, top_k: 'many' } } },
      },
    });
    expect(answer.__typename).toBe('InvalidInputError');
    expect(answer.issues.map((issue: { path: string[] }) => issue.path.join('.')).toSorted()).toEqual([
      'maxAttempts',
      'request.generate.images.0',
      'request.generate.options.extra.num_gpu',
      'request.generate.options.extra.top_k',
      'request.generate.prompt',
    ]);
    expect((await t.query('{ jobs(first: 1) { totalCount } }')).jobs.totalCount).toBe(0);
  });

  it('refuses more jobs than may wait and says when to come back', async () => {
    await using t = await TestApp.start({ config: { queueLimit: 3 } });
    await t.query('mutation { pauseScheduler { __typename } }');
    for (let i = 0; i < 3; i += 1) await t.generate('smollm:360m');
    const answer = await t.submit({ model: 'smollm:360m', request: { generate: { prompt: 'x' } } });
    expect(answer).toMatchObject({ __typename: 'QueueFullError', limit: 3 });
    expect(answer.retryAfter).toBeGreaterThan(0);
  });

  it('answers the same idempotency key with the first job, and other input with a conflict', async () => {
    await using t = await TestApp.start();
    const input = { model: 'smollm:360m', idempotencyKey: 'k', request: { generate: { prompt: 'x' } } };
    const first = await t.submit(input);
    expect(await t.submit(input)).toMatchObject({ deduplicated: true, job: { id: first.job.id } });
    const other = await t.submit({ ...input, priority: 'HIGH' });
    expect(other).toMatchObject({ __typename: 'IdempotencyConflictError', code: 'IDEMPOTENCY_CONFLICT' });
  });

  it.each([
    ['dies in mid-stream', { dieMidStream: 1 }],
    ['sends a line that is not JSON', { garbageLine: 1 }],
    ['ends a stream without its last record', { endWithoutDone: 1 }],
    ['runs out of memory in mid-stream', { oomMidStream: 1 }],
    ['dies while loading', { crashOnLoad: 1 }],
    ['runs out of memory while loading', { oomOnLoad: 1 }],
    ['answers 500', { http500: 3 }],
  ])('retries a job when the engine %s', async (_what, faults) => {
    await using t = await TestApp.start();
    t.ollama.core.faults.set(faults);
    const id = await t.generate('smollm:360m', { maxAttempts: 5 });
    expect((await t.ended(id)).status).toBe('COMPLETE');
  });

  it('fails a job with a code after as many attempts as it has', async () => {
    await using t = await TestApp.start();
    t.ollama.core.faults.set({ dieMidStream: 50 });
    const done = await t.ended(await t.generate('smollm:360m', { maxAttempts: 2 }));
    expect(done).toMatchObject({ status: 'FAILED', failure: { code: 'ENGINE_DIED', retryable: true } });
    expect(done.attempts).toHaveLength(2);
    const { retryJob } = await t.query(
      'mutation ($id: ID!) { retryJob(input: { id: $id }) { __typename ... on RetryJobPayload { job { status } } } }',
      { id: done.id },
    );
    expect(retryJob.__typename).toBe('RetryJobPayload');
    t.ollama.core.faults.set({ dieMidStream: 0 });
    expect((await t.jobWhen(done.id, (job) => job.status === 'COMPLETE')).status).toBe('COMPLETE');
  });

  it('does not count a lost backend as an attempt', async () => {
    await using t = await TestApp.start({ ollama: { tokensPerSecond: 10, speed: 1, loadBaseMs: 10 } });
    const id = await t.generate('smollm:360m', {
      maxAttempts: 1,
      request: { generate: { prompt: 'x', options: { maxTokens: 15 } } },
    });
    await t.jobWhen(id, (job) => job.status === 'RUNNING');
    await t.ollama.pause();
    await t.jobWhen(id, (job) => job.status === 'PENDING');
    await t.ollama.resume();
    expect((await t.ended(id)).status).toBe('COMPLETE');
  });

  it('notices that somebody unloaded a model, and loads it again for the next job', async () => {
    await using t = await TestApp.start();
    await t.ended(await t.generate('smollm:360m'));
    await fetch(`${t.ollama.url}/api/generate`, {
      method: 'POST',
      body: JSON.stringify({ model: 'smollm:360m', keep_alive: 0 }),
    });
    const gone = async () =>
      (await t.query('{ backends { instances { status } } }')).backends[0].instances.length === 0;
    await eventually(gone);
    expect((await t.ended(await t.generate('smollm:360m'))).status).toBe('COMPLETE');
  });

  it('adopts a model that somebody else has loaded', async () => {
    await using t = await TestApp.start();
    await fetch(`${t.ollama.url}/api/generate`, {
      method: 'POST',
      body: JSON.stringify({ model: 'gemma:2b', options: { num_ctx: 4096 } }),
    });
    const seen = async () =>
      (await t.query('{ backends { instances { modelName status } } }')).backends[0].instances;
    await eventually(async () => (await seen()).length > 0);
    expect((await t.ended(await t.generate('gemma:2b'))).status).toBe('COMPLETE');
    expect(t.ollama.core.events.all().filter((event) => event.kind === 'loaded')).toHaveLength(1);
  });

  it('lets a second server on the same data know that the first one has it', async () => {
    await using t = await TestApp.start();
    const second = createApp(testConfig(t.dataDir, [attached(t.ollama.url)]));
    await expect(second.start()).rejects.toMatchObject({ code: 'DATA_DIRECTORY_IN_USE' });
    expect((await t.ended(await t.generate('smollm:360m'))).status).toBe('COMPLETE');
  });
});

describe('a pause', () => {
  it('outlives the server, and so does its end', async () => {
    await using t = await TestApp.start();
    await t.ended(await t.generate('smollm:360m'));
    await t.query('mutation { pauseScheduler { __typename } }');
    const id = await t.generate('smollm:360m');
    await t.app.stop({ graceMs: 0 });
    const config = testConfig(t.dataDir, [attached(t.ollama.url)]);
    const paused = async (app: App) => {
      await app.start();
      const next = Object.assign(Object.create(TestApp.prototype), { app }) as TestApp;
      return { next, paused: (await next.query('{ stats { paused } }')).stats.paused };
    };
    const second = createApp(config);
    const { next, paused: still } = await paused(second);
    expect(still).toBe(true);
    const waiting = await next.jobWhen(id, (job) => job.waiting?.reason === 'SCHEDULER_PAUSED');
    expect(waiting.status).toBe('PENDING');
    await next.query('mutation { resumeScheduler { __typename } }');
    expect((await next.ended(id)).status).toBe('COMPLETE');
    await second.stop({ graceMs: 0 });
    const third = createApp(config);
    expect((await paused(third)).paused).toBe(false);
    await third.stop({ graceMs: 0 });
  });
});

describe('a model that is too large', () => {
  it('is refused at the door, with what it needs and what there is', async () => {
    await using t = await TestApp.start({ ollama: { gpus: [{ totalBytes: GiB }] } });
    await t.ended(await t.generate('smollm:360m'));
    const { submitJob } = await t.query(
      `mutation ($input: SubmitJobInput!) { submitJob(input: $input) { __typename
        ... on InsufficientVramError { message requiredBytes largestBackendBytes } } }`,
      { input: { model: 'phi3:mini', request: { generate: { prompt: 'x' } } } },
    );
    expect(submitJob).toMatchObject({ __typename: 'InsufficientVramError', largestBackendBytes: GiB });
    expect(submitJob.requiredBytes).toBeGreaterThan(2 * GiB);
    const { loadModel } = await t.query(
      `mutation { loadModel(input: { model: "phi3:mini" }) { __typename
        ... on InsufficientVramError { message requiredBytes largestBackendBytes } } }`,
    );
    expect(loadModel, 'what is said of a load of it').toEqual(submitJob);
  });

  it('runs partly on the CPU where its configuration allows that, and is marked', async () => {
    await using t = await TestApp.start({
      ollama: { gpus: [{ totalBytes: 2 * GiB }] },
      config: {
        models: {
          'phi3:mini': { contextLength: null, parallel: null, keepAliveMs: null, partialOffload: true },
        },
      },
    });
    await t.ended(await t.generate('smollm:360m'));
    expect((await t.ended(await t.generate('phi3:mini'))).status).toBe('COMPLETE');
    const { backends, health } = await t.query(
      '{ backends { instances { modelName spilled vramBytes } } health { status problems { code } } }',
    );
    expect(backends[0].instances).toEqual([
      { modelName: 'phi3:mini', spilled: true, vramBytes: expect.any(Number) },
    ]);
    expect(backends[0].instances[0].vramBytes).toBeGreaterThan(0);
    expect(backends[0].instances[0].vramBytes).toBeLessThanOrEqual(2 * GiB);
    // It is as its owner wants it.
    expect(health).toMatchObject({ status: 'HEALTHY', problems: [] });
    const { decisions } = await t.query('{ decisions(first: 50) { nodes { explanation } } }');
    const said = decisions.nodes.map((each: { explanation: string }) => each.explanation).join(' ');
    expect(said).toMatch(/partly on the CPU/);
    // Whole models come back in its place.
    expect((await t.ended(await t.generate('smollm:360m'))).status).toBe('COMPLETE');
  });
});
