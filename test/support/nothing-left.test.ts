/** Tests that fail half-way leave nothing running, whichever fixture they use; a process without one is killed and named. */
import { execFile } from 'node:child_process';
import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { expect, test } from 'vitest';
import { processesOf } from './left-behind.ts';

const ROOT = resolve(import.meta.dirname, '../..');

/** A run of the tests that fail. */
async function runHalfWay(env: Readonly<Record<string, string>>, ...more: readonly string[]) {
  const folder = mkdtempSync(join(tmpdir(), 'run-'));
  const vitest = join(ROOT, 'node_modules/vitest/vitest.mjs');
  const args = [vitest, 'run', '--config', 'vitest.half-way.config.ts', '--root', ROOT, ...more];
  const { code, said } = await new Promise<{ code: unknown; said: string }>((done) => {
    execFile(
      process.execPath,
      args,
      { cwd: ROOT, env: { PATH: process.env.PATH, NO_COLOR: '1', TMPDIR: folder, ...env } },
      (error, out, notes) => done({ code: error?.code ?? 0, said: out + notes }),
    );
  });
  return { code, said, left: processesOf(folder) };
}

test('after tests that failed half-way', async () => {
  const { code, said, left } = await runHalfWay({});
  expect(code).toBe(1);
  expect(said).toMatch(/Tests +5 failed \| 1 skipped/);
  expect(said.match(/expected 'half-way' to be 'the end'/g)).toHaveLength(5);
  expect(said).not.toMatch(/left running: expected \[ '|Left running by this run/);
  expect(left).toEqual([]);
});

test('and what has no fixture is killed, and fails the file', async () => {
  const { code, said, left } = await runHalfWay({ WITHOUT_FIXTURE: 'yes' }, '-t', 'without a fixture');
  expect(code).toBe(1);
  expect(said).toMatch(/processes left running: expected \[ '\d+: sleep 601' \]/);
  expect(left).toEqual([]);
});
