/** What waits, as it is read a little at a time: it must equal a plain look at all jobs. */
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { bucketId } from '../../src/domain/backlog.ts';
import { JOB_PRIORITIES, type Job } from '../../src/domain/job.ts';
import { type JobFilter, matchesJob } from '../../src/domain/job-filter.ts';
import { type Store, urgencyOf } from '../../src/domain/store.ts';
import { MOST_WAITING_BUCKETS } from '../../src/domain/waiting.ts';
import type { CurrentStore } from './store-contract.ts';
import { accept, allJobs, claimOf, newJob, queueOf, submission } from './store-fixtures.ts';

const EVERYTHING: JobFilter = {};

async function fill(store: Store): Promise<readonly Job[]> {
  for (const client of ['alice', 'bob', 'eve']) {
    for (const [i, priority] of [...JOB_PRIORITIES, ...JOB_PRIORITIES].entries()) {
      const labels = i % 2 === 0 ? [{ key: 'run', value: String(i) }] : [];
      const modelName = i < 4 ? 'llama3' : 'Phi3';
      const kind = i % 3 === 0 ? ('EMBED' as const) : ('GENERATE' as const);
      const request = kind === 'EMBED' ? { kind, input: ['x'] } : { kind, prompt: 'x' };
      await accept(
        store,
        ...Array.from({ length: 4 }, () => ({ client, priority, labels, modelName, kind, request })),
      );
    }
  }
  const held = await store.claim(claimOf(3, { client: 'bob' }));
  const delays = held.map(({ job }, i) => ({
    ...job,
    attempt: null,
    counts: false,
    delayMs: 90_000 - 10_000 * i,
  }));
  await store.returnToQueue(delays);
  await store.claim(claimOf(2, { client: 'eve', priority: 'HIGH', as: 'QUEUED' }));
  await store.claim(claimOf(1, { client: 'eve', priority: 'LOW' }));
  return allJobs(store);
}

const isClaimable = (job: Job) => job.status === 'PENDING' && job.notBefore === null;

export function storeWaitingContract(current: CurrentStore): void {
  describe('waiting jobs', () => {
    it('are counted by bucket, whatever they have to meet', async () => {
      const { store } = current();
      const all = await fill(store);
      const filter: fc.Arbitrary<JobFilter> = fc.record(
        {
          clients: fc.array(fc.constantFrom('alice', 'bob', 'nobody'), { maxLength: 2 }),
          kinds: fc.constant(['EMBED'] as const),
          labels: fc.constant([{ key: 'run', value: '2' }]),
          matching: fc.constantFrom('phi', 'ev'),
          priorities: fc.subarray([...JOB_PRIORITIES]),
          // They wait, whatever statuses are asked for.
          statuses: fc.constant(['COMPLETE'] as const),
        },
        { requiredKeys: [] },
      );
      await fc.assert(
        fc.asyncProperty(filter, async ({ statuses, ...wanted }) => {
          const meant = all.filter((job) => isClaimable(job) && matchesJob(wanted, job));
          const { buckets, total } = await store.waiting.buckets({
            ...wanted,
            ...(statuses && { statuses }),
          });
          expect(total).toBe(meant.length);
          const expected = [...Map.groupBy(meant, bucketId).values()]
            .sort(([a], [b]) => urgencyOf(b?.priority ?? 'LOW') - urgencyOf(a?.priority ?? 'LOW'))
            .map((jobs) => [jobs[0] && bucketId(jobs[0]), jobs.length, jobs[0]?.createdAt]);
          expect(buckets.map((one) => [bucketId(one), one.count, one.oldestCreatedAt])).toEqual(expected);
        }),
        { numRuns: 60 },
      );
    });

    it('are told of the most urgent buckets where there are very many, and counted in all', async () => {
      const { store } = current();
      const many = Array.from({ length: MOST_WAITING_BUCKETS + 5 }, (_, i) =>
        newJob({ client: `c${i}`, priority: i < 5 ? 'LOW' : 'NORMAL' }),
      );
      await store.submit(submission(many));
      const { buckets, total } = await store.waiting.buckets(EVERYTHING);
      expect([buckets.length, total]).toEqual([MOST_WAITING_BUCKETS, many.length]);
      expect(new Set(buckets.map(({ priority }) => priority))).toEqual(new Set(['NORMAL']));
    });

    it('are read from the heads of buckets, with those that are claimed for a load and those that wait for a retry', async () => {
      const { store } = current();
      const all = await fill(store);
      const pick = (client: string, priority: Job['priority'], count: number, model = 'llama3') => ({
        ...{ queue: queueOf(model), client, priority, count },
      });
      const picks = [
        pick('bob', 'NORMAL', 2),
        pick('alice', 'HIGH', 3),
        pick('alice', 'LOW', 100, 'Phi3'),
        pick('nobody', 'LOW', 3),
      ];
      const found = await store.waiting.jobs({ picks, ofPicks: {}, others: {}, limit: 2 });
      const heads = picks.map((one) =>
        all.filter((job) => isClaimable(job) && bucketId(job) === bucketId(one)).slice(0, one.count),
      );
      expect(found.picked).toEqual(heads);
      expect(found.picked.map((jobs) => jobs.length)).toEqual([1, 3, 4, 0]);
      expect(found.queued).toEqual(all.filter(({ status }) => status === 'QUEUED'));
      expect(found.delayed.map(({ notBefore }) => notBefore)).toEqual(
        all
          .flatMap(({ notBefore }) => notBefore ?? [])
          .sort((a, b) => a - b)
          .slice(0, 2),
      );
      expect([found.queuedCount, found.delayedCount]).toEqual([2, 3]);

      const some = await store.waiting.jobs({
        picks: [pick('alice', 'NORMAL', 10)],
        ofPicks: { kinds: ['EMBED'] },
        others: { client: 'bob', statuses: ['PENDING'] },
        limit: 10,
      });
      expect(some.picked).toEqual([
        all.filter((job) => bucketId(job) === bucketId(pick('alice', 'NORMAL', 0)) && job.kind === 'EMBED'),
      ]);
      expect([some.queuedCount, some.delayedCount, some.queued]).toEqual([0, 3, []]);
    });

    it('are found in a bucket that was empty for a while', async () => {
      const { store } = current();
      const query = { picks: [claimOf(1).picks[0] as never], ofPicks: {}, others: {}, limit: 1 };
      for (let round = 0; round < 3; round += 1) {
        const [job] = await accept(store, {});
        expect((await store.waiting.jobs(query)).picked).toEqual([[job]]);
        await store.cancel(job?.id as Job['id'], null);
        await accept(store, { client: `other${round}` });
        await store.tend(0);
      }
    });
  });
}
