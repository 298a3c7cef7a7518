/**
 * A submission with a text of twenty million characters on its way to the thread that writes it, against the plain message, which is copied at once.
 * For each: how long it takes, and the longest time that it keeps everybody else on the event loop waiting.
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Worker } from 'node:worker_threads';
import { systemClock, systemRandom } from '../src/clock.ts';
import { newId } from '../src/domain/ids.ts';
import { createSqliteStore } from '../src/store/sqlite/sqlite-store.ts';
import { benchJob } from './store/lives.ts';
import { measured } from './support/loop-hold.ts';

const CHARACTERS = 20 * 1024 * 1024;
const TEXTS = { 'of Latin letters': 'word ', 'of others too': 'wörd € ' } as const;

export async function run(print: (line: string) => void): Promise<void> {
  const worker = new Worker('require("node:worker_threads").parentPort.on("message", () => {})', {
    eval: true,
  });
  const dataDir = await mkdtemp(join(tmpdir(), 'vramkeeper-bench-'));
  const serverId = newId('srv', systemClock, systemRandom);
  const store = createSqliteStore({ dataDir, serverId, clock: systemClock });
  await store.start();
  print(
    `${CHARACTERS / 2 ** 20} Mi characters                            took       longest hold of the event loop`,
  );
  try {
    for (const [name, piece] of Object.entries(TEXTS)) {
      // As a parser leaves it: in one piece.
      const prompt = JSON.parse(JSON.stringify(piece.repeat(CHARACTERS / piece.length)));
      const job = { ...benchJob('bench'), request: { kind: 'GENERATE', prompt } } as const;
      await measured(print, `${name}: plain message`, async () => worker.postMessage(job));
      await measured(print, `${name}: submit`, () =>
        store.submit({ jobs: [job], batch: null, blobs: new Map(), idempotency: null, queueLimit: 10 }),
      );
    }
  } finally {
    await store.stop();
    await worker.terminate();
    await rm(dataDir, { recursive: true, force: true });
  }
}
