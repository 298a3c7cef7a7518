/**
 * Around each file of tests: temporary folders lie in one that is removed, and no process outlives the file, however its tests ended.
 * One that does is killed, and fails the file.
 */
import { chmodSync, mkdtempSync, realpathSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect } from 'vitest';
import { sleep, systemClock } from '../../src/clock.ts';
import { endOfFile } from './ends-with-test.ts';
import { killAll, processesOf } from './left-behind.ts';
import { ENDING_MS } from './limits.ts';

const before = process.env.TMPDIR;
const folder = realpathSync(mkdtempSync(join(tmpdir(), 'file-')));
// To be walked through by a program of another user.
chmodSync(folder, 0o711);
process.env.TMPDIR = folder;

// Said first, it comes last: after every hook of the file.
afterAll(async () => {
  await endOfFile();
  const end = systemClock.monotonic() + ENDING_MS;
  while (processesOf(folder, process.pid).length > 0 && systemClock.monotonic() < end)
    await sleep(systemClock, 20);
  const left = killAll(processesOf(folder, process.pid));
  rmSync(folder, { recursive: true, force: true });
  if (before === undefined) delete process.env.TMPDIR;
  else process.env.TMPDIR = before;
  expect(left, 'processes left running').toEqual([]);
});
