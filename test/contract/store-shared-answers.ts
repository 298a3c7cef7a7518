/** Jobs that ask the same, and have one answer. */
import { beforeEach, describe, expect, it } from 'vitest';
import type { VirtualClock } from '../../src/clock.ts';
import type { BatchId, JobId } from '../../src/domain/ids.ts';
import type { JobResult } from '../../src/domain/job.ts';
import type { JobChange, Store } from '../../src/domain/store.ts';
import { vectorsOf } from '../support/vectors.ts';
import type { CurrentStore } from './store-contract.ts';
import {
  accept,
  acceptOne,
  claimOf,
  claimOne,
  complete,
  HOUR_MS,
  newJob,
  queueOf,
  submission,
} from './store-fixtures.ts';

export function storeSharedAnswersContract(current: CurrentStore): void {
  let clock: VirtualClock;
  let store: Store;
  beforeEach(() => {
    ({ clock, store } = current());
  });
  const cache = { key: 'w.same', maxAgeMs: HOUR_MS };
  const failure = { code: 'BACKEND_ERROR', message: 'No.', retryable: true } as const;
  const answered = { status: 'COMPLETE', fence: 0, notBefore: null };

  describe('jobs that ask the same', () => {
    it('have the answer of one that is done, for as long as it is not too old', async () => {
      const first = await acceptOne(store, { cache });
      expect(first).toMatchObject({ cacheKey: 'w.same', status: 'PENDING' });
      expect(first.answeredBy).toBeUndefined();
      await complete(store, (await claimOne(store)).job, 'Once.');
      clock.advance(HOUR_MS - 1);
      const changes: JobChange[] = [];
      store.onCommit((more) => changes.push(...more));
      const [second, other, without] = await accept(
        store,
        { cache, client: 'bob' },
        { cache: { ...cache, key: 'w.other' } },
        {},
      );
      if (!second || !other || !without) throw new Error('Three were accepted.');
      expect(second).toMatchObject({ ...answered, answeredBy: first.id, finishedAt: clock.now() });
      expect([other.status, without.status]).toEqual(['PENDING', 'PENDING']);
      expect(changes[0]).toMatchObject({ previousStatus: null, job: { id: second.id, status: 'COMPLETE' } });
      expect(await store.output(second.id)).toEqual(await store.output(first.id));
      const [ending, own] = await store.endings([second.id, first.id]);
      expect(ending).toEqual(own);
      const [raw, ownRaw] = await store.raws([second.id, first.id]);
      expect(raw).toBe(ownRaw);
      expect(store.counts()).toMatchObject({ PENDING: 2, COMPLETE: 2 });
      clock.advance(2);
      expect(await acceptOne(store, { cache })).toMatchObject({ status: 'PENDING' });
    });

    it('have its vectors', async () => {
      const embed = { kind: 'EMBED', request: { kind: 'EMBED', input: ['a'] }, cache } as const;
      const { id } = await acceptOne(store, embed);
      const { job } = await claimOne(store);
      const usage = { promptTokens: 1, completionTokens: 0, evalDurationMs: 0, loadDurationMs: 0 };
      const vectors = vectorsOf([
        [1, 2, 3],
        [4, 5, 6],
      ]);
      const result: JobResult = { kind: 'embed', vectors, usage, raw: {} };
      await store.finish({ ...job, kind: 'complete', result, output: [] });
      const again = await acceptOne(store, embed);
      expect(again).toMatchObject({ answeredBy: id });
      expect(await store.vectors(again.id, 0, 2)).toEqual(await store.vectors(id, 0, 2));
      expect(await store.vectors(again.id, 1, 1)).toHaveLength(1);
    });

    it('that come together run once, and all end in the commit of the first', async () => {
      const [first, second, third] = await accept(store, { cache }, { cache }, { cache, client: 'bob' });
      expect([second?.answeredBy, third?.answeredBy]).toEqual([first?.id, first?.id]);
      expect(store.backlog.count).toBe(1);
      const claimed = await store.claim(claimOf(9));
      expect(claimed.map(({ job }) => job.id)).toEqual([first?.id]);
      const late = await acceptOne(store, { cache });
      expect(late.answeredBy).toBe(first?.id);
      const commits: (readonly JobChange[])[] = [];
      store.onCommit((changes) => commits.push(changes));
      const [one] = claimed;
      if (!one) throw new Error('One was claimed.');
      await complete(store, one.job, 'All of us.');
      expect(commits.map((changes) => changes.map(({ job }) => job.status))).toEqual([
        Array(4).fill('COMPLETE'),
      ]);
      for (const id of [second, third, late].map((job) => job?.id as JobId)) {
        expect(await store.job(id)).toMatchObject(answered);
        expect(await store.output(id)).toEqual(await store.output(one.job.id));
      }
      expect(store.counts()).toMatchObject({ COMPLETE: 4, PENDING: 0 });
    });

    it.each([
      'fails',
      'is cancelled',
      'is refused',
      'passes its deadline',
      'was done by other weights',
    ] as const)('run themselves, one of them, when the first %s', async (how) => {
      const deadline = how === 'passes its deadline' ? clock.now() + 1_000 : null;
      const [first, second, third] = await accept(store, { cache, deadline }, { cache }, { cache });
      if (!first || !second || !third) throw new Error('Three were accepted.');
      if (how === 'is refused') {
        await store.refuse(
          [{ queue: queueOf('llama3'), priority: 'NORMAL', client: 'alice', count: 1 }],
          failure,
        );
      } else if (how === 'passes its deadline') {
        clock.advance(2_000);
        await store.tend(HOUR_MS);
      } else if (how === 'is cancelled') {
        await store.cancel(first.id, null);
      } else {
        const { job } = await claimOne(store);
        const ended = { id: job.id, fence: job.fence, output: [] } as const;
        const result: JobResult = {
          kind: 'text',
          doneReason: 'STOP',
          toolCalls: null,
          usage: { promptTokens: 1, completionTokens: 1, evalDurationMs: 1, loadDurationMs: 0 },
          raw: {},
        };
        await store.finish(
          how === 'fails'
            ? { ...ended, kind: 'fail', failure, attempt: null }
            : { ...ended, kind: 'complete', result, isOther: true },
        );
      }
      expect(await store.job(second.id)).toMatchObject({ status: 'PENDING', notBefore: null });
      expect((await store.job(second.id))?.answeredBy).toBeUndefined();
      expect(await store.job(third.id)).toMatchObject({ status: 'PENDING', answeredBy: second.id });
      const { job } = await claimOne(store);
      expect(job.id).toBe(second.id);
      await complete(store, job);
      expect(await store.job(third.id)).toMatchObject({ ...answered, answeredBy: second.id });
    });

    it('make the first as urgent as the most urgent of them, and can be cancelled alone', async () => {
      const [first] = await accept(store, { cache, priority: 'LOW' });
      const urgent = await acceptOne(store, { cache, priority: 'HIGH' });
      expect(await store.job(first?.id as JobId)).toMatchObject({ priority: 'HIGH' });
      await store.cancel(urgent.id, null);
      expect(await store.job(first?.id as JobId)).toMatchObject({ status: 'PENDING' });
      await store.retry(urgent.id, 10);
      expect(await store.job(urgent.id)).toMatchObject({ status: 'PENDING', notBefore: null });
    });

    it('are a batch that has ended when it comes', async () => {
      await acceptOne(store, { cache });
      await complete(store, (await claimOne(store)).job);
      const batch = { id: 'bat_1' as BatchId, name: null, client: 'alice' };
      const outcome = await store.submit(submission([newJob({ cache }), newJob({ cache })], { batch }));
      expect(outcome).toMatchObject({ kind: 'accepted', batchId: 'bat_1' });
      expect(await store.batch(batch.id)).toMatchObject({
        counts: { COMPLETE: 2, PENDING: 0 },
        finishedAt: clock.now(),
      });
    });
  });
}
