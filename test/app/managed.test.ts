/** A whole server over managed cells on virtual cards: whatever dies, its jobs end well and the ledger is right. */
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { createRig, enginePid, livingOn, stopAtEnd } from '../backend/managed/support/rig.ts';
import { eventually } from '../support/eventually.ts';
import { managed, startManaged } from './managed-app.ts';
import { AppClient, startApp, testConfig } from './test-app.ts';

const SMALL = 'qwen2.5:0.5b';
const OTHER = 'llama3.2:1b';
const long = { request: { generate: { prompt: 'Tell me all.', options: { maxTokens: 400 } } } };

async function cards(t: AppClient) {
  const { backends } = await t.query(
    '{ backends { gpus { vram { totalBytes foreignBytes instanceBytes freeBytes } } instances { modelName status } } }',
  );
  return backends[0];
}

test('jobs of several models run, each on a cell of its own, and nothing is left at the end', async () => {
  const rig = createRig([6_144]);
  const t = await startManaged(rig);
  const ids = await Promise.all(
    [SMALL, OTHER, 'all-minilm', SMALL].map((model) =>
      model === 'all-minilm'
        ? t.submit({ model, request: { embed: { input: ['one'] } } }).then(({ job }) => job.id)
        : t.generate(model),
    ),
  );
  for (const id of ids) expect((await t.ended(id)).status).toBe('COMPLETE');
  expect(rig.events().filter(({ kind }) => kind === 'loaded')).toHaveLength(3);
  const { gpus, instances } = await cards(t);
  expect(instances).toHaveLength(3);
  // All that is in use is explained by the instances.
  expect(gpus[0].vram.foreignBytes).toBeLessThan(gpus[0].vram.totalBytes / 100);
  await t.app.stop({ graceMs: 0 });
  expect(livingOn(rig)).toEqual([]);
  expect(rig.usedBytes(0)).toBe(0);
});

describe('a job', () => {
  test('whose engine is killed in mid-stream runs again on a new one', async () => {
    const rig = createRig([4096], 2);
    const t = await startManaged(rig);
    const id = await t.generate(SMALL, long);
    await t.jobWhen(id, ({ status }) => status === 'RUNNING');
    process.kill(enginePid(rig), 'SIGKILL');
    const job = await t.ended(id);
    expect(job).toMatchObject({ status: 'COMPLETE', result: { usage: { completionTokens: 400 } } });
    expect(rig.events().filter(({ kind }) => kind === 'loaded')).toHaveLength(2);
  });

  test('whose model’s load crashes is run by the next load', async () => {
    const rig = createRig();
    rig.fail({ crashOnLoad: 1 });
    const t = await startManaged(rig);
    expect((await t.ended(await t.generate(SMALL))).status).toBe('COMPLETE');
  });

  test('whose model runs out of memory although there seemed to be enough is loaded again', async () => {
    const rig = createRig();
    rig.fail({ oomOnLoad: 1 });
    const t = await startManaged(rig);
    expect((await t.ended(await t.generate(SMALL))).status).toBe('COMPLETE');
  });

  test('whose cell’s first start says no port or ends at once gets another one', async () => {
    const rig = createRig();
    const t = await startManaged(rig);
    await t.jobWhen(await t.generate(OTHER), ({ status }) => status === 'COMPLETE');
    rig.fail({ exitAtStart: 2 });
    expect((await t.ended(await t.generate(SMALL))).status).toBe('COMPLETE');
  });
});

test('an engine that is killed while it drains: its job runs again, and who waited for the room has it at once', async () => {
  const rig = createRig([2_400], 2);
  const t = await startManaged(rig);
  const first = await t.generate('gemma:2b', long);
  await t.jobWhen(first, ({ status }) => status === 'RUNNING');
  const second = await t.generate(OTHER);
  await eventually(async () =>
    (await cards(t)).instances.some((one: { status: string }) => one.status === 'DRAINING'),
  );
  process.kill(enginePid(rig), 'SIGKILL');
  const [again, other] = [await t.ended(first), await t.ended(second)];
  expect(other.status).toBe('COMPLETE');
  expect(again).toMatchObject({ status: 'COMPLETE', result: { usage: { completionTokens: 400 } } });
  expect(rig.events().filter(({ kind }) => kind === 'oom')).toEqual([]);
  const loads = rig.events().flatMap((event) => (event.kind === 'loaded' ? event.model : []));
  expect(loads).toEqual(['gemma:2b', OTHER, 'gemma:2b']);
});

test('an engine that dies idle is nobody’s memory at once, and the next job loads it again', async () => {
  const rig = createRig();
  const t = await startManaged(rig);
  await t.ended(await t.generate(SMALL));
  process.kill(enginePid(rig), 'SIGKILL');
  await eventually(async () => (await cards(t)).instances.length === 0);
  await eventually(async () => (await cards(t)).gpus[0].vram.instanceBytes === 0);
  expect((await t.ended(await t.generate(SMALL))).status).toBe('COMPLETE');
  expect(rig.events().filter(({ kind }) => kind === 'loaded')).toHaveLength(2);
});

test('two models that do not fit together take turns, and are never on the card together', async () => {
  const rig = createRig([2_400]);
  const t = await startManaged(rig);
  const ids = [];
  for (const model of [OTHER, 'gemma:2b', OTHER, 'gemma:2b']) ids.push(await t.generate(model));
  for (const id of ids) expect((await t.ended(id)).status).toBe('COMPLETE');
  expect(rig.events().filter(({ kind }) => kind === 'oom')).toEqual([]);
});

test('two servers share a model folder: each has its own cells, and a job runs on both', async () => {
  const rig = createRig([8192]);
  const first = await startManaged(rig);
  const second = await startApp(testConfig(join(rig.folder, 'second'), [managed(rig)]));
  stopAtEnd(() => second.stop({ graceMs: 0 }));
  const other = new AppClient(second);
  const [a, b] = await Promise.all([first.generate(SMALL), other.generate(SMALL)]);
  expect((await first.ended(a)).status).toBe('COMPLETE');
  expect((await other.ended(b)).status).toBe('COMPLETE');
  expect(rig.events().filter(({ kind }) => kind === 'loaded')).toHaveLength(2);
});
