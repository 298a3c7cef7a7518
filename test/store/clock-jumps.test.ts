/** Somebody sets the clock of the machine while a server runs, or between two of its lives. */
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { VirtualClock } from '../../src/clock.ts';
import type { JobId } from '../../src/domain/ids.ts';
import type { Store } from '../../src/domain/store.ts';
import {
  acceptOne,
  claimOne,
  complete,
  HOUR_MS,
  newJob,
  submission,
  WEEK_MS,
} from '../contract/store-fixtures.ts';
import { openStore, temporaryDirectory } from './support/stores.ts';

const DAY_MS = 24 * HOUR_MS;
const JUMPS = [-8 * DAY_MS, -HOUR_MS, -5_000, 5_000, HOUR_MS, 8 * DAY_MS];
const IDEMPOTENCY = { client: 'alice', key: 'k', inputHash: 'h' };

let directory: Awaited<ReturnType<typeof temporaryDirectory>>;
let clock: VirtualClock;
let store: Store;

beforeEach(async () => {
  directory = await temporaryDirectory();
  clock = new VirtualClock();
  store = await openStore(join(directory.path, 'data'), { clock });
});
afterEach(async () => {
  await store.stop();
  await directory.remove();
});

/** A second life on the same data, started with the clock as it is now. */
async function restart(): Promise<void> {
  await store.stop();
  store = await openStore(join(directory.path, 'data'), { clock });
}

async function finished(): Promise<JobId> {
  const { id } = await acceptOne(store, { client: 'done' });
  await complete(store, (await claimOne(store, { client: 'done' })).job);
  return id;
}

async function delayed(delayMs: number): Promise<void> {
  await acceptOne(store);
  const { job } = await claimOne(store);
  await store.returnToQueue([{ ...job, attempt: null, counts: false, delayMs }]);
}

describe.each(JUMPS)('a jump of the clock by %s ms', (jump) => {
  it('neither shortens nor lengthens a delay', async () => {
    await delayed(10_000);
    clock.jump(jump);
    clock.advance(9_999);
    await store.tend(WEEK_MS);
    expect([store.backlog.count, store.backlog.delayed]).toEqual([0, 1]);
    clock.advance(1);
    await store.tend(WEEK_MS);
    expect([store.backlog.count, store.backlog.delayed]).toEqual([1, 0]);
  });

  it('neither shortens nor lengthens a deadline', async () => {
    const { id } = await acceptOne(store, { deadline: clock.now() + 10_000 });
    clock.jump(jump);
    clock.advance(9_999);
    await store.tend(WEEK_MS);
    expect(await store.job(id)).toMatchObject({ status: 'PENDING' });
    clock.advance(1);
    await store.tend(WEEK_MS);
    expect(await store.job(id)).toMatchObject({ status: 'FAILED', failure: { code: 'DEADLINE_EXCEEDED' } });
  });

  it('neither shortens nor lengthens how long results and keys are kept', async () => {
    const id = await finished();
    const { kind } = await store.submit(submission([newJob()], { idempotency: IDEMPOTENCY }));
    expect(kind).toBe('accepted');
    clock.jump(jump);
    clock.advance(DAY_MS - 1);
    await store.tend(DAY_MS);
    expect(await store.job(id)).toMatchObject({ status: 'COMPLETE' });
    expect(await store.submit(submission([newJob()], { idempotency: IDEMPOTENCY }))).toMatchObject({
      kind: 'duplicate',
    });
    clock.advance(1);
    await store.tend(DAY_MS);
    expect(await store.job(id)).toBeNull();
    expect(await store.submit(submission([newJob()], { idempotency: IDEMPOTENCY }))).toMatchObject({
      kind: 'accepted',
    });
  });

  it('between two lives deletes nothing and makes nothing wait', async () => {
    const id = await finished();
    await store.submit(submission([newJob({ client: 'keyed' })], { idempotency: IDEMPOTENCY }));
    await delayed(10_000);
    clock.jump(jump);
    for (let life = 0; life < 2; life += 1) {
      await restart();
      await store.tend(DAY_MS);
      expect(await store.job(id)).toMatchObject({ status: 'COMPLETE' });
      expect(await store.submit(submission([newJob()], { idempotency: IDEMPOTENCY }))).toMatchObject({
        kind: 'duplicate',
      });
    }
    clock.advance(10_000);
    await store.tend(DAY_MS);
    expect(store.backlog.delayed).toBe(0);
    clock.advance(DAY_MS + 60_000);
    await store.tend(DAY_MS);
    expect(await store.job(id)).toBeNull();
  });
});

describe.each([-8 * DAY_MS, 8 * DAY_MS])('a jump of the clock by %s ms', (jump) => {
  it.each(['while the store is open', 'between two lives'])(
    '%s leaves what waits its time and its age',
    async (when) => {
      const { id, createdAt } = await acceptOne(store, { deadline: clock.now() + 10_000 });
      if (when === 'while the store is open') {
        clock.jump(jump);
        await store.tend(DAY_MS);
        clock.reboot();
        await restart();
      } else {
        await store.tend(DAY_MS);
        await store.stop();
        clock.jump(jump);
        await restart();
      }
      const ahead = Math.max(0, jump);
      expect(store.setForwardMs).toBe(ahead);
      clock.advance(9_999);
      await store.tend(DAY_MS);
      expect(await store.job(id)).toMatchObject({ status: 'PENDING', createdAt: createdAt + ahead });
      clock.advance(1);
      await store.tend(DAY_MS);
      expect(await store.job(id)).toMatchObject({ status: 'FAILED', failure: { code: 'DEADLINE_EXCEEDED' } });
    },
  );
});

describe('time between two lives', () => {
  const waits = async () => (await acceptOne(store, { deadline: clock.now() + HOUR_MS })).id;

  it('goes by for deadlines, whether the machine was up or off', async () => {
    const first = await waits();
    await store.stop();
    clock.advance(HOUR_MS);
    await restart();
    await store.tend(WEEK_MS);
    const second = await waits();
    await store.stop();
    clock.reboot();
    clock.advance(HOUR_MS);
    await restart();
    await store.tend(WEEK_MS);
    for (const id of [first, second]) expect(await store.job(id)).toMatchObject({ status: 'FAILED' });
    expect(store.setForwardMs).toBe(0);
  });

  it('has a jump that was seen moved once, however often the store is opened', async () => {
    const id = await waits();
    clock.jump(WEEK_MS);
    await store.tend(WEEK_MS);
    for (let life = 0; life < 3; life += 1) await restart();
    expect(await store.job(id)).toMatchObject({ status: 'PENDING', deadline: clock.now() + HOUR_MS });
    expect(store.setForwardMs).toBe(WEEK_MS);
  });
});

describe('time in which the machine slept', () => {
  it('is time: delays, deadlines and retention go on', async () => {
    const id = await finished();
    await delayed(10_000);
    clock.sleep(DAY_MS);
    await store.tend(DAY_MS);
    expect(await store.job(id)).toBeNull();
    expect(store.backlog.delayed).toBe(0);
  });
});
