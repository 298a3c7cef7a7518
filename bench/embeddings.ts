/**
 * 10,000 vectors of 1,024 numbers from the backend's answer to the caller's: read as they come, stored in pieces and answered in
 * pages, against the plain way (one text, parsed, checked, written and parsed again). For each step: how long it takes, and the
 * longest time that it keeps everybody else on the event loop waiting.
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Worker } from 'node:worker_threads';
import { z } from 'zod';
import { OllamaConnection } from '../src/backend/ollama/connection.ts';
import { DEFAULT_DEADLINES } from '../src/backend/ollama/deadlines.ts';
import { runEmbed } from '../src/backend/ollama/run-embed.ts';
import { systemClock, systemRandom } from '../src/clock.ts';
import { type InstanceId, newId } from '../src/domain/ids.ts';
import { RawJson } from '../src/graphql/raw-json.ts';
import { answerBody } from '../src/graphql/server/answer-body.ts';
import { createSqliteStore } from '../src/store/sqlite/sqlite-store.ts';
import { benchJob, QUEUE } from './store/lives.ts';
import { measured } from './support/loop-hold.ts';

const TEXTS = 10_000;
const DIMENSIONS = 1_024;
const PAGE = 1_000;

/** An Ollama in a thread of its own, which answers every embedding with the same vectors. */
const BACKEND = `
  const { createServer } = require('node:http');
  const { parentPort } = require('node:worker_threads');
  const vector = JSON.stringify(Array.from({ length: ${DIMENSIONS} }, (_, i) => Number(Math.sin(i + 1).toPrecision(8))));
  const answer = Buffer.from('{"model":"m","embeddings":[' + Array(${TEXTS}).fill(vector).join(',') + '],"prompt_eval_count":7}');
  const server = createServer((request, response) => {
    request.resume();
    response.setHeader('content-type', 'application/json').end(answer);
  }).listen(0, '127.0.0.1', () => parentPort.postMessage(server.address().port));
`;

export async function run(print: (line: string) => void): Promise<void> {
  const worker = new Worker(BACKEND, { eval: true });
  const port = await new Promise<number>((resolve) => worker.once('message', resolve));
  const url = `http://127.0.0.1:${port}`;
  const dataDir = await mkdtemp(join(tmpdir(), 'vramkeeper-bench-'));
  const store = createSqliteStore({
    dataDir,
    serverId: newId('srv', systemClock, systemRandom),
    clock: systemClock,
  });
  await store.start();
  const connection = new OllamaConnection({ url, clock: systemClock, deadlines: DEFAULT_DEADLINES });
  try {
    print(`${TEXTS} vectors of ${DIMENSIONS} numbers          took       longest hold of the event loop`);
    const text = await measured(print, 'plain: read the answer', () => plainRead(url));
    const stored = await measured(print, 'plain: write the result', async () => JSON.stringify(text));
    await measured(print, 'plain: answer all', async () => JSON.stringify({ data: JSON.parse(stored) }));
    const call = { endpoint: '/api/embed', body: { model: 'm', input: [] } } as const;
    const result = await measured(print, 'in pieces: read the answer', () =>
      runEmbed(connection, call, TEXTS, new AbortController().signal),
    );
    const { id, fence } = await claimed(store);
    await measured(print, 'in pieces: write the result', () =>
      store.finish({ id, fence, kind: 'complete', result, output: [] }),
    );
    await measured(print, `in pieces: answer all, ${PAGE} a page`, async () => {
      for (let from = 0; from < TEXTS; from += PAGE) {
        const page = await store.vectors(id, from, PAGE);
        await new Response(answerBody({ data: page.map((vector) => new RawJson(vector)) })).bytes();
      }
    });
    await measured(print, 'in pieces: tell number and size', () => store.endings([id]));
  } finally {
    await connection.close();
    await store.stop();
    await worker.terminate();
    await rm(dataDir, { recursive: true, force: true });
  }
}

async function plainRead(url: string): Promise<object> {
  const response = await fetch(`${url}/api/embed`, { method: 'POST', body: '{}' });
  const answer = JSON.parse(await response.text());
  return z.looseObject({ embeddings: z.array(z.array(z.number())) }).parse(answer);
}

async function claimed(store: ReturnType<typeof createSqliteStore>) {
  const job = { ...benchJob('bench'), kind: 'EMBED', request: { kind: 'EMBED', input: ['a'] } } as const;
  await store.submit({ jobs: [job], batch: null, blobs: new Map(), idempotency: null, queueLimit: 10 });
  const picks = [{ queue: QUEUE, priority: 'NORMAL', client: 'bench', count: 1 }] as const;
  const [first] = await store.claim({
    picks,
    as: 'RUNNING',
    backend: 'box',
    instanceId: 'ins_bench' as InstanceId,
  });
  if (!first) throw new Error('There was nothing to claim.');
  return first.job;
}
