/** Whatever becomes of a job while its claim is under way, nothing runs under a claim that is over. */

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { StoreFailedError } from '../../src/domain/errors.ts';
import type { JobId } from '../../src/domain/ids.ts';
import type { Store } from '../../src/domain/store.ts';
import { blobOf, INSTANCE } from '../contract/store-fixtures.ts';
import { eventually } from '../support/eventually.ts';
import { ExecutorRig } from './support/rig.ts';

const QUEUE_LIMIT = 1_000;

function expectNothingLeft(rig: ExecutorRig): void {
  expect(rig.executor.jobsOf(INSTANCE)).toEqual([]);
  expect(rig.outputs.openJobs).toBe(0);
  expect(rig.left.length).toBe(rig.claimed.flat().length);
}

/** Every claim was answered, and what it took has left again. */
function settled(rig: ExecutorRig, claims: number): Promise<void> {
  return rig.until(() => rig.claimed.length === claims && rig.left.length === rig.claimed.flat().length);
}

/** A store that does `more` in the same commit as every call of `name`. */
function together(store: Store, name: 'begin' | 'returnToQueue', more: () => void): Store {
  return new Proxy(store, {
    get(target, key) {
      const value = Reflect.get(target, key);
      if (typeof value !== 'function') return value;
      return (...given: unknown[]) => {
        const answer = value.apply(target, given);
        if (key === name) more();
        return answer;
      };
    },
  });
}

describe('a job that is cancelled in the commit of its claim', () => {
  it('does not run on an instance that is ready', async () => {
    await using rig = await ExecutorRig.start();
    await rig.ready();
    const [id] = await rig.submit(1);
    rig.claim();
    expect(await rig.store.cancel(id as JobId, null)).toMatchObject({ previousStatus: 'RUNNING' });
    await settled(rig, 1);
    expect(rig.outputs.opened).toEqual([]);
    expectNothingLeft(rig);
  });

  it('does not wait for an instance that loads', async () => {
    await using rig = await ExecutorRig.start();
    const [id] = await rig.submit(1);
    await rig.load();
    rig.claim(1, 'QUEUED');
    expect(await rig.store.cancel(id as JobId, null)).toMatchObject({ previousStatus: 'QUEUED' });
    await rig.loaded();
    await settled(rig, 1);
    expect(rig.outputs.opened).toEqual([]);
    expectNothingLeft(rig);
  });

  it('does not run when that is the commit of its beginning', async () => {
    const ids: JobId[] = [];
    await using rig = await ExecutorRig.start((store) =>
      together(store, 'begin', () => void store.cancel(ids[0] as JobId, null)),
    );
    ids.push(...(await rig.submit(2)));
    await rig.load();
    rig.claim(2, 'QUEUED');
    await rig.until(() => rig.outputs.opened.length > 0 && rig.left.length === 1);
    expect(rig.executor.jobsOf(INSTANCE)).toEqual([ids[1]]);
    expect(rig.outputs.opened.map((run) => run.split('/')[0])).toEqual([ids[1]]);
    expect(await rig.store.job(ids[0] as JobId)).toMatchObject({ status: 'CANCELLED' });
  });

  it('runs once when it is queued again in that commit, and can be stopped', async () => {
    await using rig = await ExecutorRig.start();
    await rig.ready();
    const [id] = (await rig.submit(1)) as [JobId];
    rig.claim();
    void rig.store.cancel(id, null);
    void rig.store.retry(id, QUEUE_LIMIT);
    rig.claim();
    await rig.until(() => rig.claimed.length === 2 && rig.outputs.opened.length === 1);
    expect(rig.executor.jobsOf(INSTANCE)).toEqual([id]);
    await rig.store.cancel(id, null);
    await settled(rig, 2);
    expect(rig.outputs.opened).toHaveLength(1);
    expectNothingLeft(rig);
  });
});

describe('a job that is cancelled and queued again while its images are read', () => {
  it('runs once, and can be stopped', async () => {
    await using rig = await ExecutorRig.start();
    await rig.ready();
    const [id] = (await rig.submit(1, new Map([blobOf('an image')]))) as [JobId];
    rig.claim();
    await rig.until(() => rig.outputs.opened.length === 1);
    void rig.store.cancel(id, null);
    void rig.store.retry(id, QUEUE_LIMIT);
    rig.claim();
    await rig.until(() => rig.outputs.opened.length === 2 && rig.left.length === 1);
    expect(rig.executor.jobsOf(INSTANCE)).toEqual([id]);
    await rig.store.cancel(id, null);
    await settled(rig, 2);
    expectNothingLeft(rig);
    await eventually(() => rig.requestsUnderWay === 0);
  });
});

describe('a stop', () => {
  it('leaves alone what was cancelled in the commit in which it gives jobs back', async () => {
    const ids: JobId[] = [];
    await using rig = await ExecutorRig.start((store) =>
      together(store, 'returnToQueue', () => void store.cancel(ids[0] as JobId, null)),
    );
    ids.push(...(await rig.submit(2)));
    await rig.ready();
    rig.claim(2);
    await rig.until(() => rig.outputs.opened.length === 2);
    await rig.executor.stop(0);
    expect((await rig.store.jobs(ids)).map((job) => job?.status)).toEqual(['CANCELLED', 'PENDING']);
  });
});

describe('any order of claims, cancellations and retries', () => {
  type Action =
    | { readonly kind: 'claim'; readonly as: 'QUEUED' | 'RUNNING' }
    | { readonly kind: 'cancel' | 'retry'; readonly job: number }
    /** What comes after it is in a later commit. */
    | { readonly kind: 'commit' };
  const job = fc.nat({ max: 2 });
  const action: fc.Arbitrary<Action> = fc.oneof(
    { weight: 4, arbitrary: fc.constant({ kind: 'claim', as: 'RUNNING' } as const) },
    { weight: 1, arbitrary: fc.constant({ kind: 'claim', as: 'QUEUED' } as const) },
    { weight: 4, arbitrary: job.map((at) => ({ kind: 'cancel', job: at }) as const) },
    { weight: 3, arbitrary: job.map((at) => ({ kind: 'retry', job: at }) as const) },
    { weight: 2, arbitrary: fc.constant({ kind: 'commit' } as const) },
  );

  it('ends with the executor running what the store holds as running, once each', async () => {
    await using rig = await ExecutorRig.start();
    await rig.ready();
    let claims = 0;
    await fc.assert(
      fc.asyncProperty(fc.array(action, { minLength: 1, maxLength: 14 }), async (actions) => {
        const ids = await rig.submit(3);
        const asked: Promise<unknown>[] = [];
        for (const act of actions) {
          if (act.kind === 'claim') {
            rig.claim(1, act.as);
            claims += 1;
          } else if (act.kind === 'commit') await rig.store.tend(1e12);
          else {
            const id = ids[act.job] as JobId;
            asked.push(act.kind === 'cancel' ? rig.store.cancel(id, null) : rig.store.retry(id, QUEUE_LIMIT));
          }
        }
        const running = async () =>
          (await rig.store.jobs(ids)).flatMap((each) =>
            each?.status === 'RUNNING' || each?.status === 'QUEUED' ? [each.id] : [],
          );
        await Promise.all(asked);
        await rig.until(() => rig.claimed.length === claims);
        const inStore = (await running()).toSorted();
        await eventually(
          () => rig.executor.jobsOf(INSTANCE).toSorted(),
          (seen) => `${seen}` === `${inStore}`,
        );
        for (const id of ids) await rig.store.cancel(id, null);
        await settled(rig, claims);
        expectNothingLeft(rig);
      }),
      // A failure leaves the rig in a state that would blame smaller cases.
      { numRuns: 60, endOnFailure: true },
    );
  });
});

describe('an end that cannot be stored at once', () => {
  it('is stored when that works again', async () => {
    let refusals = 2;
    const failing = (store: Store): Store =>
      new Proxy(store, {
        get(target, key) {
          const value = Reflect.get(target, key);
          if (typeof value !== 'function') return value;
          if (key !== 'finish') return value.bind(target);
          return (...given: unknown[]) => {
            if (refusals === 0) return value.apply(target, given);
            refusals -= 1;
            return Promise.reject(new StoreFailedError('The disk is full: free some space.'));
          };
        },
      });
    await using rig = await ExecutorRig.start(failing);
    await rig.ready();
    const [id] = (await rig.submit(1, new Map(), 1)) as [JobId];
    rig.claim();
    await rig.until(() => rig.store.counts().COMPLETE === 1);
    expect([refusals, (await rig.store.job(id))?.status]).toEqual([0, 'COMPLETE']);
  });
});
