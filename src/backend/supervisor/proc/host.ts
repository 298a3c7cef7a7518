/** What of the host makes supervision possible. */
import { readFileSync } from 'node:fs';
import { readlink, stat } from 'node:fs/promises';
import { SupervisionUnsupportedError } from '../errors.ts';
import { readStat } from './stat.ts';

/**
 * The identity of this boot: pids and start times of another one mean nothing.
 * @throws SupervisionUnsupportedError where there is no `/proc` of Linux
 */
export function readBootId(platform: NodeJS.Platform = process.platform): string {
  if (platform !== 'linux') {
    throw new SupervisionUnsupportedError(
      `Server processes can be supervised on Linux only, not on ${platform}. Run the model server yourself and name it with --backend URL.`,
    );
  }
  try {
    if (!readStat(process.pid)) throw new Error('/proc does not show this process');
    return readFileSync('/proc/sys/kernel/random/boot_id', 'latin1').trim();
  } catch (cause) {
    throw new SupervisionUnsupportedError(
      'Server processes cannot be supervised without /proc: mount it, or run the model server yourself and name it with --backend URL.',
      { cause },
    );
  }
}

/** The file that a process runs; null when it is gone or may not be looked into. */
export async function programOf(pid: number): Promise<string | null> {
  return readlink(`/proc/${pid}/exe`).catch(() => null);
}

/** Whether the file at `path` is the one that the process runs: false after an upgrade put another one in its place. */
export async function runsFile(pid: number, path: string): Promise<boolean> {
  try {
    const [running, there] = await Promise.all([stat(`/proc/${pid}/exe`), stat(path)]);
    return running.ino === there.ino && running.dev === there.dev;
  } catch {
    return false;
  }
}

/** Whether `path` means the same folder to that process as to us: in another container it may be another one. */
export async function sharesFolder(pid: number, path: string): Promise<boolean> {
  try {
    const [theirs, ours] = await Promise.all([stat(`/proc/${pid}/root${path}`), stat(path)]);
    return theirs.ino === ours.ino && theirs.dev === ours.dev;
  } catch {
    return false;
  }
}
