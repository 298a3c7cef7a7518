/** The backend and the server, each a process of its own, so that neither's work delays the client that measures. */
import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** Of Linux, in each second. */
const TICKS = 100;
const PROGRAM = fileURLToPath(new URL('../../bin/vramkeeper.js', import.meta.url));

export interface Running {
  readonly url: string;
  /** Processor time so far, milliseconds. */
  cpuMs(): number;
  stop(): Promise<void>;
}

export interface RunningServer extends Running {
  /** After a full collection. */
  memory(): Promise<NodeJS.MemoryUsage>;
}

export function startBackend(slots: number, tokensPerSecond: number): Promise<Running> {
  return startProgram('backend.ts', String(slots), String(tokensPerSecond));
}

/** What stands between client and backend, and does nothing else. */
export function startProxy(backend: string): Promise<Running> {
  return startProgram('proxy.ts', backend);
}

/** One of this folder that tells its address. */
async function startProgram(file: string, ...args: readonly string[]): Promise<Running> {
  const child = fork(new URL(file, import.meta.url), args, { execArgv: [] });
  const [{ url }] = await once(child, 'message');
  return { url, cpuMs: () => cpuMs(child), stop: () => end(child) };
}

export interface ServerOptions {
  /** Where its threads leave their processor profiles when it ends, for Chrome's developer tools. Absent: they make none. */
  readonly profileTo?: string | undefined;
}

/** As a user starts it, attached to the backend. */
export async function startServer(
  backend: string,
  slots: number,
  { profileTo }: ServerOptions = {},
): Promise<RunningServer> {
  const dataDir = await mkdtemp(join(tmpdir(), 'vramkeeper-bench-'));
  const preload = fileURLToPath(new URL('tell-memory.ts', import.meta.url));
  const config = join(dataDir, 'settings.json');
  await writeFile(config, JSON.stringify({ backends: [{ name: 'ollama', url: backend, parallel: slots }] }));
  const args = ['serve', '--port', '0', '--data-dir', dataDir, '--config', config, '--log-level', 'warn'];
  const profile = profileTo === undefined ? [] : ['--cpu-prof', '--cpu-prof-dir', profileTo];
  const execArgv = ['--expose-gc', '--import', preload, ...profile];
  const child = fork(PROGRAM, args, { execArgv, silent: true });
  child.stderr?.pipe(process.stderr);
  return {
    url: await addressOf(child),
    cpuMs: () => cpuMs(child),
    async memory() {
      child.send('memory');
      const [usage] = await once(child, 'message');
      return usage as NodeJS.MemoryUsage;
    },
    async stop() {
      await end(child);
      await rm(dataDir, { recursive: true, force: true });
    },
  };
}

async function addressOf(child: ChildProcess): Promise<string> {
  let said = '';
  for await (const chunk of child.stdout ?? []) {
    said += chunk;
    const address = /http:\/\/[\d.]+:\d+/.exec(said);
    if (address) {
      child.stdout?.resume();
      return address[0];
    }
  }
  throw new Error(`The server did not start:\n${said}`);
}

function cpuMs({ pid }: ChildProcess): number {
  const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1]?.split(' ') ?? [];
  return ((Number(fields[11]) + Number(fields[12])) * 1_000) / TICKS;
}

async function end(child: ChildProcess): Promise<void> {
  const exited = once(child, 'exit');
  child.kill();
  await exited;
}
