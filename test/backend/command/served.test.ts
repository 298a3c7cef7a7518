/** Whole servers over models that commands start: jobs, swaps, and what is learned of memory. */
import { existsSync, mkdirSync, symlinkSync } from 'node:fs';
import { delimiter, dirname, join, resolve } from 'node:path';
import { expect, test } from 'vitest';
import type { CommandBackendConfig, CommandModelConfig } from '../../../src/config/config.ts';
import { GiB } from '../../../src/domain/units.ts';
import { AppClient, startApp, testConfig } from '../../app/test-app.ts';
import { eventually } from '../../support/eventually.ts';
import { createRig, livingOn, type Rig, stopAtEnd } from '../managed/support/rig.ts';
import { model } from './command-rig.ts';

const SMI = resolve(import.meta.dirname, '../../../bin/virtual-nvidia-smi.js');

function backend(rig: Rig, models: Readonly<Record<string, CommandModelConfig>>): CommandBackendConfig {
  const bin = join(rig.folder, 'bin');
  if (!existsSync(bin)) {
    mkdirSync(bin);
    symlinkSync(SMI, join(bin, 'nvidia-smi'));
  }
  const PATH = [bin, dirname(process.execPath), process.env.PATH].join(delimiter);
  const env = { ...rig.env, PATH };
  return {
    name: 'rig',
    type: 'command',
    url: 'managed:rig',
    models,
    parallelLoads: 2,
    keep: false,
    env,
    gpus: 'auto',
  };
}

const INSTANCES = `{ backends { instances { modelName status vramBytes } } }`;

test('jobs of models that do not fit together are done one model after the other, and what each takes is learned from its load', async () => {
  const rig = createRig([4096]);
  const models = {
    'org/Large': model('--model m --context {context} --parallel {parallel} --vram 3GiB', { vram: 2 * GiB }),
    other: model('--model m --vram 2GiB', { vram: 2 * GiB, aliases: ['second'] }),
  };
  const app = await startApp(testConfig(rig.dataDir, [backend(rig, models)]));
  stopAtEnd(() => app.stop({ graceMs: 0 }));
  const client = new AppClient(app);

  const first = await client.generate('org/Large');
  expect(await client.ended(first)).toMatchObject({
    status: 'COMPLETE',
    result: { text: expect.stringMatching(/\w/) },
  });
  // What its processes take by the driver's count, and not what its settings said.
  const [instance] = await eventually(
    async () => (await client.query(INSTANCES)).backends[0].instances,
    ([one]) => one?.vramBytes === 3 * GiB,
  );
  expect(instance).toMatchObject({ modelName: 'org/Large', status: 'READY' });

  const second = await client.generate('second');
  expect(await client.ended(second)).toMatchObject({ status: 'COMPLETE' });
  expect(rig.usedBytes(0)).toBe(2 * GiB);
  await eventually(() => livingOn(rig).length === 1);
  expect(await client.submit({ model: 'third', request: { generate: { prompt: 'x' } } })).toMatchObject({
    __typename: 'ModelNotFoundError',
  });
});
