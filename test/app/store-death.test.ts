/** The store's writer dies under a running server: it says so, stops, and loses nothing that it had accepted. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Worker } from 'node:worker_threads';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { createApp } from '../../src/app.ts';
import { StoreClosedError } from '../../src/domain/errors.ts';
import { attached, TestApp, testConfig } from './test-app.ts';

/** Nothing answers there: jobs are accepted, and wait. */
const NOWHERE = 'http://127.0.0.1:9';

const workers: Worker[] = [];
const onWorker = (worker: Worker) => workers.push(worker);
beforeEach(() => void process.on('worker', onWorker));
afterEach(() => {
  process.off('worker', onWorker);
  workers.length = 0;
});

test.each([
  ['death of its writer', (writer: Worker) => writer.terminate()],
  ['death of its reader', (_writer: Worker, reader: Worker) => reader.terminate()],
  [
    'loss of a report of its writer',
    (writer: Worker) => writer.emit('messageerror', new Error('It could not be read.')),
  ],
])('the %s ends the server, and the next one has every accepted job', async (_name, happen) => {
  const dataDir = await mkdtemp(join(tmpdir(), 'vramkeeper-app-'));
  const config = testConfig(dataDir, [attached(NOWHERE)]);
  const app = createApp(config);
  await app.start();
  const t = Object.assign(Object.create(TestApp.prototype), { app, dataDir }) as TestApp;
  const ids = await Promise.all([t.generate('a:latest'), t.generate('b:latest')]);
  const [writer, reader] = workers;
  if (!writer || !reader) throw new Error('The store has no threads.');
  await happen(writer, reader);
  const failure = await app.failed;
  expect(failure).toBeInstanceOf(StoreClosedError);
  expect(failure.message).toMatch(/Restart the server/);
  await app.stop({ graceMs: 0 });
  const next = createApp(config);
  await next.start();
  const again = Object.assign(Object.create(TestApp.prototype), { app: next, dataDir }) as TestApp;
  for (const id of ids) expect((await again.job(id)).status).toBe('PENDING');
  await next.stop({ graceMs: 0 });
  await rm(dataDir, { recursive: true, force: true });
});
