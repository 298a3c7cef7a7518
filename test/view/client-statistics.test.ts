/** Who uses the slots and how fast models are, over the real store in memory. */
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { seededRandom, VirtualClock } from '../../src/clock.ts';
import type { ClientTable } from '../../src/domain/client-limits.ts';
import { newId, type ServerId } from '../../src/domain/ids.ts';
import type { JobResult, TokenUsage } from '../../src/domain/job.ts';
import type { NewJob } from '../../src/domain/new-job.ts';
import type { Store } from '../../src/domain/store.ts';
import { createMemoryStore } from '../../src/store/memory/memory-store.ts';
import { clientStatistics, MOST_CLIENTS } from '../../src/view/client-statistics.ts';
import { EndedJobs } from '../../src/view/ended-jobs.ts';
import { modelSpeed } from '../../src/view/model-speed.ts';
import { accept, claimOf, newJob, submission } from '../contract/store-fixtures.ts';

const HOUR_MS = 3_600_000;
const USAGE: TokenUsage = {
  promptTokens: 100,
  promptDurationMs: 50,
  completionTokens: 20,
  evalDurationMs: 400,
  loadDurationMs: 0,
};

const USUAL = { weight: 1, maxRunning: null, maxQueued: null };
let limits: ClientTable;
let clock: VirtualClock;
let store: Store;
let jobs: EndedJobs;

beforeEach(async () => {
  limits = { others: USUAL, named: new Map() };
  clock = new VirtualClock(10 * HOUR_MS);
  store = createMemoryStore({ clock, serverId: newId('srv', clock, seededRandom(1)) as ServerId });
  jobs = new EndedJobs();
  store.onCommit((changes) => jobs.record(changes));
  await store.start();
});
afterEach(() => store.stop());

const stats = (windowMs = HOUR_MS, only: string | null = null) =>
  clientStatistics({ jobs, backlog: store.backlog, limits, windowMs, only, now: clock.now() });

/** Submits a job of the client and starts it. */
async function started(client: string, more: Partial<NewJob> = {}) {
  await accept(store, { client, ...more });
  const [claimed] = await store.claim(claimOf(1, { client, model: more.modelName ?? 'llama3' }));
  if (!claimed) throw new Error('There is a job to claim.');
  return claimed.job;
}

async function run(client: string, runMs: number, more: Partial<NewJob> = {}, usage = USAGE): Promise<void> {
  const { id, fence } = await started(client, more);
  clock.advance(runMs);
  const result: JobResult = { kind: 'text', doneReason: 'STOP', toolCalls: [], usage, raw: {} };
  const finish = { kind: 'complete', id, fence, result, output: [] } as const;
  await store.finish(finish);
  jobs.used(id, usage);
}

describe('figures of clients', () => {
  test('tell what a client may take, and what its weight makes its share', async () => {
    const heavy = { weight: 3, maxRunning: 2, maxQueued: 10 };
    limits = { others: USUAL, named: new Map([['bob', heavy]]) };
    await run('ann', 3_000);
    await run('bob', 3_000);
    expect(stats()).toMatchObject([
      { client: 'ann', share: 0.5, fairShare: 0.25, limits: USUAL },
      { client: 'bob', share: 0.5, fairShare: 0.75, limits: heavy },
    ]);
    expect(stats(HOUR_MS, 'bob')).toMatchObject([{ fairShare: 0.75 }]);
  });

  test('share the slot time of the window out among them, the busiest first, what runs included', async () => {
    await run('ann', 3_000);
    await run('bob', 6_000);
    await started('eve');
    clock.advance(3_000);
    const all = stats();
    expect(all.map(({ client, slotTimeMs, share }) => [client, slotTimeMs, share])).toEqual([
      ['bob', 6_000, 0.5],
      ['ann', 3_000, 0.25],
      ['eve', 3_000, 0.25],
    ]);
    expect(all.map(({ fairShare }) => fairShare)).toEqual([1 / 3, 1 / 3, 1 / 3]);
    expect(all[0]).toMatchObject({
      promptTokens: 100,
      completionTokens: 20,
      lastSeenAt: clock.now() - 3_000,
    });
    expect(all[0]?.latency).toMatchObject({ sampleCount: 1, runP50Ms: 6_000, queueP50Ms: 0 });
    expect(all[2]?.counts).toMatchObject({ RUNNING: 1, COMPLETE: 0 });
  });

  test('count of a run what lies within the window, and forget who was not seen in it', async () => {
    await run('old', 1_000);
    clock.advance(HOUR_MS);
    await run('long', 20_000);
    clock.advance(5_000);
    expect(stats(10_000).map(({ client, slotTimeMs }) => [client, slotTimeMs])).toEqual([['long', 5_000]]);
    expect(stats(2 * HOUR_MS).map(({ client }) => client)).toEqual(['long', 'old']);
  });

  test('tell how much of a client waits and for how long, and how its jobs ended', async () => {
    await accept(store, { client: 'ann' });
    clock.advance(1_000);
    await accept(store, { client: 'ann', priority: 'LOW', modelName: 'phi3' });
    const [cancelled] = await accept(store, { client: 'ann' });
    if (cancelled) await store.cancel(cancelled.id, null);
    const [ann] = stats();
    expect(ann).toMatchObject({ client: 'ann', oldestWaitMs: 1_000, slotTimeMs: 0, share: 0 });
    expect(ann?.counts).toMatchObject({ PENDING: 2, CANCELLED: 1 });
    expect(ann?.latency.sampleCount).toBe(0);
  });

  test('are told of one client alone with its share of all', async () => {
    await run('ann', 1_000);
    await run('bob', 3_000);
    expect(stats(HOUR_MS, 'ann')).toMatchObject([{ client: 'ann', share: 0.25, fairShare: 0.5 }]);
    expect(stats(HOUR_MS, 'nobody')).toEqual([]);
  });

  test('are at most a hundred, also where very many wait', async () => {
    const many = Array.from({ length: 6_000 }, (_, i) => newJob({ client: `c${i}` }));
    for (let i = 0; i < many.length; i += 1_000) await store.submit(submission(many.slice(i, i + 1_000)));
    await run('busy', 1_000, { modelName: 'phi3' });
    const all = stats();
    expect([all.length, all[0]?.client]).toEqual([MOST_CLIENTS, 'busy']);
  });
});

describe('the speed of a model', () => {
  const speed = (model: string, windowMs = HOUR_MS) => modelSpeed(jobs.within(windowMs, clock.now()), model);

  test('is the median over its completed jobs, while reading and while writing', async () => {
    for (const evalDurationMs of [200, 400, 1_000]) await run('ann', 500, {}, { ...USAGE, evalDurationMs });
    expect(speed('llama3:latest')).toEqual({ jobs: 3, tokensPerSecond: 50, promptTokensPerSecond: 2_000 });
    expect(speed('phi3:latest')).toBeNull();
    clock.advance(2 * HOUR_MS);
    expect(speed('llama3:latest')).toBeNull();
    expect(jobs.usedAt('llama3:latest')).toBe(clock.now() - 2 * HOUR_MS);
    expect(jobs.usedAt('phi3:latest')).toBeNull();
  });

  test('is null where the backend did not say, and where nothing was produced', async () => {
    const { promptDurationMs: _, ...silent } = USAGE;
    await run('ann', 500, {}, { ...silent, completionTokens: 0, evalDurationMs: 0 });
    expect(speed('llama3:latest')).toEqual({ jobs: 1, tokensPerSecond: null, promptTokensPerSecond: null });
  });
});
