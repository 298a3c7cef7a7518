/** `/proc/PID/environ`: the environment that a process was started with. */
import { open } from 'node:fs/promises';
import type { Clock } from '../../../clock.ts';

export type Environ =
  | { readonly kind: 'read'; readonly variables: Readonly<Record<string, string>> }
  /** Another user's, or a process that the kernel holds: nothing is known about it. */
  | { readonly kind: 'unreadable' }
  | { readonly kind: 'gone' };

/** Reading waits for the memory lock of the process, which a hanging driver may hold for ever; the thread pool waits, not we. */
const LIMIT_MS = 2_000;

/**
 * Pids whose reading has not come back. Each holds a thread of this process's pool of four; when two are held, nothing more is read, as
 * files could not be either in the end.
 */
const hanging = new Set<number>();
const MOST_HANGING = 2;

export async function readEnviron(pid: number, clock: Clock): Promise<Environ> {
  if (hanging.has(pid) || hanging.size >= MOST_HANGING) return { kind: 'unreadable' };
  const { promise, resolve } = Promise.withResolvers<Environ>();
  const limit = clock.after(LIMIT_MS, () => {
    hanging.add(pid);
    resolve({ kind: 'unreadable' });
  });
  readText(`/proc/${pid}/environ`)
    .then(parsed, refused)
    .then((environ) => {
      limit.cancel();
      hanging.delete(pid);
      resolve(environ);
    });
  return promise;
}

/** Enough for nearly every environment. `readFile` takes 64 KiB for each of its reads, and the processes of a host are many. */
const PIECE_BYTES = 8 * 1024;

async function readText(path: string): Promise<string> {
  await using file = await open(path);
  const pieces: Buffer[] = [];
  for (;;) {
    const { bytesRead, buffer } = await file.read(Buffer.allocUnsafeSlow(PIECE_BYTES));
    if (bytesRead === 0) return Buffer.concat(pieces).toString('utf8');
    pieces.push(buffer.subarray(0, bytesRead));
  }
}

function parsed(text: string): Environ {
  const variables: Record<string, string> = {};
  for (const entry of text.split('\0')) {
    const at = entry.indexOf('=');
    if (at > 0) variables[entry.slice(0, at)] = entry.slice(at + 1);
  }
  return { kind: 'read', variables };
}

function refused(error: NodeJS.ErrnoException): Environ {
  return { kind: error.code === 'ENOENT' || error.code === 'ESRCH' ? 'gone' : 'unreadable' };
}
