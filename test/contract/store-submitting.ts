/** What a submission does and what it never does in part. */
import { beforeEach, describe, expect, it } from 'vitest';
import type { VirtualClock } from '../../src/clock.ts';
import { StoreFailedError } from '../../src/domain/errors.ts';
import type { BatchId } from '../../src/domain/ids.ts';
import type { Store } from '../../src/domain/store.ts';
import type { CurrentStore } from './store-contract.ts';
import {
  accept,
  acceptOne,
  allJobs,
  blobOf,
  claimOne,
  complete,
  HOUR_MS,
  jobId,
  newJob,
  queueOf,
  submission,
  WEEK_MS,
} from './store-fixtures.ts';

export function storeSubmittingContract(current: CurrentStore): void {
  let clock: VirtualClock;
  let store: Store;
  beforeEach(() => {
    ({ clock, store } = current());
  });

  describe('submitting', () => {
    it('accepts jobs with sequences in order and reads them back as answered', async () => {
      const jobs = await accept(
        store,
        { labels: [{ key: 'run', value: '7' }], metadata: { nested: [1, 'two', null] } },
        { deadline: clock.now() + 1_000, maxAttempts: 1 },
      );
      expect(jobs.map(({ sequence, status, fence }) => ({ sequence, status, fence }))).toEqual([
        { sequence: 1, status: 'PENDING', fence: 0 },
        { sequence: 2, status: 'PENDING', fence: 0 },
      ]);
      expect(jobs.map(({ createdAt }) => createdAt)).toEqual([clock.now(), clock.now()]);
      expect(await store.jobs([...jobs.map(({ id }) => id), jobId()])).toEqual([...jobs, null]);
    });

    it('keeps the request as it was given', async () => {
      const request = { kind: 'CHAT', messages: [{ role: 'USER', content: 'é\u0000"\\' }] } as const;
      const { id } = await acceptOne(store, { kind: 'CHAT', request });
      expect(await store.request(id)).toEqual(request);
      expect((await claimOne(store)).request).toEqual(request);
      expect(await store.request(jobId())).toBeNull();
    });

    it('keeps the task that a job is for, and none of others', async () => {
      const [of, other] = await accept(store, { task: 'write' }, {});
      expect([of?.task, other?.task]).toEqual(['write', undefined]);
      expect((await store.jobs([of, other].flatMap((job) => job?.id ?? []))).map((job) => job?.task)).toEqual(
        ['write', undefined],
      );
    });

    it('counts what waits by queue, priority and client', async () => {
      await accept(store, {}, {}, { client: 'bob' }, { priority: 'HIGH' }, { modelName: 'phi3' });
      const backlog = store.backlog.queue(queueOf('llama3'));
      expect(backlog?.count).toBe(4);
      expect(backlog?.byPriority.NORMAL).toEqual({
        count: 3,
        createdAtSum: 3 * clock.now(),
        oldestCreatedAt: clock.now(),
      });
      expect(store.backlog.count).toBe(5);
      expect(store.counts().PENDING).toBe(5);
    });

    it('refuses what would exceed the queue limit, whole', async () => {
      await accept(store, {}, {});
      expect(await store.submit(submission([newJob(), newJob()], { queueLimit: 3 }))).toEqual({
        kind: 'queue-full',
        client: null,
        limit: 3,
        waiting: 2,
      });
      expect(store.counts().PENDING).toBe(2);
    });

    it('stores all jobs of a submission or none', async () => {
      const twice = newJob();
      const batch = { id: 'bat_twice' as BatchId, name: null, client: 'alice' };
      const broken = store.submit(submission([newJob(), twice, twice], { batch }));
      await expect(broken).rejects.toBeInstanceOf(StoreFailedError);
      expect(await allJobs(store)).toEqual([]);
      expect(store.counts().PENDING).toBe(0);
      expect(await store.batch(batch.id)).toBeNull();
      expect(await store.submit(submission([twice], { batch }))).toMatchObject({
        kind: 'accepted',
        jobs: [{ sequence: 1 }],
      });
    });

    it('does the operations beside a failing one', async () => {
      const existing = await acceptOne(store);
      const outcomes = await Promise.allSettled([
        store.submit(submission([newJob()])),
        store.submit(submission([newJob({ id: existing.id })])),
        store.submit(submission([newJob()])),
      ]);
      expect(outcomes.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled']);
      expect((await allJobs(store)).map(({ sequence }) => sequence)).toEqual([1, 2, 3]);
      expect(store.counts().PENDING).toBe(3);
      expect(store.backlog.count).toBe(3);
    });
  });

  describe('idempotency', () => {
    const idempotency = { client: 'alice', key: 'k', inputHash: 'h' };

    it('answers the first submission again for 24 hours', async () => {
      const batch = { id: 'bat_first' as BatchId, name: 'first', client: 'alice' };
      const first = await store.submit(submission([newJob(), newJob()], { idempotency, batch }));
      clock.advance(24 * HOUR_MS - 1);
      const again = await store.submit(submission([newJob(), newJob()], { idempotency }));
      expect(again).toEqual({ ...first, kind: 'duplicate' });
      clock.advance(1);
      expect(await store.submit(submission([newJob()], { idempotency }))).toMatchObject({
        kind: 'accepted',
      });
      expect(store.counts().PENDING).toBe(3);
    });

    it('names the conflict when the input differs, and keeps clients apart', async () => {
      const outcome = await store.submit(submission([newJob()], { idempotency }));
      const existing = outcome.kind === 'accepted' ? outcome.jobs[0] : undefined;
      const other = { ...idempotency, inputHash: 'other' };
      expect(await store.submit(submission([newJob()], { idempotency: other }))).toEqual({
        kind: 'conflict',
        existing,
      });
      const bob = { ...other, client: 'bob' };
      expect(await store.submit(submission([newJob()], { idempotency: bob }))).toMatchObject({
        kind: 'accepted',
      });
    });

    it('holds among submissions of the same instant', async () => {
      const outcomes = await Promise.all(
        Array.from({ length: 8 }, () => store.submit(submission([newJob()], { idempotency }))),
      );
      expect(outcomes.map(({ kind }) => kind)).toEqual(['accepted', ...Array(7).fill('duplicate')]);
    });
  });

  describe('a request that comes back after its caller had left', () => {
    const idempotency = { client: 'alice', key: 'k', inputHash: 'h' };
    const again = { live: true, deadline: 1e13 };

    it.each(['by its key', 'by the id of its job'])(
      'takes up the job in its place, once (%s)',
      async (way) => {
        const more = way === 'by its key' ? { idempotency } : {};
        const first = await store.submit(
          submission([newJob({ live: true, deadline: clock.now() + 5 })], more),
        );
        const [left] = first.kind === 'accepted' ? first.jobs : [];
        if (!left) throw new Error('Nothing was accepted.');
        const later = await acceptOne(store);
        clock.advance(10);
        await store.cancel(left.id, 'Its caller left.', { callerLeft: true });
        expect(await store.job(left.id)).toMatchObject({
          status: 'CANCELLED',
          callerLeft: true,
          live: false,
        });
        const back = { ...more, takesUp: way === 'by its key' ? null : left.id };
        expect(await store.submit(submission([newJob(again)], back))).toEqual({
          kind: 'taken-up',
          batchId: null,
          jobs: [
            expect.objectContaining({ id: left.id, status: 'PENDING', live: true, deadline: again.deadline }),
          ],
        });
        expect(await store.queuePositions([left.id, later.id])).toEqual([0, 1]);
        expect(await store.job(left.id)).not.toMatchObject({ callerLeft: true });
        const third = await store.submit(submission([newJob(again)], back));
        expect(third.kind).toBe(way === 'by its key' ? 'duplicate' : 'accepted');
      },
    );

    it('finds what somebody cancelled cancelled, and a full queue full', async () => {
      const first = await store.submit(submission([newJob({ live: true })], { idempotency }));
      const [job] = first.kind === 'accepted' ? first.jobs : [];
      if (!job) throw new Error('Nothing was accepted.');
      await store.cancel(job.id, null);
      expect(await store.submit(submission([newJob(again)], { idempotency }))).toMatchObject({
        kind: 'duplicate',
        jobs: [{ status: 'CANCELLED' }],
      });
      await store.retry(job.id, 10);
      await store.cancel(job.id, null, { callerLeft: true });
      await acceptOne(store);
      expect(await store.submit(submission([newJob(again)], { idempotency, queueLimit: 1 }))).toMatchObject({
        kind: 'queue-full',
        client: null,
      });
      expect(await store.submit(submission([newJob(again)], { idempotency }))).toMatchObject({
        kind: 'taken-up',
      });
    });
  });

  describe('blobs', () => {
    const [hash, bytes] = blobOf('an image');
    const withImage = () => newJob({ request: { kind: 'GENERATE', prompt: 'What?', images: [hash] } });

    it('are stored once and forgotten with their last job', async () => {
      await store.submit(submission([withImage()], { blobs: new Map([[hash, bytes]]) }));
      await store.submit(submission([withImage()]));
      expect(await store.blob(hash)).toEqual(bytes);
      await complete(store, (await claimOne(store)).job);
      clock.advance(WEEK_MS);
      await store.tend(HOUR_MS);
      expect(await store.blob(hash)).toEqual(bytes);
      await complete(store, (await claimOne(store)).job);
      clock.advance(WEEK_MS);
      await store.tend(HOUR_MS);
      expect(await store.blob(hash)).toBeNull();
    });

    it('keep only their own part of a larger buffer', async () => {
      const [pooledHash, whole] = blobOf('a part');
      const buffer = Buffer.concat([Buffer.alloc(10), whole, Buffer.alloc(10)]);
      const view = buffer.subarray(10, 10 + whole.length);
      const job = newJob({ request: { kind: 'GENERATE', prompt: 'What?', images: [pooledHash] } });
      const stored = store.submit(submission([job], { blobs: new Map([[pooledHash, view]]) }));
      buffer.fill(0);
      await stored;
      expect(await store.blob(pooledHash)).toEqual(whole);
    });

    it('must come with the job that names them first', async () => {
      expect(await store.submit(submission([withImage()]))).toMatchObject({ kind: 'unknown-images' });
      expect(store.counts().PENDING).toBe(0);
    });
  });
}
