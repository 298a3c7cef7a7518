/** One test for each fixture that starts a process; each fails half-way. Run by nothing-left.test.ts alone. */
import { spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { createRig, load, startBackend } from '../../backend/managed/support/rig.ts';
import { dataFolder, parentIn } from '../../backend/supervisor/support/house.ts';
import { RunningProgram } from '../../cli/support/program.ts';
import { ServerProcess } from '../../crash/server-process.ts';
import { startChild } from '../../store/support/child.ts';

const folder = () => mkdtempSync(join(tmpdir(), 'half-way-'));
const failHalfWay = () => expect('half-way').toBe('the end');

test('a program', async () => {
  const program = new RunningProgram(['serve', '--port', '0'], { cwd: folder() });
  await program.untilSaid(/is ready/);
  failHalfWay();
});

test('a server that can be killed', async () => {
  await ServerProcess.start(folder(), "{ name: ollama, type: ollama, url: 'http://127.0.0.1:9' }");
  failHalfWay();
});

test('a store', async () => {
  const child = startChild(folder(), 'idle');
  await child.line((text) => text === 'ready');
  failHalfWay();
});

test('a backend with a process for each model', async () => {
  const rig = createRig();
  await load(await startBackend(rig), rig, 'smollm:360m');
  failHalfWay();
});

test('a supervisor in a process of its own', async () => {
  const data = dataFolder();
  mkdirSync(join(data, 'cells'), { recursive: true });
  await parentIn(data, '').tells('READY');
  failHalfWay();
});

test.runIf(process.env.WITHOUT_FIXTURE)('a process without a fixture', () => {
  spawn('sleep', ['601'], { env: {}, detached: true, stdio: 'ignore' });
  failHalfWay();
});
