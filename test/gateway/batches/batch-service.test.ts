/** The life of batches over a store in memory and a clock of the test's own: room in the queue, expiry, cancelling, servers that follow each other. */

import { beforeEach, expect, it } from 'vitest';
import { createAcceptService } from '../../../src/accept/accept.ts';
import { systemRandom, VirtualClock } from '../../../src/clock.ts';
import type { ClientTable } from '../../../src/domain/client-limits.ts';
import { newId } from '../../../src/domain/ids.ts';
import type { Principal } from '../../../src/domain/principal.ts';
import { MEMBER } from '../../../src/domain/scopes.ts';
import type { ClaimedJob, Store } from '../../../src/domain/store.ts';
import { BatchService } from '../../../src/gateway/batches/batch-service.ts';
import type { BatchEndpoints } from '../../../src/gateway/batches/endpoints.ts';
import { createMemoryStore } from '../../../src/store/memory/memory-store.ts';
import { HOUR_MS, newJob, queueOf, RESULT, submission, WEEK_MS } from '../../contract/store-fixtures.ts';
import { eventually } from '../../support/eventually.ts';
import { namesOfOllama } from '../../support/model-names.ts';

const ALICE = { client: 'alice', scopes: MEMBER, maxPriority: 'NORMAL' } as const;
const SMALL = { ...ALICE, client: 'small' } as const;
const NO_LIMITS = { weight: 1, maxRunning: null, maxQueued: null };
const CLIENTS: ClientTable = {
  others: NO_LIMITS,
  named: new Map([[SMALL.client, { ...NO_LIMITS, maxQueued: 4 }]]),
};
const ENDPOINT = '/v1/echo';
/** Nobody has ever told any. */
const NO_MODELS = { known: false, find: () => null, names: namesOfOllama(), unheard: () => [] };
/** Answers with what was asked. */
const ENDPOINTS: BatchEndpoints = {
  [ENDPOINT]: {
    toJob: (_, body) => ({
      job: { model: 'llama3', request: { kind: 'GENERATE', prompt: body } },
      note: { body },
    }),
    toBody({ note }) {
      if (String(note.body).includes('unwritable')) throw new Error('It cannot be written.');
      return String(note.body);
    },
  },
};
/** Of which batches may take half. */
const QUEUE_LIMIT = 20;

let clock: VirtualClock;
let store: Store;
let service: BatchService;

beforeEach(async () => {
  clock = new VirtualClock(1_000_000);
  store = createMemoryStore({ clock, serverId: newId('srv', clock, systemRandom), clients: CLIENTS });
  await store.start();
  service = serve();
  return async () => {
    await service.stop();
    await store.stop();
  };
});

/** Another server over the same store. */
function serve(): BatchService {
  const accept = createAcceptService({
    bytesOfRequest: 20 * 1024 ** 2,
    log: () => {},
    store,
    clients: CLIENTS,
    models: NO_MODELS,
    queueFor: (asked) => asked,
    tooLarge: () => null,
    queueLimit: QUEUE_LIMIT,
    retryAfterMs: () => 1_000,
    clock,
    random: systemRandom,
  });
  const made = new BatchService({
    store,
    accept,
    models: NO_MODELS,
    endpoints: ENDPOINTS,
    quota: { ofClient: 1e6, ofAll: 1e6 },
    retentionMs: WEEK_MS,
    clock,
    random: systemRandom,
    log: () => {},
  });
  store.onCommit((changes) => made.jobsChanged(changes));
  return made;
}

function linesOf(count: number, word = 'r'): string[] {
  return Array.from(
    { length: count },
    (_, i) =>
      `${JSON.stringify({ custom_id: `${word}${i}`, method: 'POST', url: ENDPOINT, body: { n: `${word}${i}` } })}\n`,
  );
}

async function create(lines: readonly string[], windowMs = 24 * HOUR_MS, who: Principal = ALICE) {
  const batch = await service.createWith(who, lines, lines.length, {
    api: 'OPENAI',
    endpoint: ENDPOINT,
    priority: 'LOW',
    metadata: null,
    idempotencyKey: null,
    window: '24h',
    windowMs,
  });
  return batch.id;
}

async function batchOf(id: Awaited<ReturnType<typeof create>>) {
  const counted = await service.batch(ALICE, 'OPENAI', id);
  if (!counted) throw new Error('The batch is gone.');
  return counted;
}

/** Runs up to `count` jobs to their end; answers how many there were. */
async function work(count: number): Promise<number> {
  const claimed: readonly ClaimedJob[] = await store.claim({
    picks: [{ queue: queueOf('llama3'), priority: 'LOW', client: 'alice', count }],
    as: 'RUNNING',
    backend: 'box',
    instanceId: 'ins_one' as never,
  });
  for (const { job } of claimed)
    await store.finish({ id: job.id, fence: job.fence, kind: 'complete', result: RESULT, output: [] });
  return claimed.length;
}

const waiting = () => store.counts().PENDING;

async function contentOf(id: Parameters<BatchService['file']>[1]) {
  const file = await service.file(ALICE, id);
  if (!file) return [];
  let text = '';
  for await (const piece of service.content(file)) text += Buffer.from(piece).toString();
  expect(Buffer.byteLength(text)).toBe(file.bytes);
  return text
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line));
}

/** Time goes on, and the store is tended as a server tends it. */
const second = {
  async step() {
    clock.advance(1_000);
    await store.tend(WEEK_MS);
  },
};

it('A batch takes its share of the queue, and more as there is room', async () => {
  const id = await create(linesOf(35));
  await eventually(waiting, (count) => count === 10);
  // Somebody else still finds room.
  expect((await batchOf(id)).batch.taken.lines).toBe(10);
  for (let done = 0; done < 35; )
    done += await eventually(
      () => work(7),
      (count) => count > 0,
      second,
    );
  const { batch, jobs } = await eventually(
    () => batchOf(id),
    (counted) => counted.batch.status === 'COMPLETED',
    second,
  );
  expect(jobs.COMPLETE).toBe(35);
  const answers = await contentOf(batch.answersFile);
  expect(answers.map((line) => [line.custom_id, line.response.body.n])).toEqual(
    Array.from({ length: 35 }, (_, i) => [`r${i}`, `r${i}`]),
  );
  expect(batch.errorsFile).toBeNull();
});

it.each([
  { who: ALICE, limit: QUEUE_LIMIT / 2 },
  { who: SMALL, limit: 4 },
])('A batch of $who.client goes on in the room that other jobs leave it', async ({ who, limit }) => {
  const others = [newJob({ client: who.client }), newJob({ client: who.client })];
  await store.submit(submission(others.slice(0, 1)));
  await store.submit(submission(others.slice(1)));
  const id = await create(linesOf(limit + 5), 24 * HOUR_MS, who);
  await eventually(waiting, (count) => count === limit);
  expect((await service.batch(who, 'OPENAI', id))?.batch.taken.lines).toBe(limit - 2);
  await store.cancel(others[0]?.id as never, null);
  await eventually(waiting, (count) => count === limit, second);
  expect((await service.batch(who, 'OPENAI', id))?.batch.taken.lines).toBe(limit - 1);
});

it('What is not done when the time is over is told as expired, also lines that no job was made of', async () => {
  const id = await create(linesOf(25), HOUR_MS);
  await eventually(waiting, (count) => count === 10);
  await work(3);
  clock.advance(2 * HOUR_MS);
  const { batch, jobs, overdue } = await eventually(
    () => batchOf(id),
    (counted) => counted.batch.status === 'EXPIRED',
    second,
  );
  expect([jobs.COMPLETE, overdue + batch.refused.EXPIRED]).toEqual([3, 22]);
  expect(await contentOf(batch.answersFile)).toHaveLength(3);
  const errors = await contentOf(batch.errorsFile);
  expect(errors).toHaveLength(22);
  expect(errors.every((line) => line.response === null && line.error.code === 'batch_expired')).toBe(true);
});

it('A batch that is cancelled while most of it waits for room tells every line', async () => {
  const id = await create(linesOf(25));
  await eventually(waiting, (count) => count === 10);
  await work(2);
  const cancelling = await service.cancel(await batchOf(id));
  expect(['CANCELLING', 'CANCELLED']).toContain(cancelling?.batch.status);
  const { batch } = await eventually(
    () => batchOf(id),
    (counted) => counted.batch.status === 'CANCELLED',
    second,
  );
  const answers = await contentOf(batch.answersFile);
  const errors = await contentOf(batch.errorsFile);
  expect(answers).toHaveLength(2);
  expect(new Set([...answers, ...errors].map((line) => line.custom_id)).size).toBe(25);
  expect(waiting()).toBe(0);
});

it('A server goes on with the batches that the one before it left', async () => {
  const id = await create(linesOf(25));
  await eventually(waiting, (count) => count === 10);
  await service.stop();
  await work(10);
  service = serve();
  await service.start();
  for (let done = 10; done < 25; )
    done += await eventually(
      () => work(7),
      (count) => count > 0,
      second,
    );
  const { batch } = await eventually(
    () => batchOf(id),
    (counted) => counted.batch.status === 'COMPLETED',
    second,
  );
  expect((await contentOf(batch.answersFile)).map((line) => line.custom_id)).toEqual(
    Array.from({ length: 25 }, (_, i) => `r${i}`),
  );
});

it('An answer that cannot be written is an error, and the batch ends', async () => {
  const id = await create([...linesOf(1), ...linesOf(1, 'unwritable')]);
  await eventually(
    () => work(2),
    (count) => count === 2,
  );
  const { batch } = await eventually(
    () => batchOf(id),
    (counted) => counted.batch.status === 'COMPLETED',
    second,
  );
  expect(await contentOf(batch.answersFile)).toHaveLength(1);
  expect(await contentOf(batch.errorsFile)).toMatchObject([
    { custom_id: 'unwritable0', response: { status_code: 500 } },
  ]);
});
