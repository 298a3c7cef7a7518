/**
 * Whatever ends a load, the instance and its bytes end too, the jobs that waited for it lose nothing, and the next load can begin. A load that
 * gets on is not ended, however long it takes.
 */
import { describe, expect, it } from 'vitest';
import { createRig, livingOn, type Rig } from '../backend/managed/support/rig.ts';
import { eventually } from '../support/eventually.ts';
import { startManaged } from './managed-app.ts';
import { type AppClient, TestApp } from './test-app.ts';

const STALL_MS = 2_500;

async function memoryOf(t: AppClient): Promise<{ readonly statuses: string[]; readonly bytes: number }> {
  const { backends } = await t.query('{ backends { instances { status } gpus { vram { instanceBytes } } } }');
  return {
    statuses: backends[0].instances.map(({ status }: { status: string }) => status),
    bytes: backends[0].gpus[0].vram.instanceBytes,
  };
}

async function isEmpty(t: AppClient): Promise<boolean> {
  const { statuses, bytes } = await memoryOf(t);
  return statuses.length === 0 && bytes === 0;
}

/** Nobody waits for the model any more, so that nothing is loaded again. */
const cancel = (t: AppClient, id: string) =>
  t.query('mutation ($id: ID!) { cancelJob(input: { id: $id }) { __typename } }', { id });

const unload = (t: AppClient, model: string) =>
  t.query('mutation ($m: String!) { unloadModel(input: { model: $m }) { __typename } }', { m: model });

const failedLoads = async (t: AppClient) => {
  const { decisions } = await t.query('{ decisions(first: 50) { nodes { explanation } } }');
  return decisions.nodes
    .map((one: { explanation: string }) => one.explanation)
    .filter((said: string) => said.startsWith('The load failed'));
};

describe('what ends a load of an attached server', () => {
  const MODEL = 'smollm:360m';

  it.each([
    {
      what: 'no sign of progress for too long',
      options: { ollama: { speed: 0.5 }, config: { patience: { loadStallMs: STALL_MS } } },
      faults: { hangLoad: 1 },
      says: /no sign of loading/,
    },
    {
      what: 'the server, which gives up an engine that says nothing',
      options: { ollama: { speed: 400 } },
      faults: { hangLoad: 1 },
      says: /timed out waiting/,
    },
    { what: 'memory', options: {}, faults: { oomOnLoad: 1 }, says: /out of memory/ },
    { what: 'the death of the engine', options: {}, faults: { crashOnLoad: 1 }, says: /killed/ },
    { what: 'a full queue', options: {}, faults: { queueFull: 1 }, says: /server busy/ },
    // The first is taken by the look at what runs there.
    { what: 'an error of the server', options: {}, faults: { http500: 2 }, says: /internal server error/ },
  ])('$what', async ({ options, faults, says }) => {
    await using t = await TestApp.start({
      ...options,
      ollama: { loadBaseMs: 50, ...('ollama' in options ? options.ollama : {}) },
      config: { pollIntervalMs: 60_000, ...('config' in options ? options.config : {}) },
    });
    // The first reading is over; no other takes the fault.
    await eventually(async () => (await t.query('{ backends { health } }')).backends[0].health === 'HEALTHY');
    t.ollama.core.faults.set(faults);
    const id = await t.generate(MODEL, { maxAttempts: 1 });
    await eventually(async () => (await failedLoads(t)).length > 0);
    expect((await failedLoads(t)).join(' ')).toMatch(says);
    expect((await t.ended(id)).status).toBe('COMPLETE');
    await unload(t, MODEL);
    await eventually(() => isEmpty(t));
    expect(t.ollama.core.memory.read()[0]?.usedBytes).toBe(0);
  });

  it('the loss of the server', async () => {
    await using t = await TestApp.start({ ollama: { speed: 1 } });
    t.ollama.core.faults.set({ hangLoad: 1 });
    const id = await t.generate(MODEL, { maxAttempts: 1 });
    await t.jobWhen(id, ({ status }) => status === 'QUEUED');
    // A load that is ended before its request is sent leaves the fault to the next one.
    await eventually(() => t.ollama.core.faults.state.hangLoad === 0);
    await t.ollama.pause();
    await t.jobWhen(id, ({ waiting }) => waiting?.reason === 'BACKEND_DOWN');
    expect(await isEmpty(t)).toBe(true);
    await t.ollama.resume();
    expect((await t.ended(id)).status).toBe('COMPLETE');
  });

  it('the stop of this server', async () => {
    await using t = await TestApp.start({ ollama: { speed: 1 } });
    t.ollama.core.faults.set({ hangLoad: 1 });
    const id = await t.generate(MODEL);
    await t.jobWhen(id, ({ status }) => status === 'QUEUED');
    await t.app.stop({ graceMs: 10_000 });
    await eventually(
      () => t.ollama.core.scheduler.activity === null || t.ollama.core.memory.read()[0]?.usedBytes === 0,
    );
  });

  it('not that its jobs were cancelled: it goes on, and is of use to the next', async () => {
    await using t = await TestApp.start({ ollama: { speed: 1 } });
    const first = await t.generate(MODEL);
    await t.jobWhen(first, ({ status }) => status === 'QUEUED');
    await cancel(t, first);
    expect((await t.ended(await t.generate(MODEL))).status).toBe('COMPLETE');
    expect(t.ollama.core.events.all().filter(({ kind }) => kind === 'load-started')).toHaveLength(1);
  });
});

describe('what ends a load of a process of our own', () => {
  const MODEL = 'qwen2.5:0.5b';
  const patience = { loadStallMs: STALL_MS };
  const cellOf = (rig: Rig) => rig.events().findLast(({ kind }) => kind === 'start');

  it.each([
    {
      what: 'no sign of progress for too long',
      config: { patience },
      faults: { hangLoad: 1 },
      says: /no sign of loading/,
    },
    { what: 'memory', config: {}, faults: { oomOnLoad: 1 }, says: /out of memory/ },
    { what: 'the death of the engine', config: {}, faults: { crashOnLoad: 1 }, says: /killed/ },
  ])('$what', async ({ config, faults, says }) => {
    const rig = createRig([4096], 1);
    const t = await startManaged(rig, config);
    await eventually(
      async () => (await t.query('{ models(first: 1) { nodes { name } } }')).models.nodes.length > 0,
    );
    rig.fail(faults);
    const id = await t.generate(MODEL, { maxAttempts: 1 });
    await eventually(async () => (await failedLoads(t)).length > 0);
    expect((await failedLoads(t)).join(' ')).toMatch(says);
    expect((await t.ended(id)).status).toBe('COMPLETE');
    await unload(t, MODEL);
    await eventually(() => isEmpty(t));
    await eventually(() => rig.usedBytes(0) === 0);
  });

  it('that its process is killed', async () => {
    const rig = createRig([4096], 1);
    const t = await startManaged(rig, { patience });
    rig.fail({ hangLoad: 1 });
    const id = await t.generate(MODEL, { maxAttempts: 1 });
    await eventually(() => cellOf(rig));
    const start = cellOf(rig);
    if (start?.kind === 'start') process.kill(start.pid, 'SIGKILL');
    expect((await t.ended(id)).status).toBe('COMPLETE');
  });

  it('nothing, as long as it gets on: a slow disk', async () => {
    const rig = createRig([4096], 1);
    const seconds = String((3.5 * STALL_MS) / 1_000);
    const t = await startManaged({ ...rig, env: { ...rig.env, VIRTUAL_LOAD_BASE: seconds } }, { patience });
    const id = await t.generate(MODEL, { maxAttempts: 1 });
    const job = await t.jobWhen(id, ({ status }) => status === 'COMPLETE' || status === 'FAILED');
    expect(job.status).toBe('COMPLETE');
    expect(await failedLoads(t)).toEqual([]);
    expect(rig.events().filter(({ kind }) => kind === 'loaded')).toHaveLength(1);
    await t.app.stop({ graceMs: 0 });
    expect(livingOn(rig)).toEqual([]);
  });
});

describe('an unload while the model loads', () => {
  const MODEL = 'smollm:360m';
  const load = (t: AppClient) =>
    t.query(
      'mutation ($m: String!) { loadModel(input: { model: $m }) { __typename ... on UserError { message } } }',
      {
        m: MODEL,
      },
    );

  it('ends the load and answers whoever asked for it', async () => {
    await using t = await TestApp.start({ ollama: { speed: 1 } });
    t.ollama.core.faults.set({ hangLoad: 1 });
    await eventually(async () => (await t.query('{ backends { health } }')).backends[0].health === 'HEALTHY');
    const asked = load(t);
    await eventually(async () => (await memoryOf(t)).statuses.includes('LOADING'));
    await unload(t, MODEL);
    expect(await isEmpty(t)).toBe(true);
    const { loadModel } = await asked;
    expect(loadModel).toMatchObject({ __typename: 'BackendUnavailableError' });
    expect(loadModel.message).toMatch(/wanted no more: it was unloaded/);
    expect(await failedLoads(t)).toEqual([]);
    expect(t.ollama.core.memory.read()[0]?.usedBytes).toBe(0);
  });

  it('sends its jobs back to the queue, for which it is loaded anew', async () => {
    await using t = await TestApp.start({ ollama: { speed: 1 } });
    t.ollama.core.faults.set({ hangLoad: 1 });
    const id = await t.generate(MODEL, { maxAttempts: 1 });
    await t.jobWhen(id, ({ status }) => status === 'QUEUED');
    // A load that is ended before its request is sent leaves the fault to the next one.
    await eventually(() => t.ollama.core.faults.state.hangLoad === 0);
    await unload(t, MODEL);
    const { status, attempts } = await t.ended(id);
    expect({ status, attempts: attempts.length }).toEqual({ status: 'COMPLETE', attempts: 1 });
    expect(await failedLoads(t)).toEqual([]);
  });
});

describe('a stop of the server', () => {
  const answers = {
    loadModel:
      'mutation { answer: loadModel(input: { model: "smollm:360m" }) { __typename ... on UserError { code } } }',
    pinModel:
      'mutation { answer: pinModel(input: { model: "smollm:360m" }) { __typename ... on UserError { code } } }',
  };

  it.each(['loadModel', 'pinModel'] as const)('answers whoever waits for a load (%s)', async (how) => {
    await using t = await TestApp.start();
    t.ollama.core.faults.set({ hangLoad: 1 });
    await eventually(
      async () => (await t.query('{ models(first: 1) { totalCount } }')).models.totalCount > 0,
    );
    const asked = t.query(answers[how]);
    await eventually(async () => (await memoryOf(t)).statuses.includes('LOADING'));
    const stopped = t.app.stop({ graceMs: 0 });
    expect((await asked).answer).toMatchObject({ __typename: 'BackendUnavailableError' });
    await stopped;
  });
});
