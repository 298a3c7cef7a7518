/** A run begins before the commit of its claim, and nobody hears of it before. */
import { describe, expect, it } from 'vitest';
import { StoreFailedError } from '../../src/domain/errors.ts';
import type { JobId } from '../../src/domain/ids.ts';
import type { JsonObject } from '../../src/domain/json.ts';
import type { Store } from '../../src/domain/store.ts';
import { INSTANCE } from '../contract/store-fixtures.ts';
import { ExecutorRig } from './support/rig.ts';

/** A store whose first claim is answered by `answer`, after it was told ahead of its commit. */
function claiming(
  store: Store,
  answer: (claim: () => ReturnType<Store['claim']>) => ReturnType<Store['claim']>,
) {
  let isFirst = true;
  return new Proxy(store, {
    get(target, key) {
      const value = Reflect.get(target, key);
      if (typeof value !== 'function') return value;
      return (...given: unknown[]) => {
        const call = () => value.apply(target, given);
        if (key !== 'claim' || !isFirst) return call();
        isFirst = false;
        return answer(call);
      };
    },
  });
}

async function listened(rig: ExecutorRig, id: JobId | undefined): Promise<JsonObject[]> {
  if (!id) throw new Error('Nothing was submitted.');
  const heard: JsonObject[] = [];
  rig.outputs.listen(id, { record: (raw) => heard.push(raw) > 0 });
  return heard;
}

describe('a run before the commit of its claim', () => {
  it('is under way at the backend and says nothing; with the commit all is heard in its order', async () => {
    const commit = Promise.withResolvers<void>();
    await using rig = await ExecutorRig.start((store) =>
      claiming(store, async (claim) => {
        const claimed = await claim();
        await commit.promise;
        return claimed;
      }),
    );
    await rig.ready();
    const [id] = await rig.submit(1, new Map(), 5);
    const heard = await listened(rig, id);
    rig.claim();
    // The backend is asked and has answered all of it, while the claim is not answered.
    await rig.until(() => rig.requestsUnderWay === 1);
    await rig.until(() => rig.requestsUnderWay === 0);
    expect(heard).toEqual([]);
    expect(rig.outputs.opened).toEqual([]);
    expect(rig.store.counts()).toMatchObject({ RUNNING: 1, COMPLETE: 0 });
    expect(rig.left).toEqual([]);
    commit.resolve();
    await rig.until(() => rig.store.counts().COMPLETE === 1);
    expect(rig.outputs.opened).toEqual([`${id}/1`]);
    expect(heard.map(({ done }) => done)).toEqual([...heard.slice(1).map(() => false), true]);
    const text = (await rig.store.output(id as JobId))?.map((part) => part.text).join('');
    expect(heard.map(({ response }) => response).join('')).toBe(text);
    await rig.until(() => rig.left.length === 1);
    expect(rig.left).toEqual(rig.claimed.flat());
  });

  it('ends unheard when the commit does not come to be', async () => {
    const fail = Promise.withResolvers<void>();
    await using rig = await ExecutorRig.start((store) =>
      claiming(store, async (claim) => {
        await claim();
        await fail.promise;
        throw new StoreFailedError('The disk is full.');
      }),
    );
    await rig.ready();
    const [id] = await rig.submit(1);
    const heard = await listened(rig, id);
    rig.claim();
    await rig.until(() => rig.requestsUnderWay === 1);
    fail.resolve();
    await rig.until(() => rig.requestsUnderWay === 0 && rig.claimed.length === 1);
    expect(rig.executor.jobsOf(INSTANCE)).toEqual([]);
    expect([heard, rig.outputs.opened, rig.left, rig.claimed.flat()]).toEqual([[], [], [], []]);
  });

  it('ends unheard when its job is cancelled in the same commit', async () => {
    await using rig = await ExecutorRig.start();
    await rig.ready();
    const [id] = await rig.submit(1);
    const heard = await listened(rig, id);
    rig.claim();
    await rig.store.cancel(id as JobId, null);
    await rig.until(() => rig.left.length === 1 && rig.requestsUnderWay === 0);
    expect([heard, rig.outputs.opened, rig.executor.jobsOf(INSTANCE)]).toEqual([[], [], []]);
  });
});
