import { rm } from 'node:fs/promises';
import { describe, expect, it } from 'vitest';
import { AppClient, attached, startApp, TestApp, testConfig } from './test-app.ts';

describe('a job on its way through the whole server', () => {
  it('is generated, and its text and figures are kept', async () => {
    await using t = await TestApp.start();
    const { job } = await t.submit({
      model: 'smollm:360m',
      request: { generate: { prompt: 'Why is the sky blue?', options: { maxTokens: 12, temperature: 0 } } },
    });
    const done = await t.ended(job.id);
    expect(done).toMatchObject({
      status: 'COMPLETE',
      result: { __typename: 'TextResult', doneReason: 'LENGTH' },
    });
    expect(done.result.text.length).toBeGreaterThan(10);
    expect(done.result.usage.completionTokens).toBe(12);
    expect(done.result.raw).toMatchObject({ done: true, model: 'smollm:360m' });
  });

  it('chats', async () => {
    await using t = await TestApp.start();
    const { job } = await t.submit({
      model: 'qwen2.5:0.5b',
      request: {
        chat: {
          messages: [
            { role: 'SYSTEM', content: 'Be short.' },
            { role: 'USER', content: 'Hello.' },
          ],
          options: { maxTokens: 5 },
        },
      },
    });
    expect(await t.ended(job.id)).toMatchObject({ status: 'COMPLETE', result: { __typename: 'TextResult' } });
  });

  it('embeds', async () => {
    await using t = await TestApp.start();
    const { job } = await t.submit({ model: 'all-minilm', request: { embed: { input: ['one', 'two'] } } });
    const done = await t.ended(job.id);
    expect(done.result.embeddings).toHaveLength(2);
    expect(done.result.embeddings[0]).toHaveLength(done.result.dimensions);
  });

  it('shares one instance with jobs that need no larger context, and never makes Ollama reload', async () => {
    await using t = await TestApp.start();
    const ids = await Promise.all([
      t.generate('llama3.2:1b'),
      t.generate('llama3.2:1b', {
        request: { generate: { prompt: 'x', options: { contextLength: 1000, maxTokens: 4 } } },
      }),
      t.generate('llama3.2:1b', {
        request: { chat: { messages: [{ role: 'USER', content: 'x' }], options: { maxTokens: 4 } } },
      }),
    ]);
    for (const id of ids) expect((await t.ended(id)).status).toBe('COMPLETE');
    expect(t.ollama.core.events.all().filter((event) => event.kind === 'loaded')).toHaveLength(1);
  });

  it('runs a mixed batch over more models than fit, without an eviction of Ollama’s own', async () => {
    await using t = await TestApp.start({ ollama: { maxLoadedModels: 3 }, backend: { maxLoadedModels: 3 } });
    const models = ['smollm:360m', 'qwen2.5:0.5b', 'tinyllama:1.1b', 'smollm:1.7b', 'gemma:2b', 'phi3:mini'];
    const ids = await Promise.all(
      Array.from({ length: 24 }, (_, i) => t.generate(models[i % models.length] ?? '')),
    );
    for (const id of ids) expect((await t.ended(id)).status).toBe('COMPLETE');
    const by = t.ollama.core.events.all().flatMap((event) => (event.kind === 'unloaded' ? [event.by] : []));
    expect(by.filter((who) => who !== 'request')).toEqual([]);
  });

  it('is cancelled while it runs, at once', async () => {
    await using t = await TestApp.start({
      ollama: { tokensPerSecond: 5, speed: 1, loadBaseMs: 10, numParallel: 1 },
      backend: { parallel: 1 },
    });
    const id = await t.generate('smollm:360m', {
      request: { generate: { prompt: 'x', options: { maxTokens: 4000 } } },
    });
    await t.jobWhen(id, (job) => job.status === 'RUNNING');
    const { cancelJob } = await t.query(
      `mutation ($id: ID!) { cancelJob(input: { id: $id, reason: "changed my mind" }) { __typename ... on CancelJobPayload { job { status } } } }`,
      { id },
    );
    expect(cancelJob.job.status).toBe('CANCELLED');
    // Its slot, the only one, is free again: another job gets it.
    expect(
      (
        await t.ended(
          await t.generate('smollm:360m', {
            request: { generate: { prompt: 'x', options: { maxTokens: 2 } } },
          }),
        )
      ).status,
    ).toBe('COMPLETE');
    expect((await t.job(id)).status).toBe('CANCELLED');
  });

  it('fails when its deadline passes while it runs, and while it waits', async () => {
    await using t = await TestApp.start({
      ollama: { tokensPerSecond: 5, speed: 1, loadBaseMs: 10, numParallel: 1 },
      backend: { parallel: 1 },
    });
    const long = { generate: { prompt: 'x', options: { maxTokens: 4000 } } };
    const running = await t.generate('smollm:360m', {
      request: long,
      deadline: new Date(Date.now() + 2_500).toISOString(),
    });
    await t.jobWhen(running, (job) => job.status === 'RUNNING');
    const waiting = await t.generate('smollm:360m', {
      request: long,
      deadline: new Date(Date.now() + 500).toISOString(),
    });
    expect(await t.ended(waiting)).toMatchObject({
      status: 'FAILED',
      failure: { code: 'DEADLINE_EXCEEDED' },
    });
    expect(await t.ended(running)).toMatchObject({
      status: 'FAILED',
      failure: { code: 'DEADLINE_EXCEEDED' },
    });
  });

  it('survives a restart of the server: what ran runs again, what waits is still there', async () => {
    const t = await TestApp.start({
      ollama: { tokensPerSecond: 20, speed: 1, loadBaseMs: 10, numParallel: 1 },
      backend: { parallel: 1 },
    });
    const ids = await Promise.all(
      Array.from({ length: 3 }, () =>
        t.generate('smollm:360m', { request: { generate: { prompt: 'x', options: { maxTokens: 20 } } } }),
      ),
    );
    const interrupted = await Promise.race(ids.map((id) => t.jobWhen(id, (job) => job.status === 'RUNNING')));
    await t.app.stop({ graceMs: 0 });
    const again = await startApp(testConfig(t.dataDir, [attached(t.ollama.url, { parallel: 1 })]));
    const next = new AppClient(again);
    for (const id of ids) {
      const done = await next.ended(id);
      expect(done).toMatchObject({ status: 'COMPLETE' });
      const failures = done.attempts.map((one: { failure: { code: string } | null }) => one.failure?.code);
      expect(failures).toEqual(id === interrupted.id ? ['INTERRUPTED', undefined] : [undefined]);
      // Claims that never ran have numbers too.
      if (id === interrupted.id)
        expect(done.attempts[1].number).toBeGreaterThan(interrupted.attempts[0].number);
    }
    await again.stop({ graceMs: 0 });
    await t.ollama.stop();
    await rm(t.dataDir, { recursive: true, force: true });
  });

  it('is one of those that a request may have queued in all, however often it submits', async () => {
    await using t = await TestApp.start({ config: { maxBodyBytes: 100_000 } });
    const submission =
      'submitJob(input: { model: "smollm:360m", request: { generate: { prompt: $it } } }) { __typename ... on UserError { message } }';
    const { first, second, third } = await t.query(
      `mutation ($it: String!) { first: ${submission} second: ${submission} third: ${submission} }`,
      { it: 'x'.repeat(40_000) },
    );
    expect([first, second]).toEqual([{ __typename: 'SubmitJobPayload' }, { __typename: 'SubmitJobPayload' }]);
    expect(third).toMatchObject({
      __typename: 'InvalidInputError',
      message: expect.stringContaining('maxBodyBytes'),
    });
  });
});
