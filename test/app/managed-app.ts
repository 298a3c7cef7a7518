/** Whole servers over a rig: its cards are read by the virtual driver's tool, its models run in cells. */
import { existsSync, mkdirSync, symlinkSync } from 'node:fs';
import { delimiter, dirname, join, resolve } from 'node:path';
import type { BackendConfig, Config } from '../../src/config/config.ts';
import { managedConfig } from '../../src/config/managed.ts';
import { BINARY, type Rig, stopAtEnd } from '../backend/managed/support/rig.ts';
import { AppClient, startApp, testConfig } from './test-app.ts';

const SMI = resolve(import.meta.dirname, '../../bin/virtual-nvidia-smi.js');

/** A PATH on which the driver's tool tells of the rig's cards. */
function pathWithSmi(rig: Rig): string {
  const folder = join(rig.folder, 'bin');
  if (!existsSync(folder)) {
    mkdirSync(folder);
    symlinkSync(SMI, join(folder, 'nvidia-smi'));
  }
  return [folder, dirname(process.execPath), process.env.PATH].join(delimiter);
}

export function managed(rig: Rig): BackendConfig {
  return {
    name: 'rig',
    type: 'ollama',
    url: 'managed:rig',
    parallel: 1,
    maxLoadedModels: null,
    gpus: 'auto',
    managed: managedConfig(
      {
        binary: BINARY,
        models: rig.models,
        parallel: 2,
        promptCache: 0,
        env: { ...rig.env, PATH: pathWithSmi(rig) },
      },
      { env: {}, home: rig.folder },
      2048,
    ),
  };
}

/** Stopped after the test. */
export async function startManaged(rig: Rig, more: Partial<Config> = {}): Promise<AppClient> {
  const app = await startApp(testConfig(rig.dataDir, [managed(rig)], more));
  stopAtEnd(() => app.stop({ graceMs: 0 }));
  return new AppClient(app);
}
