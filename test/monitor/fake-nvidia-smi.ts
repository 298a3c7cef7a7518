/** A folder with an `nvidia-smi` of its own that answers what a test wants. */
import { chmod, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

export interface FakeNvidiaSmi extends AsyncDisposable {
  readonly folder: string;
  /** For the probe: its PATH finds nothing else but the shell. */
  readonly env: Readonly<Record<string, string>>;
  /** What it prints from now on, for each query. */
  answers(gpus: string, processes?: string, everything?: string): Promise<void>;
  /** The body of the shell script from now on. */
  does(script: string): Promise<void>;
  /** Removes it. */
  remove(): Promise<void>;
  /** How often it was run. */
  runs(): Promise<number>;
}

export async function fakeNvidiaSmi(): Promise<FakeNvidiaSmi> {
  const folder = await mkdtemp(join(tmpdir(), 'fake-nvidia-'));
  const path = join(folder, 'nvidia-smi');
  const log = join(folder, 'runs');
  const does = async (script: string) => {
    await writeFile(path, `#!/bin/sh\necho "$@" >> '${log}'\n${script}\n`);
    await chmod(path, 0o755);
  };
  return {
    folder,
    env: { PATH: `${folder}:/bin:/usr/bin` },
    does,
    async answers(gpus, processes = '', everything = '') {
      await writeFile(join(folder, 'gpus'), gpus);
      await writeFile(join(folder, 'processes'), processes);
      await writeFile(join(folder, 'everything'), everything);
      await does(
        `case "$1" in --query-gpu=*) cat '${folder}/gpus';; -q) cat '${folder}/everything';; *) cat '${folder}/processes';; esac`,
      );
    },
    remove: () => rm(path),
    runs: async () => (await readFile(log, 'utf8').catch(() => '')).split('\n').length - 1,
    [Symbol.asyncDispose]: () => rm(folder, { recursive: true, force: true }),
  };
}
