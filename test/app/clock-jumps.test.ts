/** Somebody sets the clock of the machine while a whole server runs. */
import { describe, expect, it } from 'vitest';
import { createApp } from '../../src/app.ts';
import { eventually } from '../support/eventually.ts';
import { SettableClock } from '../support/settable-clock.ts';
import { attached, TestApp, testConfig } from './test-app.ts';

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;
const JUMPS = [
  ['back an hour', -HOUR_MS],
  ['forward 8 days', 8 * DAY_MS],
] as const;
/** Long enough to be there when the clock is set, and short enough to wait for its end. */
const SHORT_MS = 2_000;
const [KEPT, LET_GO] = ['smollm:360m', 'all-minilm:latest'];
const PASSED = { status: 'FAILED', failure: { code: 'DEADLINE_EXCEEDED' } };

type Options = NonNullable<Parameters<typeof TestApp.start>[0]>;

async function started(options: Options = {}) {
  const clock = new SettableClock();
  const app = await TestApp.start({ ...options, clock });
  await eventually(async () => (await fetch(`${app.app.url}/api/tags`)).ok);
  const onTheWall = (ms: number) => new Date(clock.now() + ms).toISOString();
  return { app, clock, onTheWall, [Symbol.asyncDispose]: () => app[Symbol.asyncDispose]() };
}

const pause = (app: TestApp) => app.query('mutation { pauseScheduler { __typename } }');
const resume = (app: TestApp) => app.query('mutation { resumeScheduler { __typename } }');

function chat(app: TestApp, headers: Record<string, string>) {
  const body = JSON.stringify({
    model: KEPT,
    messages: [{ role: 'user', content: 'Hi.' }],
    stream: false,
    options: { num_predict: 4 },
  });
  return fetch(`${app.app.url}/api/chat`, { method: 'POST', headers, body });
}

describe.each(JUMPS)('when the clock is set %s', (_how, jumpMs) => {
  it('a reservation and a pin last as long as was asked for', async () => {
    await using s = await started();
    const ask = (input: object) =>
      s.app.query(
        `mutation ($long: ReserveVramInput!, $short: ReserveVramInput!, $kept: PinModelInput!, $letGo: PinModelInput!) {
          long: reserveVram(input: $long) { __typename } short: reserveVram(input: $short) { __typename }
          kept: pinModel(input: $kept) { __typename } letGo: pinModel(input: $letGo) { __typename } }`,
        input,
      );
    await ask({
      long: { bytes: 1024, owner: 'long', lease: HOUR_MS },
      short: { bytes: 1024, owner: 'short', lease: SHORT_MS },
      kept: { model: KEPT, lease: HOUR_MS },
      letGo: { model: LET_GO, lease: SHORT_MS },
    });
    s.clock.jump(jumpMs);
    const held = async () => {
      const { reservations, backends } = await s.app.query(
        '{ reservations { owner } backends { instances { modelName pinned } } }',
      );
      const pinned = backends[0].instances.filter((one: { pinned: boolean }) => one.pinned);
      return [...reservations, ...pinned].map(({ owner, modelName }) => owner ?? modelName).join();
    };
    expect(await eventually(held, (now) => !now.includes('short') && !now.includes(LET_GO))).toBe(
      `long,${KEPT}`,
    );
  });

  it('a model is kept for as long as its keep-alive says', async () => {
    const settings = (keepAliveMs: number) => ({ keepAliveMs });
    await using s = await started({
      config: { models: { [KEPT]: settings(HOUR_MS), [LET_GO]: settings(SHORT_MS) } as never },
    });
    await s.app.ended(await s.app.generate(KEPT));
    const { job } = await s.app.submit({ model: LET_GO, request: { embed: { input: ['one'] } } });
    await s.app.ended(job.id);
    s.clock.jump(jumpMs);
    const loaded = async () =>
      (await s.app.query('{ backends { instances { modelName } } }')).backends[0].instances;
    expect(await eventually(loaded, (now) => now.length < 2)).toEqual([{ modelName: KEPT }]);
  });

  it('a deadline ends a job when it would have, whether it was named before or after', async () => {
    await using s = await started();
    await pause(s.app);
    const soon = await s.app.generate(KEPT, { deadline: s.onTheWall(SHORT_MS) });
    const late = await s.app.generate(KEPT, { deadline: s.onTheWall(HOUR_MS) });
    s.clock.jump(jumpMs);
    const soonAfter = await s.app.generate(KEPT, { deadline: s.onTheWall(SHORT_MS) });
    const lateAfter = await s.app.generate(KEPT, { deadline: s.onTheWall(HOUR_MS) });
    expect((await chat(s.app, { 'x-deadline': String(SHORT_MS / 1_000) })).status).toBe(504);
    expect((await chat(s.app, { 'x-deadline': s.onTheWall(SHORT_MS) })).status).toBe(504);
    for (const id of [soon, soonAfter]) expect(await s.app.ended(id)).toMatchObject(PASSED);
    await resume(s.app);
    for (const id of [late, lateAfter]) expect((await s.app.ended(id)).status).toBe('COMPLETE');
    // What the SDKs send with every request.
    expect((await chat(s.app, { 'x-stainless-timeout': '600' })).status).toBe(200);
  });

  it('a job that waits to be tried again is tried again', async () => {
    await using s = await started();
    await s.app.ended(await s.app.generate(KEPT));
    s.app.ollama.core.faults.set({ queueFull: 2 });
    const id = await s.app.generate(KEPT, { maxAttempts: 1 });
    await s.app.jobWhen(id, ({ waiting }) => waiting?.reason === 'RETRY_DELAY');
    s.clock.jump(jumpMs);
    expect((await s.app.ended(id)).status).toBe('COMPLETE');
  });

  it('what runs and what is loaded goes on, and nothing is said to be wrong', async () => {
    await using s = await started({ ollama: { speed: 1, tokensPerSecond: 40, loadBaseMs: 1_500 } });
    const request = { generate: { prompt: 'x', options: { maxTokens: 60 } } };
    const id = await s.app.generate(KEPT, { request, maxAttempts: 1 });
    await s.app.jobWhen(id, ({ status }) => status === 'QUEUED');
    s.clock.jump(jumpMs);
    await s.app.jobWhen(id, ({ status }) => status === 'RUNNING');
    s.clock.jump(jumpMs);
    const done = await s.app.ended(id);
    expect(done).toMatchObject({ status: 'COMPLETE', attempts: [{ failure: null }] });
    const { health } = await s.app.query('{ health { status problems { code message } } }');
    expect(health).toEqual({ status: 'HEALTHY', problems: [] });
    expect(s.app.ollama.core.events.all().filter(({ kind }) => kind === 'loaded')).toHaveLength(1);
  });

  it('results and idempotency keys are kept, and the data stay ours', async () => {
    await using s = await started();
    const input = { request: { generate: { prompt: 'x' } }, model: KEPT, idempotencyKey: 'once' };
    const { job } = await s.app.submit(input);
    await s.app.ended(job.id);
    s.clock.jump(jumpMs);
    await s.app.ended(await s.app.generate(KEPT));
    expect(await s.app.submit(input)).toMatchObject({ deduplicated: true, job: { id: job.id } });
    expect(await s.app.job(job.id)).toMatchObject({ status: 'COMPLETE' });
    const second = createApp(testConfig(s.app.dataDir, [attached(s.app.ollama.url)]), { clock: s.clock });
    await expect(second.start()).rejects.toMatchObject({ code: 'DATA_DIRECTORY_IN_USE' });
  });
});
