/** Configuration files in a folder of their own for each test. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach } from 'vitest';
import { type Flags, loadConfig } from '../../src/config/load.ts';
import { InvalidSettingError } from '../../src/domain/errors.ts';

/** Of the test that is running: whoever imports this has a new one for each test. */
export let folder: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'vramkeeper-config-'));
});

afterEach(() => rm(folder, { recursive: true }));

export interface Sources {
  readonly yaml?: string;
  readonly env?: Record<string, string>;
  readonly flags?: Flags;
}

export async function load({ yaml, env = {}, flags = {} }: Sources) {
  if (yaml !== undefined) await writeFile(join(folder, 'vramkeeper.yaml'), yaml);
  return loadConfig(flags, { env, cwd: folder, home: '/home/ada' });
}

/** The lines that refuse it. */
export async function problems(sources: Sources): Promise<readonly string[]> {
  try {
    await load(sources);
  } catch (error) {
    if (error instanceof InvalidSettingError) return error.message.split('\n');
    throw error;
  }
  throw new Error('These settings were taken.');
}
