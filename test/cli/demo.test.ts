import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { RunningProgram } from './support/program.ts';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'vramkeeper-demo-test-'));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

function demo(...args: readonly string[]): RunningProgram {
  return new RunningProgram(['demo', ...args], { cwd: folder, env: { TMPDIR: folder } });
}

test('runs fifty jobs, ends with their count, and leaves nothing behind', { timeout: 120_000 }, async () => {
  await using program = demo('--exit');
  const { code, out, notes } = await program.ended;
  expect(out).toMatch(/GraphiQL: http:\/\/127\.0\.0\.1:\d+\/graphql\n/);
  expect(notes).toMatch(/50\/50 jobs done, .*queue 0 \| VRAM .* of 24\.0 GiB \| \d+ resident: /);
  expect(out.trimEnd().split('\n').at(-1)).toBe('50 complete, 0 failed, 0 cancelled');
  expect(code).toBe(0);
  expect(await readdir(folder)).toEqual([]);
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
