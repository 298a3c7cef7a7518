/** States that are followed as a whole: figures, and the head of the queue. */

import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { MEMBER } from '../../src/domain/scopes.ts';
import { newJob, submission } from '../contract/store-fixtures.ts';
import { GraphQLApi } from '../support/graphql-api.ts';

let api: GraphQLApi;

beforeEach(async () => {
  api = await GraphQLApi.open();
});
afterEach(() => api.stop());

describe('statsChanged', () => {
  const STATS = `subscription ($minInterval: Milliseconds) {
    statsChanged(minInterval: $minInterval) {
      at health { status problems { code } }
      stats { counts { pending } paused queues { modelName oldestAge } latency { sampleCount } }
    }
  }`;

  test('tells figures and health as they are, then the newest after the interval', async () => {
    await api.submit();
    const events = await api.subscribe(STATS, { minInterval: 500 });
    expect((await events.next()).statsChanged).toMatchObject({
      at: '2026-11-20T21:40:03.120Z',
      health: { status: 'HEALTHY', problems: [] },
      stats: { counts: { pending: 1 }, paused: false, queues: [{ modelName: 'qwen3:8b' }] },
    });
    await api.submit();
    await api.submit();
    api.system.paused = true;
    const next = events.next();
    api.clock.advance(500);
    expect((await next).statsChanged).toMatchObject({
      at: '2026-11-20T21:40:03.620Z',
      health: { status: 'STALLED', problems: [{ code: 'SCHEDULER_PAUSED' }] },
      stats: { counts: { pending: 3 }, paused: true },
    });
    await events.stop();
  });

  test.each([0, 1, 99])(
    'is told no more often than ten times a second, also for an interval of %d ms',
    async (minInterval) => {
      const events = await api.subscribe(STATS, { minInterval });
      await events.next();
      await api.submit();
      const next = events.next();
      api.clock.advance(99);
      await api.submit();
      api.clock.advance(1);
      expect((await next).statsChanged.stats.counts.pending).toBe(2);
      await events.stop();
      expect([api.log.waiting, api.live.stats.size]).toEqual([0, 0]);
    },
  );
});

describe('queueChanged', () => {
  const QUEUE = `subscription ($filter: JobFilter, $first: Int, $minInterval: Milliseconds) {
    queueChanged(filter: $filter, first: $first, minInterval: $minInterval) {
      at totalCount
      jobs { id status waiting { reason explanation expectedStart } }
      queues { modelName pendingNormal expectedClear }
    }
  }`;
  const idsOf = (event: { jobs: readonly { id: string }[] }) => event.jobs.map(({ id }) => id);

  test('tells the head in order, with reasons, then the newest one, and never those between', async () => {
    const low = await api.submit({ priority: 'LOW' });
    const normal = await api.submit();
    const events = await api.subscribe(QUEUE, { first: 2, minInterval: 200 });
    const { queueChanged: first } = await events.next();
    expect(idsOf(first)).toEqual([normal, low]);
    expect(first).toMatchObject({ totalCount: 2, queues: [{ modelName: 'qwen3:8b', pendingNormal: 1 }] });
    expect(first.jobs[0]).toMatchObject({ status: 'PENDING', waiting: { reason: 'VRAM' } });
    const urgent: string[] = [];
    for (let i = 0; i < 5; i += 1) urgent.push(await api.submit({ priority: 'HIGH' }));
    const next = events.next();
    api.clock.advance(200);
    const { queueChanged: second } = await next;
    expect(idsOf(second)).toEqual(urgent.slice(0, 2));
    expect(second.totalCount).toBe(7);
    await events.stop();
    expect([api.log.waiting, api.live.queue.size]).toEqual([0, 0]);
  });

  test('tells of what meets the filter alone', async () => {
    await api.submit();
    const labelled = await api.submit({ labels: [{ key: 'a', value: 'b' }] });
    for (const filter of [{ matching: labelled }, { labels: [{ key: 'a', value: 'b' }] }]) {
      const events = await api.subscribe(QUEUE, { filter });
      const { queueChanged: event } = await events.next();
      expect([idsOf(event), event.totalCount]).toEqual([[labelled], 1]);
      await events.stop();
    }
  });

  test('is worked out once for all who ask the same, however they write it', async () => {
    await api.submit();
    const same = [
      {},
      { filter: null },
      { filter: {} },
      { first: 50 },
      { minInterval: 1_000, filter: { matching: '' } },
    ];
    const all = await Promise.all(same.map((variables) => api.subscribe(QUEUE, variables)));
    const told = await Promise.all(all.map((events) => events.next()));
    expect(api.live.queue.size).toBe(1);
    for (const event of told) expect(event).toEqual(told[0]);
    const other = await api.subscribe(QUEUE, { first: 49 });
    await other.next();
    expect(api.live.queue.size).toBe(2);
    for (const events of [...all, other]) await events.stop();
    expect(api.live.queue.size).toBe(0);
  });

  test('tells a client that is no administrator of its own jobs alone', async () => {
    await using own = await GraphQLApi.open({
      principal: { client: 'ann', scopes: MEMBER, maxPriority: 'HIGH' },
    });
    const mine = await own.submit();
    const [job] = (await own.store.jobs([mine])) as [NonNullable<Awaited<ReturnType<typeof own.job>>>];
    await own.store.submit(submission([newJob({ client: 'bob', queue: job.queue, priority: 'HIGH' })]));
    for (const filter of [{}, { clients: ['bob', 'ann'] }, { matching: 'job_' }, { kinds: ['GENERATE'] }]) {
      const events = await own.subscribe(QUEUE, { filter });
      const { queueChanged: event } = await events.next();
      expect([idsOf(event), event.totalCount], JSON.stringify(filter)).toEqual([[mine], 1]);
      await events.stop();
    }
    const theirs = await own.subscribe(QUEUE, { filter: { clients: ['bob'] } });
    expect((await theirs.next()).queueChanged).toMatchObject({ jobs: [], totalCount: 0 });
    await theirs.stop();
  });

  test.each([0, 101, -1])('refuses a head of %d jobs', async (first) => {
    await expect(api.subscribe(QUEUE, { first })).rejects.toMatchObject({
      errors: [{ extensions: { code: 'BAD_USER_INPUT' } }],
    });
  });
});
