/** A whole server whose cards cannot be read at first, or only slowly. */
import { chmodSync, existsSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { expect, test } from 'vitest';
import { createRig, livingOn, type Rig } from '../backend/managed/support/rig.ts';
import { eventually } from '../support/eventually.ts';
import { startManaged } from './managed-app.ts';

const SMI = resolve(import.meta.dirname, '../../bin/virtual-nvidia-smi.js');

/** What stands in front of the driver's tool: `script` while the returned file is there. */
function troubledTool(rig: Rig, script: string): string {
  const folder = join(rig.folder, 'bin');
  const trouble = join(rig.folder, 'trouble');
  mkdirSync(folder);
  writeFileSync(trouble, '');
  writeFileSync(
    join(folder, 'nvidia-smi'),
    `#!/bin/sh\nif [ -e '${trouble}' ]; then ${script}; fi\nexec '${SMI}' "$@"\n`,
  );
  chmodSync(join(folder, 'nvidia-smi'), 0o755);
  return trouble;
}

const HEALTH = '{ backends { health problem gpus { index } } }';

test('a driver that is not ready at the start is said so, and jobs run on the GPU once it is', async () => {
  const rig = createRig([6_144]);
  const trouble = troubledTool(
    rig,
    `echo "NVIDIA-SMI has failed because it couldn't communicate with the NVIDIA driver."; exit 9`,
  );
  const t = await startManaged(rig);
  const id = await t.generate('qwen2.5:0.5b');
  await eventually(async () => (await t.query(HEALTH)).backends[0].health === 'DEGRADED');
  const { backends } = await t.query(HEALTH);
  expect(backends[0]).toMatchObject({ gpus: [], problem: expect.stringMatching(/NVIDIA driver.*not yet/) });
  const job = await t.jobWhen(id, ({ waiting }) => /cannot be read/.test(waiting?.explanation));
  expect(job.waiting.explanation).toMatch(/GPUs of rig cannot be read yet.*NVIDIA driver/);
  rmSync(trouble);
  expect((await t.ended(id)).status).toBe('COMPLETE');
  expect((await t.query(HEALTH)).backends[0]).toMatchObject({ health: 'HEALTHY', gpus: [{ index: 0 }] });
  expect(rig.events().filter(({ kind }) => kind === 'loaded')).toHaveLength(1);
});

test('a tool that takes longer than a reading is waited for does not keep jobs from running', async () => {
  const rig = createRig([6_144]);
  const trouble = troubledTool(rig, 'sleep 6.5');
  const t = await startManaged(rig);
  expect((await t.ended(await t.generate('qwen2.5:0.5b'))).status).toBe('COMPLETE');
  expect(existsSync(trouble)).toBe(true);
  expect((await t.query(HEALTH)).backends[0]).toMatchObject({ health: 'HEALTHY', problem: null });
  await t.app.stop({ graceMs: 0 });
  // What the tool's script had started is not killed with it.
  await eventually(() => livingOn(rig).length === 0);
});
