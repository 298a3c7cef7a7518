/** `vramkeeper backup` and `vramkeeper restore` */
import { resolve } from 'node:path';
import { backUp, restore } from '../../app/backup.ts';
import { loadConfig } from '../../config/load.ts';
import { formatBytes } from '../../domain/units.ts';
import { CommandError, EXIT, type ExitCode } from '../exit.ts';
import type { Terminal } from '../terminal/terminal.ts';

export interface DataOptions {
  readonly config?: string;
  readonly dataDir?: string;
}

/** @throws CommandError where jobs are kept somewhere else: a backup that has none of them must not pass for one */
async function directoryOf(options: DataOptions): Promise<string> {
  const { dataDir, store } = await loadConfig(options);
  if (store)
    throw new CommandError(
      `The settings keep jobs in ${store.shown}: back it up and restore it by pg_dump and pg_restore. The data directory has none of them.`,
    );
  return dataDir;
}

/** Also while the server runs. */
export async function writeBackup(file: string, options: DataOptions, terminal: Terminal): Promise<ExitCode> {
  const dataDir = await directoryOf(options);
  const bytes = await backUp(dataDir, resolve(file));
  terminal.note(`${file} has all jobs of ${dataDir}: ${formatBytes(bytes)}.`);
  return EXIT.done;
}

/** Only while no server uses the directory. */
export async function restoreBackup(
  file: string,
  { replace = false, ...options }: DataOptions & { readonly replace?: boolean },
  terminal: Terminal,
): Promise<ExitCode> {
  const dataDir = await directoryOf(options);
  const before = restore(resolve(file), dataDir, replace);
  terminal.note(`${dataDir} is as it was when ${file} was made.`);
  if (before !== null) terminal.note(`What was there is ${before}. Delete it when nobody misses anything.`);
  return EXIT.done;
}
