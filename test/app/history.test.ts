/** The past as a whole server keeps it, over restarts. */
import { expect, test } from 'vitest';
import { eventually } from '../support/eventually.ts';
import { AppClient, attached, startApp, TestApp, testConfig } from './test-app.ts';

const MODEL = 'smollm:360m';

const RESIDENCIES = `query ($from: DateTime!) { residencies(from: $from) { complete nodes {
  modelName bytes contextLength loadingAt readyAt endingAt goneAt reason endReason jobs merged instanceId
  gpuId gpu { id index } backend { name } } } }`;

async function residencies(client: AppClient) {
  const from = new Date(Date.now() - 600_000).toISOString();
  return (await client.query(RESIDENCIES, { from })).residencies.nodes;
}

async function decisions(client: AppClient) {
  return (await client.query('{ decisions(first: 100) { nodes { id at kind modelName explanation } } }'))
    .decisions.nodes;
}

test('A stay in memory is told while it lasts, goes on over a restart, and ends when the model is unloaded', async () => {
  await using t = await TestApp.start();
  await t.ended(await t.generate(MODEL));
  const [stay, ...others] = await eventually(
    () => residencies(t),
    ([one]) => one?.readyAt !== null && one?.readyAt !== undefined,
  );
  expect(others).toEqual([]);
  expect(stay).toMatchObject({
    modelName: MODEL,
    bytes: expect.any(Number),
    goneAt: null,
    reason: expect.stringMatching(/needs/),
    endReason: null,
    merged: 1,
    gpu: { index: 0 },
    backend: { name: 'ollama' },
  });
  expect(stay.bytes).toBeGreaterThan(0);
  expect(Date.parse(stay.loadingAt)).toBeLessThanOrEqual(Date.parse(stay.readyAt));

  await t.app.stop({ graceMs: 0 });
  await using stack = new AsyncDisposableStack();
  const app = await startApp(testConfig(t.dataDir, [attached(t.ollama.url)]));
  stack.defer(() => app.stop({ graceMs: 0 }));
  const client = new AppClient(app);
  const [same, ...more] = await eventually(
    () => residencies(client),
    ([one]) => one?.goneAt === null,
  );
  expect(more).toEqual([]);
  expect(same).toMatchObject({ loadingAt: stay.loadingAt, reason: stay.reason, jobs: 1 });
  expect(same.instanceId).not.toBe(stay.instanceId);

  await client.query(`mutation { unloadModel(input: { model: "${MODEL}" }) { __typename } }`);
  const [gone] = await eventually(
    () => residencies(client),
    ([one]) => one?.goneAt !== null,
  );
  expect(gone.endReason).toBe('It was asked to go.');
});

test('Decisions and figures over time go on over a restart', async () => {
  await using t = await TestApp.start();
  await t.ended(await t.generate(MODEL));
  const before = await decisions(t);
  expect(before.map(({ kind }: { kind: string }) => kind)).toEqual(
    expect.arrayContaining(['LOAD', 'DISPATCH']),
  );
  await t.app.stop({ graceMs: 0 });
  await using stack = new AsyncDisposableStack();
  const app = await startApp(testConfig(t.dataDir, [attached(t.ollama.url)]));
  stack.defer(() => app.stop({ graceMs: 0 }));
  const client = new AppClient(app);
  expect(await decisions(client)).toEqual(expect.arrayContaining(before));
  const { stats } = await client.query(
    '{ stats { swaps { loads } ever { since completed loads loadTime completionTokens } } }',
  );
  expect(stats).toMatchObject({ swaps: { loads: 0 }, ever: { completed: 1, loads: 1 } });
  expect(stats.ever.loadTime).toBeGreaterThan(0);
  expect(stats.ever.completionTokens).toBeGreaterThan(0);
  const { history } = await client.query(
    `query ($from: DateTime!, $to: DateTime) { history(from: $from, to: $to, points: 1) {
      from step clients { client busy completed } gpus { gpu { index } instanceBytes usedBytes freeBytes }
      jobs { submitted completed failed loads promptTokens completionTokens queueP95 running } } }`,
    { from: new Date(Date.now() - 60_000).toISOString(), to: new Date(Date.now() + 60_000).toISOString() },
  );
  const last = (list: readonly (number | null)[]) => list.findLast((one) => one !== null);
  expect(last(history.jobs.completed)).toBe(1);
  expect(last(history.jobs.loads)).toBe(1);
  expect(last(history.jobs.completionTokens)).toBeGreaterThan(0);
  expect(last(history.jobs.queueP95)).toBeGreaterThan(0);
  expect(history.clients).toMatchObject([{ completed: expect.arrayContaining([1]) }]);
  expect(last(history.clients[0].busy)).toBeGreaterThan(0);

  // The sample at the end of a server has no reading that is new enough, where its end takes long.
  const { gpus } = await eventually(
    async () =>
      (
        await client.query(
          'query ($from: DateTime!) { history(from: $from, points: 1) { gpus { gpu { index } instanceBytes } } }',
          { from: new Date(Date.now() - 60_000).toISOString() },
        )
      ).history,
    (found) => found.gpus.length > 0,
  );
  expect(gpus).toMatchObject([{ gpu: { index: 0 } }]);
  expect(last(gpus[0].instanceBytes)).toBeGreaterThan(0);
});
