/** The head of what waits, over the real store in memory. */
import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { seededRandom, VirtualClock } from '../../src/clock.ts';
import type { ClientTable } from '../../src/domain/client-limits.ts';
import { newId, type ServerId } from '../../src/domain/ids.ts';
import { JOB_PRIORITIES, type Job } from '../../src/domain/job.ts';
import { type JobFilter, matchesJob } from '../../src/domain/job-filter.ts';
import type { NewJob } from '../../src/domain/new-job.ts';
import { parseQueueKey } from '../../src/domain/queue-key.ts';
import type { WaitingReads } from '../../src/domain/waiting.ts';
import { createMemoryStore } from '../../src/store/memory/memory-store.ts';
import { QueueLine, type QueueOutlook } from '../../src/view/queue-line.ts';
import { accept, allJobs, claimOf, newJob, queueOf, submission } from '../contract/store-fixtures.ts';

const UNKNOWN: QueueOutlook = { startAt: null, gapMs: 1_000, rank: 0 };
const SCOPE = { caller: 'tester' };

async function world(outlooks: Readonly<Record<string, QueueOutlook>> = {}, clients?: ClientTable) {
  const clock = new VirtualClock(1_000_000);
  const serverId = newId('srv', clock, seededRandom(1)) as ServerId;
  const store = createMemoryStore({ clock, serverId, clients });
  await store.start();
  const service = new Map<string, number>();
  const asked: string[] = [];
  const line = new QueueLine({
    backlog: store.backlog,
    clock,
    service: () => service,
    outlook: (queue) => {
      asked.push(queue);
      return outlooks[queue] ?? UNKNOWN;
    },
  });
  const head = (filter: JobFilter = {}, first = 50, reads: WaitingReads = store.waiting) =>
    line.head({ filter, first }, reads, SCOPE);
  return { clock, store, service, asked, head };
}

const names = (jobs: readonly Job[]) => jobs.map(({ metadata }) => metadata?.name);
const named = (name: string, more: Partial<NewJob> = {}) => ({ metadata: { name }, ...more });
const isWaiting = ({ status }: Job) => status === 'PENDING' || status === 'QUEUED';

describe('the head of the queue', () => {
  test('goes by priority, then by the client that was served least, then by age', async () => {
    const { head, service, store } = await world();
    for (const client of ['ann', 'bob'])
      for (const i of [1, 2])
        for (const priority of ['LOW', 'HIGH'] as const)
          await accept(store, named(`${client} ${priority} ${i}`, { client, priority }));
    service.set('ann', 100);
    const { jobs, totalCount } = await head();
    expect(names(jobs)).toEqual([
      ...['bob HIGH 1', 'bob HIGH 2', 'ann HIGH 1', 'ann HIGH 2'],
      ...['bob LOW 1', 'bob LOW 2', 'ann LOW 1', 'ann LOW 2'],
    ]);
    expect(totalCount).toBe(8);
    expect(names((await head({}, 3)).jobs)).toEqual(['bob HIGH 1', 'bob HIGH 2', 'ann HIGH 1']);
    await store.stop();
  });

  test.each<JobFilter>([
    {},
    { clients: ['ann', 'bob'] },
    { kinds: ['GENERATE'] },
    { models: [parseQueueKey(queueOf('llama3')).model] },
  ])('has the jobs of clients that run as many as they may at its end: %o', async (filter) => {
    const free = { weight: 1, maxRunning: null, maxQueued: null };
    const { head, store } = await world(
      {},
      { others: free, named: new Map([['ann', { ...free, maxRunning: 1 }]]) },
    );
    for (const i of [1, 2, 3]) await accept(store, named(`ann ${i}`, { client: 'ann', priority: 'HIGH' }));
    await store.claim(claimOf(1, { client: 'ann', priority: 'HIGH' }));
    for (const i of [1, 2]) await accept(store, named(`bob ${i}`, { client: 'bob', priority: 'LOW' }));
    const { jobs, queues, totalCount } = await head(filter);
    expect(names(jobs)).toEqual(['bob 1', 'bob 2', 'ann 2', 'ann 3']);
    expect(queues).toEqual([queueOf('llama3')]);
    expect(totalCount).toBe(4);
    expect(names((await head({ ...filter, priorities: ['HIGH'] })).jobs)).toEqual(['ann 2', 'ann 3']);
    await store.stop();
  });

  test('merges queues by when they should start their next job; those of which nobody knows come last, by how far off they are', async () => {
    const { clock } = await world();
    const now = clock.now();
    const { head, store } = await world({
      [queueOf('soon')]: { startAt: now, gapMs: 4_000, rank: 0 },
      [queueOf('later')]: { startAt: now + 5_000, gapMs: 1_000, rank: 0 },
      [queueOf('near')]: { startAt: null, gapMs: 1, rank: 1 },
      [queueOf('far')]: { startAt: null, gapMs: 1, rank: 7 },
    });
    for (const modelName of ['far', 'near', 'later', 'soon'])
      for (const i of [1, 2, 3]) await accept(store, named(`${modelName} ${i}`, { modelName }));
    const { jobs, queues } = await head();
    expect(names(jobs)).toEqual([
      ...['soon 1', 'soon 2', 'later 1', 'later 2', 'later 3', 'soon 3'],
      ...['near 1', 'near 2', 'near 3', 'far 1', 'far 2', 'far 3'],
    ]);
    expect(queues).toEqual(['soon', 'later', 'near', 'far'].map(queueOf));
    await store.stop();
  });

  test('begins with what is claimed for a load, and ends with what waits for another try', async () => {
    const { head, store } = await world();
    await accept(store, named('claimed'), named('retried'), named('next'));
    await store.claim(claimOf(1, { as: 'QUEUED' }));
    const [held] = await store.claim(claimOf(1));
    if (!held) throw new Error('There is a job.');
    await store.returnToQueue([{ ...held.job, attempt: null, counts: false, delayMs: 60_000 }]);
    const { jobs, totalCount } = await head();
    expect([names(jobs), totalCount]).toEqual([['claimed', 'next', 'retried'], 3]);
    const only = async (statuses: JobFilter['statuses']) => names((await head({ statuses })).jobs);
    expect(await only(['QUEUED'])).toEqual(['claimed']);
    expect(await only(['PENDING'])).toEqual(['next', 'retried']);
    expect(await head({ statuses: ['COMPLETE'] })).toMatchObject({ jobs: [], queues: [], totalCount: 0 });
    await store.stop();
  });

  test('lets overdue jobs have their share of the slots before their turn', async () => {
    const { clock, head, store } = await world();
    for (let i = 0; i < 3; i += 1)
      await accept(store, named(`old ${i}`, { priority: 'LOW', client: `c${i}` }));
    clock.advance(86_400_000);
    for (let i = 0; i < 12; i += 1) await accept(store, named('new', { priority: 'HIGH' }));
    const { jobs } = await head({}, 10);
    const places = names(jobs).flatMap((name, place) => (name === 'new' ? [] : [place]));
    expect(places).toHaveLength(2);
    expect(places[0]).toBe(0);
    await store.stop();
  });

  test('is what waits and meets the filter, each job once, and the same for every length', async () => {
    const job = fc.record({
      client: fc.constantFrom('ann', 'bob'),
      priority: fc.constantFrom(...JOB_PRIORITIES),
      modelName: fc.constantFrom('llama3', 'phi3', 'qwen'),
      labels: fc.constantFrom([], [{ key: 'run', value: '1' }]),
    });
    const filter: fc.Arbitrary<JobFilter> = fc.record(
      {
        clients: fc.constantFrom(['ann'], ['bob', 'ann', 'bob'], []),
        client: fc.constantFrom('ann', 'eve'),
        priorities: fc.subarray([...JOB_PRIORITIES]),
        models: fc.constantFrom(['phi3:latest'], ['llama3:latest', 'qwen:latest']),
        labels: fc.constant([{ key: 'run', value: '1' }]),
        matching: fc.constantFrom('an', 'PHI'),
        statuses: fc.constantFrom(['PENDING'] as const, ['QUEUED', 'COMPLETE'] as const),
      },
      { requiredKeys: [] },
    );
    await fc.assert(
      fc.asyncProperty(
        fc.array(job, { maxLength: 40 }),
        filter,
        fc.integer({ min: 1, max: 30 }),
        async (jobs, wanted, first) => {
          const { head, store } = await world();
          if (jobs.length > 0) await store.submit(submission(jobs.map((one) => newJob(one))));
          await store.claim(claimOf(2, { client: 'ann', as: 'QUEUED' }));
          await store.claim(claimOf(2, { client: 'bob', model: 'phi3' }));
          const all = (await allJobs(store)).filter((one) => isWaiting(one) && matchesJob(wanted, one));
          const found = await head(wanted, first);
          expect(found.totalCount).toBe(all.length);
          expect(found.jobs).toHaveLength(Math.min(first, all.length));
          expect(new Set(found.jobs.map(({ id }) => id)).size).toBe(found.jobs.length);
          for (const one of found.jobs) expect(all.map(({ id }) => id)).toContain(one.id);
          const longer = await head(wanted, first + 5);
          expect(longer.jobs.slice(0, first)).toEqual(found.jobs);
          await store.stop();
        },
      ),
      { numRuns: 150 },
    );
  });

  test('asks the store for as many jobs as it tells, however many wait, and for nothing else where buckets know all conditions', async () => {
    const { asked, head, store } = await world();
    for (let i = 0; i < 20; i += 1) {
      const jobs = Array.from({ length: 1_000 }, (_, n) =>
        newJob({ client: `c${n % 50}`, modelName: `m${i % 4}` }),
      );
      await store.submit(submission(jobs));
    }
    const picked: number[] = [];
    const reads: WaitingReads = {
      buckets: () => Promise.reject(new Error('All buckets are at hand.')),
      jobs: (query, scope) => {
        picked.push(query.picks.reduce((sum, { count }) => sum + count, 0));
        return store.waiting.jobs(query, scope);
      },
    };
    for (const filter of [
      {},
      { clients: ['c1', 'c2'] },
      { priorities: ['NORMAL'], models: ['m1:latest'] },
    ] as const) {
      const { jobs } = await head(filter, 20, reads);
      expect(jobs).toHaveLength(20);
    }
    expect(picked).toEqual([20, 20, 20]);
    expect(asked.length).toBeLessThanOrEqual(4 * 3);
    await expect(head({ matching: 'c' }, 20, reads)).rejects.toThrow('at hand');
    await store.stop();
  });

  test('looks at the largest of very many queues', async () => {
    const { asked, head, store } = await world();
    const many = Array.from({ length: 1_100 }, (_, i) => newJob({ modelName: `m${i}`, priority: 'LOW' }));
    await store.submit(submission(many));
    await accept(store, named('urgent', { priority: 'HIGH', modelName: 'other' }));
    const { jobs, queues, totalCount } = await head({}, 5);
    expect(names(jobs)[0]).toBe('urgent');
    expect([asked.length, queues.length, totalCount]).toEqual([1_000, 100, 1_101]);
    await store.stop();
  });
});
