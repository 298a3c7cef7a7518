/** A folder that stands for a whole machine of virtual cells: its cards, its models, and the programs that work on them. */
import { mkdirSync, readdirSync, readFileSync, symlinkSync } from 'node:fs';
import { delimiter, dirname, join, resolve } from 'node:path';
import type { ModelDescription } from './core/catalog.ts';
import { createGpuFolder } from './gpu-folder/gpu-folder.ts';
import { createModelFolder } from './model-folder/create-model-folder.ts';
import type { GpuDescription } from './settings.ts';

/** Two steps up from here in a checkout as well as in the package. */
const PROGRAMS = resolve(import.meta.dirname, '..', '..', 'bin');

export interface VirtualHost {
  /** The program to be run as `ollama`. */
  readonly binary: string;
  /** For `OLLAMA_MODELS`. */
  readonly models: string;
  /** Where its cards are, for `readGpuFolder` and `readFolderEvents`. */
  readonly gpus: string;
  /** For each process: its cards, and a PATH with an `nvidia-smi` that shows them. */
  readonly env: Readonly<Record<string, string>>;
  /** Ends at once whatever still runs with this host's cards; synchronous, for a process that is exiting itself. Linux only. */
  killAll(): void;
}

/** @param folder empty or not there; nothing of the host lies outside it. */
export function createVirtualHost(
  folder: string,
  options: { readonly gpus: readonly GpuDescription[]; readonly catalog?: readonly ModelDescription[] },
): VirtualHost {
  const [gpus, models, tools] = [join(folder, 'gpus'), join(folder, 'models'), join(folder, 'tools')];
  createGpuFolder(gpus, options.gpus);
  createModelFolder(models, options.catalog);
  mkdirSync(tools);
  symlinkSync(join(PROGRAMS, 'virtual-nvidia-smi.js'), join(tools, 'nvidia-smi'));
  // The programs look for a Node beside them first, and on the PATH where there is none.
  const path = [tools, dirname(process.execPath), process.env.PATH ?? ''].join(delimiter);
  return {
    binary: join(PROGRAMS, 'virtual-ollama-cell.js'),
    models,
    gpus,
    // Node would keep what it compiled in a folder of the machine's.
    env: { VIRTUAL_GPU_DIR: gpus, PATH: path, NODE_COMPILE_CACHE: join(folder, 'compiled') },
    killAll: () => killMarked(`VIRTUAL_GPU_DIR=${gpus}`),
  };
}

/** What is killed may have started something since it was looked for; that is found by the next look. */
const LOOKS = 20;

/** By an entry of the environment that a process was started with: no other program has a folder that was just made. */
function killMarked(entry: string): void {
  for (let look = 0; look < LOOKS && killOnce(entry); look += 1);
}

/** Whether there was any. */
function killOnce(entry: string): boolean {
  let found = false;
  for (const pid of processIds()) {
    try {
      // Of a zombie it is empty.
      if (!readFileSync(`/proc/${pid}/environ`, 'utf8').split('\0').includes(entry)) continue;
      process.kill(pid, 'SIGKILL');
      found = true;
    } catch {
      // Gone already, or another user's and so none of these.
    }
  }
  return found;
}

function processIds(): number[] {
  try {
    return readdirSync('/proc')
      .map(Number)
      .filter((pid) => pid > 0 && pid !== process.pid);
  } catch {
    // Without /proc there are no cells either.
    return [];
  }
}
