import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { eventually } from '../support/eventually.ts';
import { RunningProgram } from './support/program.ts';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'vramkeeper-demo-test-'));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

function demo(...args: readonly string[]): RunningProgram {
  return new RunningProgram(['demo', ...args], { cwd: folder, env: { TMPDIR: folder } });
}

test('runs fifty jobs, ends with their count, and leaves nothing behind', async () => {
  await using program = demo('--exit');
  const { code, out, notes } = await program.ended;
  // Ten models in six places: without this nobody knows why they leave while memory is free.
  expect(out).toContain('holds at most 6 models at once');
  expect(out).toMatch(/GraphiQL: http:\/\/127\.0\.0\.1:\d+\/graphql\n/);
  expect(notes).toMatch(/50\/50 jobs done, .*queue 0 \| VRAM .* of 24\.0 GiB \| \d+ resident: /);
  expect(out.trimEnd().split('\n').at(-1)).toBe('50 complete, 0 failed, 0 cancelled');
  expect(code).toBe(0);
  expect(await readdir(folder)).toEqual([]);
});

/** Processes that were started for a demo in this test's folder. */
async function leftRunning(): Promise<number[]> {
  const pids = (await readdir('/proc')).map(Number).filter((pid) => pid > 0 && pid !== process.pid);
  const marked = await Promise.all(
    pids.map(async (pid) => {
      const environment = await readFile(`/proc/${pid}/environ`, 'utf8').catch(() => '');
      return environment.includes(`VIRTUAL_GPU_DIR=${folder}`) ? [pid] : [];
    }),
  );
  return marked.flat();
}

test('with a process for each model, too', async () => {
  await using program = demo('--managed', '--exit');
  const { code, out, notes } = await program.ended;
  expect(out).toMatch(
    /^The web page: http:\/\/127\.0\.0\.1:\d+\nA virtual Ollama process for each model in memory/,
  );
  expect(notes).toMatch(/50\/50 jobs done, .*queue 0 \| VRAM .* of 12\.0 GiB \| \d+ resident: /);
  expect(out.trimEnd().split('\n').at(-1)).toBe('50 complete, 0 failed, 0 cancelled');
  expect(code).toBe(0);
  expect(await leftRunning()).toEqual([]);
  expect(await readdir(folder)).toEqual([]);
});

test('opens the web page where it is told to', async () => {
  const opened = join(folder, 'opened');
  const bin = await mkdtemp(join(tmpdir(), 'bin-'));
  await writeFile(join(bin, 'xdg-open'), `#!/bin/sh\necho "$1" > "${opened}"\n`, { mode: 0o755 });
  await using program = new RunningProgram(['demo', '--open'], {
    cwd: folder,
    env: { TMPDIR: folder, PATH: `${bin}${delimiter}${process.env.PATH}` },
  });
  await program.untilSaid(/50 random jobs over 10 models/);
  const url = await eventually(() => readFile(opened, 'utf8').catch(() => ''));
  await program.untilSaid(new RegExp(`The web page: ${url.trim()}\n`));
});

test('says where the page is when no browser can be opened', async () => {
  const bin = await mkdtemp(join(tmpdir(), 'bin-'));
  await using program = new RunningProgram(['demo', '--open'], {
    cwd: folder,
    env: { TMPDIR: folder, PATH: bin },
  });
  await program.untilSaid(/cannot be started to open a browser\. Open http:\/\/127\.0\.0\.1:\d+ yourself\./);
});

test('a settings file and variables of the user are not for it', async () => {
  await using program = new RunningProgram(['demo'], {
    cwd: folder,
    env: { TMPDIR: folder, VRAMKEEPER_PORT: 'nonsense', OLLAMA_HOST: 'ftp://nonsense' },
  });
  await program.untilSaid(/50 random jobs over 10 models/);
});

test.each(['SIGINT', 'SIGTERM'] as const)('left half-way with %s it removes its data', async (signal) => {
  await using program = demo();
  await program.untilSaid(/5\/50 jobs done/);
  program.kill(signal);
  const { code, notes } = await program.ended;
  expect(notes).toContain('Stopped; its data is removed.');
  expect(code).toBe(130);
  expect(await readdir(folder)).toEqual([]);
});

test.each(['SIGINT', 'SIGTERM'] as const)('the processes of its models end with it: %s', async (signal) => {
  await using program = demo('--managed');
  await program.untilSaid(/5\/50 jobs done/);
  expect((await leftRunning()).length).toBeGreaterThan(0);
  program.kill(signal);
  expect((await program.ended).code).toBe(130);
  expect(await leftRunning()).toEqual([]);
  expect(await readdir(folder)).toEqual([]);
});

test('the processes of its models end with it, too, when a second Ctrl-C does not wait for them', async () => {
  await using program = demo('--managed');
  await program.untilSaid(/5\/50 jobs done/);
  // They take no SIGTERM for a while.
  for (const pid of await leftRunning()) process.kill(pid, 'SIGSTOP');
  // Signals that come together count as one, so it is sent until the second one is heard.
  const again = setInterval(() => program.kill('SIGINT'), 100);
  const { code, notes } = await program.ended.finally(() => clearInterval(again));
  expect(notes).toContain('Stopped at once.');
  expect(code).toBe(1);
  expect(await leftRunning()).toEqual([]);
  expect(await readdir(folder)).toEqual([]);
});
