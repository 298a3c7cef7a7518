/** One changer of a model folder at a time, whatever server it belongs to: two pulls of one model would tear each other's files. */
import { readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { BackendError } from '../../domain/errors.ts';
import { systemCode } from '../cells/failures.ts';
import { findProcess, isLiving, readStat } from '../supervisor/proc/stat.ts';

const FILE = '.vramkeeper-lock';
const owner = z.object({ pid: z.number(), startTicks: z.number() });

/** Held as often as asked for within this process; the file goes with the last holder. */
const held = new Map<string, number>();

/** @throws BackendError while another server changes the folder, or where it cannot be written to */
export async function lockFolder(models: string): Promise<AsyncDisposable> {
  const path = join(models, FILE);
  if (!held.has(path)) await claim(path, models);
  held.set(path, (held.get(path) ?? 0) + 1);
  return {
    async [Symbol.asyncDispose]() {
      const left = (held.get(path) ?? 1) - 1;
      if (left > 0) {
        held.set(path, left);
        return;
      }
      held.delete(path);
      await rm(path, { force: true });
    },
  };
}

async function claim(path: string, models: string): Promise<void> {
  const self = readStat(process.pid);
  const text = JSON.stringify({ pid: process.pid, startTicks: self?.startTicks ?? 0 });
  for (let attempt = 1; ; attempt += 1) {
    try {
      await writeFile(path, text, { flag: 'wx', mode: 0o644 });
      return;
    } catch (error) {
      if (systemCode(error) !== 'EEXIST') throw notWritable(models, error);
      const pid = await holderOf(path);
      // One that another start of this process, or a dead server, left behind.
      if ((pid === null || pid === process.pid) && attempt < 3) await rm(path, { force: true });
      else {
        throw new BackendError(
          'BACKEND_ERROR',
          'wait',
          `Another vramkeeper (pid ${pid ?? 'unknown'}) is changing the models in ${models}. Try again when it is done.`,
        );
      }
    }
  }
}

/** Null when nobody who lives holds it. */
async function holderOf(path: string): Promise<number | null> {
  try {
    const identity = owner.parse(JSON.parse(await readFile(path, 'utf8')));
    const stat = findProcess(identity);
    return stat && isLiving(stat) ? identity.pid : null;
  } catch {
    return null;
  }
}

function notWritable(models: string, cause: unknown): BackendError {
  const code = systemCode(cause);
  const why =
    code === 'ENOSPC' || code === 'EDQUOT'
      ? 'its disk is full. Free some space'
      : 'this user may not write to it, or its disk is read-only. Correct its permissions';
  return new BackendError('BACKEND_ERROR', 'none', `The models in ${models} cannot be changed: ${why}.`, {
    cause,
  });
}
