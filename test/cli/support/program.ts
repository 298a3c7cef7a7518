/** Runs the real program as a person does. */
import { type ChildProcessByStdio, spawn } from 'node:child_process';
import { join, resolve } from 'node:path';
import type { Readable, Writable } from 'node:stream';
import { endsWithTest } from '../../support/ends-with-test.ts';

export const ROOT = resolve(import.meta.dirname, '../../..');
const LAUNCHER = join(ROOT, 'bin', 'vramkeeper.js');

export interface RunOptions {
  readonly cwd: string;
  /** Added to a bare environment: nothing of the machine's own settings gets in. */
  readonly env?: Readonly<Record<string, string>>;
  readonly input?: string;
}

export interface Ended {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly out: string;
  readonly notes: string;
}

/** Without the cache each program would make one of its own, in the folder for temporary files. */
const CARRIED = Object.fromEntries(
  ['PATH', 'NODE_COMPILE_CACHE'].flatMap((name) => {
    const value = process.env[name];
    return value === undefined ? [] : [[name, value]];
  }),
);

/** A program that runs; ended with the block that `using` it stands in, or with the test. */
export class RunningProgram implements AsyncDisposable {
  readonly child: ChildProcessByStdio<Writable, Readable, Readable>;
  readonly ended: Promise<Ended>;
  #out = '';
  #notes = '';
  readonly #listeners = new Set<() => void>();

  constructor(args: readonly string[], { cwd, env = {}, input }: RunOptions) {
    this.child = spawn(process.execPath, [LAUNCHER, ...args], {
      cwd,
      env: { ...CARRIED, HOME: cwd, NO_COLOR: '1', ...env },
      stdio: ['pipe', 'pipe', 'pipe'],
    });
    this.child.stdin.on('error', () => {});
    this.child.stdin.end(input ?? '');
    this.child.stdout.on('data', (part: Buffer) => this.#heard(() => (this.#out += part.toString())));
    this.child.stderr.on('data', (part: Buffer) => this.#heard(() => (this.#notes += part.toString())));
    const { promise, resolve: settle } = Promise.withResolvers<Ended>();
    this.child.on('close', (code, signal) => {
      settle({ code, signal, out: this.#out, notes: this.#notes });
      this.#heard(() => {});
    });
    this.ended = promise;
    endsWithTest(() => this[Symbol.asyncDispose]());
  }

  /** What it has written up to the first match. Rejects when it ends without one. */
  async untilSaid(pattern: RegExp): Promise<RegExpExecArray> {
    const { promise, resolve: settle, reject } = Promise.withResolvers<RegExpExecArray>();
    const look = () => {
      const match = pattern.exec(`${this.#out}\n${this.#notes}`);
      if (match) settle(match);
      else if (this.child.exitCode !== null || this.child.signalCode !== null)
        reject(new Error(`It ended without ${pattern}:\n${this.#out}\n${this.#notes}`));
    };
    this.#listeners.add(look);
    look();
    try {
      return await promise;
    } finally {
      this.#listeners.delete(look);
    }
  }

  kill(signal: NodeJS.Signals): void {
    this.child.kill(signal);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.child.exitCode === null && this.child.signalCode === null) this.child.kill('SIGKILL');
    await this.ended;
  }

  #heard(take: () => void): void {
    take();
    for (const listener of this.#listeners) listener();
  }
}

export function run(args: readonly string[], options: RunOptions): Promise<Ended> {
  return new RunningProgram(args, options).ended;
}
