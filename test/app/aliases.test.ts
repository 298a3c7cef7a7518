/** Names of one file whose Modelfiles differ in what makes a runner another one, and clients beside us who use it otherwise. */
import { describe, expect, test } from 'vitest';
import type { ModelDescription } from '../../src/virtual-ollama/core/catalog.ts';
import { DEFAULT_CATALOG } from '../../src/virtual-ollama/core/default-catalog.ts';
import type { OptionMap } from '../../src/virtual-ollama/core/options.ts';
import { createModelFolder } from '../../src/virtual-ollama/model-folder/create-model-folder.ts';
import { createRig } from '../backend/managed/support/rig.ts';
import { startManaged } from './managed-app.ts';
import { type AppClient, TestApp } from './test-app.ts';

const BASE = 'smollm:360m';
const PARAMETERS: Readonly<Record<string, OptionMap>> = {
  'threads:latest': { num_thread: 4 },
  'other-threads:latest': { num_thread: 2, num_gpu: 20 },
  'cpu:latest': { num_gpu: 0 },
  'batch:latest': { num_batch: 256 },
  'unmapped:latest': { use_mmap: false },
  'card:latest': { main_gpu: 0 },
  'draft:latest': { draft_num_predict: 8 },
  'all:latest': { num_thread: 3, num_batch: 128, use_mmap: true, num_ctx: 2048 },
};
const NAMES = [BASE, ...Object.keys(PARAMETERS)];

async function runsAll(t: AppClient): Promise<void> {
  for (let round = 0; round < 2; round += 1) {
    for (const name of NAMES) expect((await t.ended(await t.generate(name))).status).toBe('COMPLETE');
  }
}

/** The catalogue with the names of one file in it. */
function library(): readonly ModelDescription[] {
  const base = DEFAULT_CATALOG.find(({ name }) => name === BASE);
  if (!base) throw new Error(`${BASE} is not there.`);
  const weightsDigest = 'e'.repeat(64);
  const aliases = Object.entries(PARAMETERS).map(([name, parameters]) => ({
    ...base,
    name,
    parameters,
    weightsDigest,
  }));
  return [...DEFAULT_CATALOG.filter(({ name }) => name !== BASE), { ...base, weightsDigest }, ...aliases];
}

test('attached: jobs of all names run on one load', async () => {
  await using t = await TestApp.start({ ollama: { catalog: library() } });
  await runsAll(t);
  expect(t.ollama.core.events.all().filter(({ kind }) => kind === 'loaded')).toHaveLength(1);
});

test('managed: jobs of all names run on one load', async () => {
  const rig = createRig([6_144]);
  createModelFolder(rig.models, library());
  const t = await startManaged(rig);
  await runsAll(t);
  expect(rig.events().filter(({ kind }) => kind === 'loaded')).toHaveLength(1);
});

describe('a client beside us who uses our model with a larger context', () => {
  test.each([8_192, 16_384])('of %i costs one load for all of his requests and ours', async (num_ctx) => {
    // With readings far apart nobody is told of him in time.
    await using t = await TestApp.start({ config: { pollIntervalMs: 60_000 } });
    const model = 'qwen2.5:0.5b';
    expect((await t.ended(await t.generate(model))).status).toBe('COMPLETE');
    for (let i = 0; i < 6; i += 1) {
      const body = JSON.stringify({
        model,
        prompt: 'hi',
        stream: false,
        options: { num_ctx, num_predict: 2 },
      });
      const answer = await fetch(`${t.ollama.url}/api/generate`, { method: 'POST', body });
      expect(answer.status).toBe(200);
      const jobs = await Promise.all([t.generate(model), t.generate(model)]);
      for (const id of jobs) expect((await t.ended(id)).status).toBe('COMPLETE');
    }
    expect(t.ollama.core.events.all().filter(({ kind }) => kind === 'loaded')).toHaveLength(2);
  });
});
