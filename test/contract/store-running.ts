/** The way of a job through claims, fences and results. */
import { beforeEach, describe, expect, it } from 'vitest';
import type { VirtualClock } from '../../src/clock.ts';
import { endingOf } from '../../src/domain/job.ts';
import { queueKey } from '../../src/domain/queue-key.ts';
import type { Store } from '../../src/domain/store.ts';
import type { CurrentStore } from './store-contract.ts';
import {
  accept,
  acceptOne,
  allJobs,
  attemptOf,
  claimOf,
  claimOne,
  complete,
  INSTANCE,
  queueOf,
  RESULT,
  WEEK_MS,
} from './store-fixtures.ts';

export function storeRunningContract(current: CurrentStore): void {
  let clock: VirtualClock;
  let store: Store;
  beforeEach(() => {
    ({ clock, store } = current());
  });

  describe('running', () => {
    it('claims the oldest of a bucket under a new fence', async () => {
      const [first, second, third] = await accept(store, {}, {}, {});
      clock.advance(5);
      const claimed = await store.claim(claimOf(2));
      expect(claimed.map(({ job }) => job)).toEqual(
        [first, second].map((job, i) => ({
          ...job,
          revision: 4 + i,
          status: 'RUNNING',
          fence: 1,
          startedAt: clock.now(),
          backend: 'box',
          instanceId: INSTANCE,
        })),
      );
      expect((await store.claim(claimOf(5))).map(({ job }) => job.id)).toEqual([third?.id]);
      expect(await store.claim(claimOf(1))).toEqual([]);
      expect(store.backlog.count).toBe(0);
      expect(store.counts()).toMatchObject({ PENDING: 0, RUNNING: 3 });
    });

    it('claims in the order of the picks', async () => {
      const [low, high] = await accept(store, { priority: 'LOW' }, { priority: 'HIGH', client: 'bob' });
      const claimed = await store.claim({
        ...claimOf(0),
        picks: [
          { queue: queueOf('llama3'), priority: 'HIGH', client: 'bob', count: 1 },
          { queue: queueOf('llama3'), priority: 'LOW', client: 'alice', count: 4 },
          { queue: queueOf('nobody'), priority: 'LOW', client: 'alice', count: 4 },
        ],
      });
      expect(claimed.map(({ job }) => job.id)).toEqual([high?.id, low?.id]);
    });

    it('begins what was claimed for a loading instance', async () => {
      await accept(store, {}, {});
      const claimed = (await store.claim(claimOf(2, { as: 'QUEUED' }))).map(({ job }) => job);
      expect(claimed.map(({ status, startedAt }) => [status, startedAt])).toEqual([
        ['QUEUED', null],
        ['QUEUED', null],
      ]);
      const [one, two] = claimed;
      if (!one || !two) throw new Error('Two were claimed.');
      const begun = await store.begin([one, { id: two.id, fence: two.fence + 1 }]);
      expect(begun.map(({ id, status }) => [id, status])).toEqual([[one.id, 'RUNNING']]);
      expect(await store.begin([one])).toEqual([]);
    });

    it('records a result once', async () => {
      await acceptOne(store);
      const { job } = await claimOne(store);
      expect(await store.output(job.id)).toBeNull();
      expect(await complete(store, job, 'first')).toBe(true);
      expect(await complete(store, job, 'second')).toBe(false);
      expect(store.staleFences).toBe(1);
      expect(await store.output(job.id)).toEqual([{ attempt: 1, channel: 'TEXT', text: 'first' }]);
      expect(await store.endings([job.id])).toEqual([endingOf(RESULT)]);
      expect(JSON.parse((await store.raws([job.id]))[0] ?? '')).toEqual(RESULT.raw);
      expect(await store.job(job.id)).toMatchObject({ status: 'COMPLETE', finishedAt: clock.now() });
    });

    it('does not complete a job that has not begun', async () => {
      await acceptOne(store);
      const { job } = await claimOne(store, { as: 'QUEUED' });
      expect(await complete(store, job)).toBe(false);
      expect(await store.job(job.id)).toEqual(job);
    });

    it('keeps a failure with its attempt and partial output', async () => {
      await acceptOne(store);
      const { job } = await claimOne(store);
      const failure = { code: 'OUT_OF_MEMORY', message: 'No room.', retryable: true } as const;
      const attempt = attemptOf(clock, failure);
      const output = [{ attempt: 1, channel: 'TEXT', text: 'Hel' }] as const;
      const { id, fence } = job;
      expect(await store.finish({ id, fence, kind: 'fail', failure, attempt, output })).toBe(true);
      expect(await store.job(id)).toMatchObject({ status: 'FAILED', failure, history: [attempt] });
      expect(await store.output(id)).toEqual(output);
      expect(await store.endings([id])).toEqual([null]);
    });

    it('returns a released job with its age and not before its delay', async () => {
      const [first, second] = await accept(store, {}, {});
      const { job } = await claimOne(store);
      expect(job.id).toBe(first?.id);
      const attempt = attemptOf(clock, { code: 'BACKEND_ERROR', message: 'No.', retryable: true });
      const [released] = await store.returnToQueue([{ ...job, attempt, counts: true, delayMs: 2_000 }]);
      expect(released).toMatchObject({
        status: 'PENDING',
        sequence: 1,
        createdAt: first?.createdAt,
        notBefore: clock.now() + 2_000,
        failedAttempts: 1,
        history: [attempt],
        backend: null,
      });
      expect([store.backlog.count, store.backlog.delayed, store.counts().PENDING]).toEqual([1, 1, 2]);
      expect((await store.claim(claimOf(2))).map((claimed) => claimed.job.id)).toEqual([second?.id]);
      expect(await store.tend(WEEK_MS)).toEqual({ nextInMs: 1_000 });
      clock.advance(1_500);
      expect(await store.tend(WEEK_MS)).toEqual({ nextInMs: 500 });
      clock.advance(500);
      await store.tend(WEEK_MS);
      expect([store.backlog.count, store.backlog.delayed]).toEqual([1, 0]);
      expect((await claimOne(store)).job).toMatchObject({ id: first?.id, fence: 2, notBefore: null });
    });

    it('lets a job that is given back wait in another queue, in the place of its age, and there alone', async () => {
      const larger = queueKey({ model: 'llama3:latest', contextLength: 16_384, chosen: true });
      const [first] = await accept(store, {}, { queue: larger });
      const { job } = await claimOne(store);
      const attempt = attemptOf(clock, {
        code: 'CONTEXT_LENGTH_EXCEEDED',
        message: 'Too long.',
        retryable: true,
      });
      const back = { id: job.id, fence: job.fence, attempt, counts: false, delayMs: 0, queue: larger };
      const [moved] = await store.returnToQueue([back]);
      expect(moved).toMatchObject({
        queue: larger,
        status: 'PENDING',
        failedAttempts: 0,
        history: [attempt],
      });
      expect(await store.job(job.id)).toEqual(moved);
      expect(store.backlog.queues().map(({ queue, count }) => [queue, count])).toEqual([[larger, 2]]);
      expect(await store.claim(claimOf(1))).toEqual([]);
      const pick = { queue: larger, priority: 'NORMAL', client: 'alice', count: 1 } as const;
      const [again] = await store.claim(claimOf(1, { picks: [pick] }));
      expect(again?.job).toMatchObject({ id: first?.id, queue: larger, fence: 2 });
      expect(await store.returnToQueue([back])).toEqual([]);
    });

    it('takes times in fractions of a millisecond', async () => {
      clock.advance(0.25);
      const { id, createdAt } = await acceptOne(store, { deadline: clock.now() + 60_000.5 });
      expect(Number.isInteger(createdAt)).toBe(true);
      const { job } = await claimOne(store);
      await store.returnToQueue([{ id, fence: job.fence, attempt: null, counts: false, delayMs: 99.5 }]);
      clock.advance(99);
      await store.tend(WEEK_MS);
      expect(store.backlog.delayed).toBe(1);
      clock.advance(1);
      await store.tend(WEEK_MS);
      expect(store.backlog.count).toBe(1);
    });

    it('discards what comes under an old fence', async () => {
      await acceptOne(store);
      const { job } = await claimOne(store);
      const release = { id: job.id, fence: job.fence, attempt: null, counts: false, delayMs: 0 };
      expect(await store.returnToQueue([release])).toHaveLength(1);
      expect(await complete(store, job)).toBe(false);
      expect(await store.returnToQueue([release])).toEqual([]);
      const again = await claimOne(store);
      expect(await complete(store, job)).toBe(false);
      expect(await store.job(job.id)).toEqual(again.job);
      expect(store.staleFences).toBe(3);
    });

    it('fails the oldest waiting jobs of a bucket without a try, and no others', async () => {
      const failure = { code: 'INSUFFICIENT_VRAM', message: 'It is too large.', retryable: true } as const;
      const jobs = await accept(store, {}, {}, {});
      const [first, second, third] = jobs.map(({ id }) => id);
      if (!second || !third) throw new Error('Three were accepted.');
      const other = await acceptOne(store, { priority: 'HIGH' });
      const { job: running } = await claimOne(store);
      const picks = [
        { queue: queueOf('llama3'), priority: 'NORMAL', client: 'alice', count: 1 },
        { queue: queueOf('nobody'), priority: 'NORMAL', client: 'alice', count: 7 },
        { queue: queueOf('llama3'), priority: 'HIGH', client: 'alice', count: 0 },
      ] as const;
      expect(await store.refuse(picks, failure)).toBe(1);
      expect(running.id).toBe(first);
      const ended = { status: 'FAILED', failure, failedAttempts: 0, history: [], finishedAt: clock.now() };
      expect(await store.job(second)).toMatchObject(ended);
      expect(await store.job(third)).toMatchObject({ status: 'PENDING' });
      expect(await store.job(other.id)).toMatchObject({ status: 'PENDING' });
      expect(store.counts()).toMatchObject({ FAILED: 1, RUNNING: 1, PENDING: 2 });
      expect(await store.output(second)).toEqual([]);
      expect(await store.retry(second, 100)).toMatchObject({ kind: 'requeued' });
    });

    it('keeps the mark of a live job until its end, whichever it is, and not beyond', async () => {
      const live = { live: true } as const;
      const [completed, failed, cancelled] = await accept(store, live, live, live);
      const other = await acceptOne(store);
      if (!completed || !failed || !cancelled) throw new Error('Three were accepted.');
      expect((await allJobs(store)).map((job) => job.live)).toEqual([true, true, true, false]);
      const [first] = await store.claim(claimOf(1, { as: 'QUEUED' }));
      if (!first) throw new Error('One was claimed.');
      expect(first.job.live).toBe(true);
      const release = { attempt: null, counts: false, delayMs: 0 };
      expect(await store.returnToQueue([{ ...first.job, ...release }])).toMatchObject([{ live: true }]);
      const [one, two] = await store.claim(claimOf(2));
      if (!one || !two) throw new Error('Two were claimed.');
      await complete(store, one.job);
      const failure = { code: 'BACKEND_ERROR', message: 'No.', retryable: true } as const;
      await store.finish({ ...two.job, kind: 'fail', failure, attempt: null, output: [] });
      await store.cancel(cancelled.id, null);
      expect((await allJobs(store)).map((job) => job.live)).toEqual([false, false, false, false]);
      for (const { id } of [failed, cancelled])
        expect(await store.retry(id, 100)).toMatchObject({ kind: 'requeued', job: { live: false } });
      expect(await store.job(other.id)).toMatchObject({ live: false });
    });

    it('gives each job to one of 64 callers', async () => {
      await Promise.all(Array.from({ length: 16 }, () => accept(store, ...Array(16).fill({}))));
      const got = await Promise.all(Array.from({ length: 64 }, () => store.claim(claimOf(5))));
      const ids = got.flat().map(({ job }) => job.id);
      expect(ids).toHaveLength(256);
      expect(new Set(ids).size).toBe(256);
      const ended = await Promise.all(got.flat().map(({ job }) => complete(store, job)));
      expect(ended.every(Boolean)).toBe(true);
      expect(store.counts()).toMatchObject({ COMPLETE: 256, RUNNING: 0, PENDING: 0 });
    });

    it('recovers nothing that this server itself holds', async () => {
      const jobs = await accept(store, {}, { live: true }, { live: true });
      const { job } = await claimOne(store);
      expect(await store.recover()).toEqual({ requeued: 0, cancelled: 0 });
      expect(await allJobs(store)).toEqual([job, ...jobs.slice(1)]);
    });
  });
}
