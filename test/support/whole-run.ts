/** Around the whole run: what the files could not end themselves, because their own process was killed, say, fails it. */
import { chmodSync, mkdtempSync, realpathSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { killAll, processesOf } from './left-behind.ts';

let folder: string;

export function setup(): void {
  // Every thread of a store would strip the types of its files anew: nearly half of what its start costs.
  process.env.NODE_COMPILE_CACHE ??= join(tmpdir(), 'node-compile-cache');
  folder = realpathSync(mkdtempSync(join(tmpdir(), 'vk-')));
  chmodSync(folder, 0o711);
  process.env.TMPDIR = folder;
}

export function teardown(): void {
  const left = killAll(processesOf(folder));
  rmSync(folder, { recursive: true, force: true });
  if (left.length > 0) {
    process.exitCode = 1;
    throw new Error(`Left running by this run, and killed now:\n${left.join('\n')}`);
  }
}
