/** A deadline ends a job in whatever state it is, and what it waited for goes on without it. */
import { describe, expect, it } from 'vitest';
import { TestApp } from './test-app.ts';

const MODEL = 'smollm:360m';
const soon = () => new Date(Date.now() + 1_500).toISOString();
const PASSED = { status: 'FAILED', failure: { code: 'DEADLINE_EXCEEDED' } };

describe('a deadline is kept', () => {
  it('by a job that waits for a load', async () => {
    await using t = await TestApp.start({ ollama: { speed: 1 } });
    t.ollama.core.faults.set({ hangLoad: 1 });
    const id = await t.generate(MODEL, { deadline: soon() });
    await t.jobWhen(id, ({ status }) => status === 'QUEUED');
    expect(await t.ended(id)).toMatchObject(PASSED);
    expect((await t.job(id)).attempts).toEqual([]);
    // Its slot is free: the load has room for others, and goes on.
    const { backends } = await t.query('{ backends { instances { status activeJobs { id } } } }');
    expect(backends[0].instances).toEqual([{ status: 'LOADING', activeJobs: [] }]);
  });

  it('by a job that runs', async () => {
    await using t = await TestApp.start({ ollama: { speed: 1, tokensPerSecond: 2, loadBaseMs: 10 } });
    const id = await t.generate(MODEL, {
      deadline: soon(),
      request: { generate: { prompt: 'x', options: { maxTokens: 1_000 } } },
    });
    await t.jobWhen(id, ({ status }) => status === 'RUNNING');
    expect(await t.ended(id)).toMatchObject(PASSED);
  });

  it('by a job that waits to be tried again', async () => {
    await using t = await TestApp.start();
    await t.ended(await t.generate(MODEL));
    t.ollama.core.faults.set({ queueFull: 1_000 });
    const id = await t.generate(MODEL, { deadline: soon() });
    await t.jobWhen(id, ({ waiting }) => waiting?.reason === 'RETRY_DELAY');
    expect(await t.ended(id)).toMatchObject(PASSED);
  });

  it('by a job of a paused scheduler', async () => {
    await using t = await TestApp.start();
    await t.query('mutation { pauseScheduler { __typename } }');
    expect(await t.ended(await t.generate(MODEL, { deadline: soon() }))).toMatchObject(PASSED);
  });

  it('by a job whose backend is down', async () => {
    await using t = await TestApp.start();
    await t.ended(await t.generate(MODEL));
    await t.ollama.pause();
    expect(await t.ended(await t.generate(MODEL, { deadline: soon() }))).toMatchObject(PASSED);
    await t.ollama.resume();
  });

  it('by a job that waits for another one to leave its instance', async () => {
    await using t = await TestApp.start({ ollama: { speed: 2 } });
    await t.ended(await t.generate(MODEL));
    const long = { request: { generate: { prompt: 'x', options: { maxTokens: 2_000 } } } };
    // Both are suspects, so that each has to be alone.
    const first = await t.generate(MODEL, long);
    const second = await t.generate(MODEL, { ...long, deadline: new Date(Date.now() + 8_000).toISOString() });
    for (const id of [first, second]) await t.jobWhen(id, ({ status }) => status === 'RUNNING');
    t.ollama.core.scheduler.runners()[0]?.engine.die('an error was encountered while running the model: EOF');
    expect(await t.ended(second)).toMatchObject(PASSED);
    await t.jobWhen(first, ({ status }) => status === 'RUNNING');
  });
});
