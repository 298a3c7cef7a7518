/** A disk under a server process that fails when a test says so: full, read-only, unreadable, slow. */
import { execFile } from 'node:child_process';
import { open, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';

/** In the order of the numbers in faulty-disk.c. */
const FAULTS = [
  'FINE',
  'FULL',
  'READ_ONLY',
  'BAD_WRITE',
  'BAD_SYNC',
  'SLOW_SYNC',
  /** Half of what is written arrives, and then the disk is full. */
  'TORN_WRITE',
  /** It says that all is well, and keeps nothing. */
  'LYING',
] as const;

export type DiskFault = (typeof FAULTS)[number];

export class FaultyDisk {
  /** What a process needs in its environment to be on this disk. */
  readonly environment: Readonly<Record<string, string>>;
  readonly #control: string;

  private constructor(library: string, control: string) {
    this.environment = { LD_PRELOAD: library, FAULTY_DISK: control };
    this.#control = control;
  }

  /** @param folder for its library and its switches; not that of the server's data. */
  static async make(folder: string): Promise<FaultyDisk> {
    const library = join(folder, 'faulty-disk.so');
    const source = join(import.meta.dirname, 'faulty-disk.c');
    await promisify(execFile)('cc', ['-O1', '-shared', '-fPIC', '-o', library, source, '-ldl']).catch(
      (cause: unknown) => {
        throw new Error('Install a C compiler (Debian: gcc libc6-dev): without it no disk fails.', { cause });
      },
    );
    const control = join(folder, 'faulty-disk.control');
    await writeFile(control, Buffer.alloc(16));
    return new FaultyDisk(library, control);
  }

  /**
   * @param pass so many calls that the fault concerns go well before.
   * @param delayMs of each synchronisation of a SLOW_SYNC.
   */
  async set(fault: DiskFault, { pass = 0, delayMs = 0 } = {}): Promise<void> {
    const bytes = Buffer.alloc(16);
    [FAULTS.indexOf(fault), pass, delayMs, 0].forEach((value, at) => {
      bytes.writeInt32LE(value, at * 4);
    });
    // In place: the process has this file mapped.
    const file = await open(this.#control, 'r+');
    await file.write(bytes, 0, bytes.length, 0);
    await file.close();
  }

  /** Calls that the fault has struck since it was set. */
  async hits(): Promise<number> {
    return (await readFile(this.#control)).readInt32LE(12);
  }
}
