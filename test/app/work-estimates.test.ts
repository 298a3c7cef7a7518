/** What finished jobs teach of the work of others is told in the statistics, and known after a restart. */
import { expect, it } from 'vitest';
import { createApp } from '../../src/app.ts';
import { eventually } from '../support/eventually.ts';
import { AppClient, attached, TestApp, testConfig } from './test-app.ts';

const MODEL = 'smollm:360m';
const ASKED = '{ stats { workEstimates { sampleCount medianError bias } } }';

it('the work of a model that jobs ran on is estimated, before a restart and after it', async () => {
  await using t = await TestApp.start();
  expect((await t.query(ASKED)).stats.workEstimates).toEqual({
    sampleCount: 0,
    medianError: null,
    bias: null,
  });
  for (let i = 0; i < 3; i += 1) await t.ended(await t.generate(MODEL));
  const { stats } = await eventually(async () => {
    const told = await t.query(ASKED);
    return told.stats.workEstimates.sampleCount === 2 && told;
  });
  expect(stats.workEstimates).toEqual({
    sampleCount: 2,
    medianError: expect.any(Number),
    bias: expect.any(Number),
  });
  await t.app.stop({ graceMs: 0 });

  const app = createApp(testConfig(t.dataDir, [attached(t.ollama.url)]));
  await app.start();
  const client = new AppClient(app);
  await client.ended(await client.generate(MODEL));
  // The first job after it has an estimate already.
  await eventually(async () => (await client.query(ASKED)).stats.workEstimates.sampleCount === 1);
  await app.stop({ graceMs: 0 });
});
