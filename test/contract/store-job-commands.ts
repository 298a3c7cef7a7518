/** What people and time do to jobs, and how changes are told. */
import { beforeEach, describe, expect, it } from 'vitest';
import type { VirtualClock } from '../../src/clock.ts';
import { StoreClosedError } from '../../src/domain/errors.ts';
import type { BatchId, JobId } from '../../src/domain/ids.ts';
import type { JobChange, Store } from '../../src/domain/store.ts';
import type { CurrentStore } from './store-contract.ts';
import {
  accept,
  acceptOne,
  allJobs,
  claimOf,
  claimOne,
  complete,
  HOUR_MS,
  jobId,
  newJob,
  queueOf,
  submission,
  WEEK_MS,
} from './store-fixtures.ts';

export function storeJobCommandsContract(current: CurrentStore): void {
  let clock: VirtualClock;
  let store: Store;
  beforeEach(() => {
    ({ clock, store } = current());
  });

  describe('jobs that several models may do', () => {
    const choices = ['llama3', 'phi3'].map((modelName) => ({ modelName, queue: queueOf(modelName) }));
    const fallback = { asked: ['llama3', 'gone', 'phi3'], choices, afterMs: 500 };
    const [, second] = choices as [(typeof choices)[0], (typeof choices)[0]];
    const failure = { code: 'INSUFFICIENT_VRAM', message: 'No.', retryable: false } as const;
    const picks = [{ queue: queueOf('llama3'), priority: 'NORMAL', client: 'alice', count: 9 }] as const;

    it('are kept with their models, and move to another queue with their age while they wait there', async () => {
      const [job, other] = await accept(store, { fallback }, {});
      if (!job || !other) throw new Error('Two were accepted.');
      expect(job.fallback).toEqual(fallback);
      expect(other.fallback).toBeUndefined();
      expect(await store.move(job.id, queueOf('phi3'), second)).toBeNull();
      expect(await store.move(jobId(), job.queue, second)).toBeNull();
      expect(await store.move(job.id, job.queue, second)).toMatchObject({ ...second, fallback });
      expect(await store.job(job.id)).toMatchObject({ ...second, sequence: job.sequence, fallback });
      expect(store.backlog.queue(queueOf('llama3'))?.count).toBe(1);
      expect(store.backlog.queue(queueOf('phi3'))?.count).toBe(1);
      const { job: running } = await claimOne(store, { model: 'phi3' });
      expect(running).toMatchObject({ id: job.id, modelName: 'phi3' });
      expect(await store.move(job.id, running.queue, choices[0] ?? second)).toBeNull();
      // One that waits for another try has it at once.
      const later = { attempt: null, counts: false, delayMs: HOUR_MS };
      await store.returnToQueue([{ ...running, ...later, ...choices[0] }]);
      expect(await store.job(job.id)).toMatchObject({
        modelName: 'llama3',
        notBefore: clock.now() + HOUR_MS,
      });
      expect(await store.move(job.id, queueOf('llama3'), second)).toMatchObject({ notBefore: null });
      expect(store.backlog.queue(queueOf('phi3'))?.count).toBe(1);
    });

    it('are found while they wait, in portions', async () => {
      const jobs = await accept(store, { fallback }, {}, { fallback }, { fallback });
      await store.cancel(jobs[2]?.id as JobId, null);
      const first = await store.withFallback(0, 1);
      expect(first.map(({ id }) => id)).toEqual([jobs[0]?.id]);
      const rest = await store.withFallback(first[0]?.sequence ?? 0, 10);
      expect(rest.map(({ id }) => id)).toEqual([jobs[3]?.id]);
    });

    it('go to the next one where the first is refused, and fail where none is left', async () => {
      const { id } = await acceptOne(store, { fallback });
      await store.refuse(picks, failure);
      expect(await store.job(id)).toMatchObject({ status: 'PENDING', ...second });
      await store.refuse([{ ...picks[0], queue: second.queue }], failure);
      expect(await store.job(id)).toMatchObject({ status: 'FAILED', failure, modelName: 'phi3' });
    });
  });

  describe('cancelling, retrying and reordering jobs', () => {
    it('changes many in one commit, and says of how many it was done, and which are not there', async () => {
      const jobs = await accept(store, ...Array.from({ length: 5 }, () => ({})));
      const ids = jobs.map(({ id }) => id);
      await store.cancel(ids[1] as JobId, null);
      const commits: (readonly JobChange[])[] = [];
      store.onCommit((changes) => commits.push(changes));
      const nobody = jobId();
      const outcome = await store.changeMany([...ids, nobody], { kind: 'cancel', reason: 'all of them' });
      expect(outcome).toEqual({ changed: 4, unchanged: 1, missing: [nobody], queueFull: null });
      expect(commits.map((changes) => changes.map(({ job }) => [job.id, job.status]))).toEqual([
        ids.filter((_, i) => i !== 1).map((id) => [id, 'CANCELLED']),
      ]);
      expect(store.counts()).toMatchObject({ PENDING: 0, CANCELLED: 5 });
      expect(await store.changeMany(ids, { kind: 'retry', queueLimit: 3 })).toEqual({
        changed: 3,
        unchanged: 0,
        missing: [],
        queueFull: { limit: 3, client: null },
      });
      expect(await store.changeMany(ids, { kind: 'setPriority', priority: 'HIGH' })).toMatchObject({
        changed: 3,
        unchanged: 2,
      });
      // What has it already is not changed once more.
      expect(await store.changeMany(ids, { kind: 'setPriority', priority: 'HIGH' })).toMatchObject({
        changed: 0,
        unchanged: 5,
      });
      expect((await store.jobs(ids)).map((job) => job?.priority)).toEqual([
        ...Array(3).fill('HIGH'),
        ...Array(2).fill('NORMAL'),
      ]);
      const tooMany = Array.from({ length: 1_001 }, () => nobody);
      await expect(store.changeMany(tooMany, { kind: 'cancel', reason: null })).rejects.toThrow(RangeError);
    });

    it.each(['PENDING', 'QUEUED', 'RUNNING'] as const)('cancels a %s job at once', async (status) => {
      const { id } = await acceptOne(store);
      if (status !== 'PENDING') await claimOne(store, { as: status });
      const outcome = await store.cancel(id, 'no longer wanted');
      expect(outcome).toMatchObject({
        kind: 'cancelled',
        previousStatus: status,
        job: { id, status: 'CANCELLED', finishedAt: clock.now() },
      });
      // A run that had begun stays in the history, a claim that waited for a load was none.
      expect((await store.job(id))?.history.map(({ number, failure }) => [number, failure])).toEqual(
        status === 'RUNNING' ? [[1, null]] : [],
      );
      // Above the fence of a claim, so that whoever holds one finds it gone.
      expect((await store.job(id))?.fence).toBeGreaterThan(status === 'PENDING' ? 0 : 1);
      expect(await complete(store, { id, fence: 1 })).toBe(false);
      expect(await store.cancel(id, null)).toMatchObject({ kind: 'not-cancellable' });
      expect(await store.output(id)).toEqual([]);
      expect(await store.endings([id])).toEqual([null]);
      expect(store.backlog.count).toBe(0);
    });

    it('requeues a failed or cancelled job with its age and fresh attempts', async () => {
      const [first] = await accept(store, { deadline: clock.now() + 10 }, {});
      const id = first?.id as JobId;
      expect(await store.retry(id, 9)).toMatchObject({ kind: 'not-finished' });
      clock.advance(10);
      await store.tend(WEEK_MS);
      expect(await store.job(id)).toMatchObject({
        status: 'FAILED',
        failure: { code: 'DEADLINE_EXCEEDED' },
      });
      expect(await store.retry(id, 1)).toEqual({ kind: 'queue-full', limit: 1, waiting: 1, client: null });
      expect(await store.retry(id, 2)).toMatchObject({
        kind: 'requeued',
        job: { status: 'PENDING', sequence: 1, failedAttempts: 0, failure: null, deadline: null },
      });
      expect(await store.output(id)).toBeNull();
      expect((await claimOne(store)).job.id).toBe(id);
      expect(await store.retry(jobId(), 9)).toEqual({ kind: 'not-found' });
    });

    it('moves a waiting job to another priority with its age', async () => {
      const [first, second] = await accept(store, {}, { priority: 'HIGH' });
      const id = first?.id as JobId;
      expect(await store.setPriority(id, 'HIGH')).toMatchObject({
        kind: 'updated',
        job: { priority: 'HIGH', sequence: 1 },
      });
      expect(await store.setPriority(id, 'HIGH')).toMatchObject({ kind: 'same', job: { priority: 'HIGH' } });
      expect(store.backlog.queue(queueOf('llama3'))?.byPriority).toMatchObject({
        HIGH: { count: 2 },
        NORMAL: { count: 0 },
      });
      const claimed = await store.claim(claimOf(2, { priority: 'HIGH' }));
      expect(claimed.map(({ job }) => job.id)).toEqual([id, second?.id]);
      expect(await store.setPriority(id, 'LOW')).toMatchObject({ kind: 'not-queued' });
      expect(await store.setPriority(jobId(), 'LOW')).toEqual({ kind: 'not-found' });
    });
  });

  describe('tending', () => {
    it('forgets finished jobs after the retention, in portions, and nothing else', async () => {
      const count = 1_200;
      await accept(store, ...Array(count).fill({}), { client: 'bob' });
      const claimed = await store.claim(claimOf(count));
      await Promise.all(claimed.map(({ job }) => complete(store, job)));
      clock.advance(HOUR_MS - 1);
      await store.tend(HOUR_MS);
      expect(store.counts().COMPLETE).toBe(count);
      clock.advance(1);
      let calls = 1;
      while ((await store.tend(HOUR_MS)).nextInMs === 0) calls += 1;
      expect(calls).toBeGreaterThan(1);
      expect(store.counts()).toMatchObject({ COMPLETE: 0, PENDING: 1 });
      const left = await allJobs(store);
      expect(left.map(({ client }) => client)).toEqual(['bob']);
      expect(await store.request(claimed[0]?.job.id as JobId)).toBeNull();
      expect(await store.output(claimed[0]?.job.id as JobId)).toBeNull();
    });

    it('keeps the jobs of a batch together until the last of them is due', async () => {
      const batch = { id: 'bat_long' as BatchId, name: null, client: 'alice' };
      await store.submit(submission([newJob(), newJob(), newJob()], { batch }));
      const [first] = await store.claim(claimOf(1));
      await complete(store, first!.job);
      clock.advance(HOUR_MS);
      await store.tend(HOUR_MS);
      expect((await store.batch(batch.id))?.counts).toMatchObject({ COMPLETE: 1, PENDING: 2 });
      for (const { job } of await store.claim(claimOf(2))) await complete(store, job);
      clock.advance(HOUR_MS - 1);
      await store.tend(HOUR_MS);
      expect((await store.batch(batch.id))?.counts).toMatchObject({ COMPLETE: 3 });
      clock.advance(1);
      await store.tend(HOUR_MS);
      expect(await store.batch(batch.id)).toBeNull();
    });

    it('never gives a sequence or a revision twice', async () => {
      const { id } = await acceptOne(store);
      await store.cancel(id, null);
      const revision = await store.revision();
      clock.advance(HOUR_MS);
      await store.tend(0);
      expect(await store.job(id)).toBeNull();
      const next = await acceptOne(store);
      expect(next.sequence).toBe(2);
      expect(next.revision).toBeGreaterThan(revision);
    });
  });

  describe('batches', () => {
    it('tell their progress and end with their last job', async () => {
      const id = 'bat_one' as BatchId;
      await store.submit(submission([newJob(), newJob()], { batch: { id, name: 'night', client: 'alice' } }));
      const base = { id, name: 'night', client: 'alice', createdAt: clock.now() };
      expect(await store.batch(id)).toMatchObject({ ...base, finishedAt: null, counts: { PENDING: 2 } });
      clock.advance(7);
      const [one, two] = await store.claim(claimOf(2));
      await complete(store, one?.job as { id: JobId; fence: number });
      await store.cancel(two?.job.id as JobId, null);
      expect(await store.batches([id, 'bat_none' as BatchId])).toEqual([
        {
          ...base,
          finishedAt: clock.now(),
          kept: false,
          metadata: null,
          counts: { PENDING: 0, QUEUED: 0, RUNNING: 0, COMPLETE: 1, FAILED: 0, CANCELLED: 1 },
        },
        null,
      ]);
      clock.advance(HOUR_MS);
      await store.tend(0);
      expect(await store.batch(id)).toBeNull();
    });
  });

  describe('ids', () => {
    const job = (id: string, client = 'alice') => newJob({ id: `job_${id}` as JobId, client });
    const batch = (id: string, client = 'alice') => ({ id: `bat_${id}` as BatchId, name: null, client });

    it('are found by how they begin, in order, of jobs and batches, of all or of one client', async () => {
      await store.submit(submission([job('1ab'), job('1aa')], { batch: batch('1a') }));
      await store.submit(submission([job('1ac', 'bob')], { batch: batch('1b', 'bob') }));
      await store.submit(submission([job('2aa')]));
      const ids = (prefix: string, client?: string) =>
        store.idsWithPrefix({ prefix, limit: 3, ...(client === undefined ? {} : { client }) });
      expect(await ids('job_1aa')).toEqual(['job_1aa']);
      expect(await ids('job_1a')).toEqual(['job_1aa', 'job_1ab', 'job_1ac']);
      expect(await ids('job_1a', 'alice')).toEqual(['job_1aa', 'job_1ab']);
      expect(await ids('job_1a', 'carol')).toEqual([]);
      expect(await ids('bat_1')).toEqual(['bat_1a', 'bat_1b']);
      expect(await ids('bat_1', 'bob')).toEqual(['bat_1b']);
      expect(await ids('')).toEqual(['bat_1a', 'bat_1b', 'job_1aa']);
      expect(await ids('job_%')).toEqual([]);
      expect(await ids('job_1aaa')).toEqual([]);
    });
  });

  describe('changes', () => {
    it('are told after each commit, in order of revision, before its callers know', async () => {
      const heard: JobChange[] = [];
      const order: string[] = [];
      const end = store.onCommit((changes) => {
        heard.push(...changes);
        order.push(`commit ${store.counts().PENDING}`);
      });
      await acceptOne(store).then(() => order.push('answered'));
      expect(order).toEqual(['commit 1', 'answered']);
      await claimOne(store);
      end();
      await acceptOne(store);
      expect(heard.map(({ job, previousStatus }) => [previousStatus, job.status, job.revision])).toEqual([
        [null, 'PENDING', 1],
        ['PENDING', 'RUNNING', 2],
      ]);
    });

    it('reach the other listeners and the callers when one listener fails', async () => {
      let heard = 0;
      store.onCommit(() => {
        throw new Error('A listener made a mistake.');
      });
      store.onCommit(() => {
        heard += 1;
      });
      await acceptOne(store);
      expect(heard).toBe(1);
    });

    it('can all be read again by whoever fell behind', async () => {
      const jobs = await accept(store, {}, {}, {});
      const before = await store.revision();
      expect(before).toBe(3);
      await claimOne(store);
      await store.setPriority(jobs[2]?.id as JobId, 'LOW');
      const changed = await store.changedSince(before, 10);
      expect(changed.map(({ sequence, revision }) => [sequence, revision])).toEqual([
        [1, 4],
        [3, 5],
      ]);
      expect(await store.changedSince(before, 1)).toEqual(changed.slice(0, 1));
      expect(await store.changedSince(await store.revision(), 10)).toEqual([]);
    });

    it('make no revision when nothing changed', async () => {
      const { id } = await acceptOne(store);
      await store.setPriority(id, 'NORMAL');
      await store.tend(WEEK_MS);
      await store.claim(claimOf(1, { model: 'phi3' }));
      expect(await store.revision()).toBe(1);
    });
  });

  it('remembers facts by space and key', async () => {
    await store.remember('footprints', 'a', { bytes: 1 });
    await store.remember('footprints', 'a', { bytes: 2 });
    await store.remember('footprints', 'b', [null, 'x']);
    await store.remember('other', 'a', true);
    expect([...(await store.recall('footprints'))]).toEqual([
      ['a', { bytes: 2 }],
      ['b', [null, 'x']],
    ]);
    expect((await store.recall('none')).size).toBe(0);
  });

  it('does what was asked for before it stops, and refuses what comes after', async () => {
    const accepted = acceptOne(store);
    await store.stop();
    expect(await accepted).toMatchObject({ sequence: 1 });
    await expect(acceptOne(store)).rejects.toBeInstanceOf(StoreClosedError);
    await expect(store.job(jobId())).rejects.toBeInstanceOf(StoreClosedError);
    await store.stop();
    await expect(store.start()).rejects.toBeInstanceOf(StoreClosedError);
  });
}
