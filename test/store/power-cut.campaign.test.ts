/**
 * The power fails: of the data folder there is what was synchronised, and nothing of what was only written. Rebuilt from the system calls of a
 * store's process (`strace`, a Debian package of that name), at the moments at which it answered.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';
import type { JobId } from '../../src/domain/ids.ts';
import { openStore, temporaryDirectory } from './support/stores.ts';

const CUTS = 12;
/** What the store answers before its process is killed. */
const ANSWERS = 1_500;

interface File {
  bytes: Buffer;
  length: number;
  /** On their way to the disk, in order. */
  pending: ({ readonly at: number; readonly bytes: Buffer } | { readonly length: number })[];
}

/** Files as a disk holds them, and what is still on its way to it. */
class Disk {
  readonly #files = new Map<string, File>();

  write(name: string, bytes: Buffer, at: number): void {
    this.#file(name).pending.push({ at, bytes });
  }

  truncate(name: string, length: number): void {
    this.#file(name).pending.push({ length });
  }

  sync(name: string): void {
    const file = this.#file(name);
    for (const change of file.pending.splice(0)) {
      const end = 'length' in change ? change.length : change.at + change.bytes.length;
      if (end > file.bytes.length) file.bytes = Buffer.concat([file.bytes], end * 2);
      if ('length' in change) {
        file.bytes.fill(0, end);
        file.length = end;
      } else {
        change.bytes.copy(file.bytes, change.at);
        file.length = Math.max(file.length, end);
      }
    }
  }

  async image(folder: string): Promise<void> {
    await mkdir(folder, { mode: 0o700 });
    for (const [name, { bytes, length }] of this.#files)
      await writeFile(join(folder, name), bytes.subarray(0, length), { mode: 0o600 });
  }

  #file(name: string): File {
    const file = this.#files.get(name) ?? { bytes: Buffer.alloc(0), length: 0, pending: [] };
    this.#files.set(name, file);
    return file;
  }
}

const unhex = (text: string) => Buffer.from(text.replaceAll('\\x', ''), 'hex');

/** Follows a trace; `answered` is called with each line that the process said, at its moment. */
async function follow(trace: string, disk: Disk, answered: (line: string) => Promise<void>): Promise<void> {
  /** A synchronisation that another thread's call interrupts in the trace counts when it returns. */
  const under = new Map<string, string>();
  for (const line of trace.split('\n')) {
    const [, thread = '', call = ''] = /^(\d+)\s+(.*)$/.exec(line) ?? [];
    const syncing = under.get(thread);
    if (syncing && /^<\.\.\. (fsync|fdatasync) resumed>.*= 0$/.test(call)) {
      disk.sync(syncing);
      under.delete(thread);
    }
    const [, name, path, rest = ''] = /^(\w+)\(\d+<([^>]*)>(.*)$/.exec(call) ?? [];
    if (!name || path === undefined) continue;
    const file = basename(path.includes('\\x') ? unhex(path).toString() : path);
    // The journal of the first moments is gone again by the time of the first answer.
    const database = file === 'vramkeeper.db' || file === 'vramkeeper.db-wal';
    const data = /"((?:\\x[0-9a-f]{2})*)"/.exec(rest)?.[1] ?? '';
    if (name === 'write' && data !== '') {
      const said = unhex(data).toString();
      if (/^\w+ job_/.test(said)) await answered(said.trim());
    } else if (!database) continue;
    else if (name === 'pwrite64') disk.write(file, unhex(data), Number(/, (\d+)(?:\)| <)/.exec(rest)?.[1]));
    else if (name === 'ftruncate') disk.truncate(file, Number(/, (\d+)/.exec(rest)?.[1]));
    else if (rest.includes('unfinished')) under.set(thread, file);
    else disk.sync(file);
  }
}

it(`a power cut keeps what was answered, at ${CUTS} moments`, async () => {
  const directory = await temporaryDirectory();
  try {
    const script = fileURLToPath(new URL('./support/store-process.ts', import.meta.url));
    const log = join(directory.path, 'trace');
    const calls = 'trace=pwrite64,write,fsync,fdatasync,ftruncate';
    const arguments_ = ['-f', '-y', '-xx', '-s', '70000', '-e', calls, '-o', log];
    const traced = spawn(
      'strace',
      [...arguments_, process.execPath, script, join(directory.path, 'data'), 'work'],
      {
        // strace itself passes no signal on: the whole group gets it.
        detached: true,
        stdio: ['ignore', 'pipe', 'inherit'],
      },
    );
    const ended = once(traced, 'close').catch((cause: unknown) => {
      throw new Error('Install strace: without it nothing tells what was synchronised.', { cause });
    });
    let answers = 0;
    for await (const _ of createInterface({ input: traced.stdout })) {
      answers += 1;
      if (answers === ANSWERS) process.kill(-(traced.pid ?? 0), 'SIGINT');
    }
    await ended;
    const trace = await readFile(log, 'utf8');
    const total = trace.split('\n').filter((line) => /\bwrite\(1</.test(line)).length;
    expect(total).toBeGreaterThan(CUTS * 3);

    const disk = new Disk();
    const accepted: JobId[] = [];
    const completed: JobId[] = [];
    let said = 0;
    let cuts = 0;
    await follow(trace, disk, async (line) => {
      const [what, id] = line.split(' ');
      if (what === 'accepted') accepted.push(id as JobId);
      if (what === 'completed') completed.push(id as JobId);
      said += 1;
      if (said % Math.ceil(total / (CUTS + 1)) !== 0) return;
      cuts += 1;
      const folder = join(directory.path, `cut-${cuts}`);
      await disk.image(folder);
      const store = await openStore(folder);
      try {
        const known = await store.jobs(accepted);
        expect(accepted.filter((_, at) => !known[at])).toEqual([]);
        const ended = await store.jobs(completed);
        expect(completed.filter((_, at) => ended[at]?.status !== 'COMPLETE')).toEqual([]);
      } finally {
        await store.stop();
      }
    });
    expect(cuts).toBeGreaterThan(CUTS / 2);
  } finally {
    await directory.remove();
  }
});
