/** Stays in memory as a server takes them down. */
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { seededRandom, VirtualClock } from '../../src/clock.ts';
import type { NewDecision } from '../../src/domain/decision.ts';
import {
  type BackendId,
  type GpuId,
  type InstanceId,
  type JobId,
  newId,
  stableId,
} from '../../src/domain/ids.ts';
import type { Instance } from '../../src/domain/instance.ts';
import type { Job } from '../../src/domain/job.ts';
import type { Residency } from '../../src/domain/residency.ts';
import type { JobChange, Store } from '../../src/domain/store.ts';
import { ResidencyRecorder } from '../../src/history/residency-recorder.ts';
import { DecisionLog } from '../../src/scheduler/decision-log.ts';
import { createMemoryStore } from '../../src/store/memory/memory-store.ts';

const BACKEND = stableId('bkd', 'box') as BackendId;
const GPU = stableId('gpu', 'box', '0') as GpuId;

function instance(name: string, over: Partial<Instance> = {}): Instance {
  return {
    id: stableId('ins', name) as InstanceId,
    backendId: BACKEND,
    variant: { modelName: name, weights: `w-${name}`, contextLength: 4_096, options: {}, embedding: false },
    config: { parallel: 1, kvCacheType: 'f16', flashAttention: null },
    status: 'LOADING',
    footprint: [{ gpuId: GPU, bytes: 100 }],
    hostBytes: 0,
    spilled: false,
    adopted: false,
    loadStartedAt: clock.now(),
    loadedAt: null,
    lastUsedAt: clock.now(),
    activeJobs: 0,
    ...over,
  };
}

let clock: VirtualClock;
let store: Store;
let decisions: DecisionLog;
let recorder: ResidencyRecorder;
let isThere: boolean;
let errors: string[];
let writes: number;

function makeRecorder(): ResidencyRecorder {
  const { residencies } = store.history;
  return new ResidencyRecorder({
    store: {
      interrupt: () => residencies.interrupt(),
      keep: (kept) => {
        writes += 1;
        return residencies.keep(kept);
      },
    },
    decisions,
    isThere: () => isThere,
    clock,
    logger: { error: (message) => void errors.push(message) },
  });
}

beforeEach(async () => {
  clock = new VirtualClock();
  store = createMemoryStore({ clock, serverId: newId('srv', clock, seededRandom(1)) });
  decisions = new DecisionLog();
  [isThere, errors, writes] = [true, [], 0];
  await store.start();
  recorder = makeRecorder();
  await recorder.start();
});
afterEach(() => store.stop());

const look = (...instances: readonly Instance[]) =>
  recorder.look(new Map(instances.map((one) => [one.id, one])));

/** What is written when everything that is due has been. */
async function written(): Promise<readonly Residency[]> {
  clock.advance(0);
  for (let i = 0; i < 20; i += 1) await Promise.resolve();
  const list = await store.history.residencies.list({ from: 0, to: 1e15, atLeastMs: 0, limit: 100 });
  return list.stays as unknown as readonly Residency[];
}

function decide(kind: NewDecision['kind'], name: string, explanation: string): void {
  decisions.add({
    at: clock.now(),
    kind,
    backendId: BACKEND,
    jobId: null,
    cellId: null,
    modelName: name,
    instanceId: stableId('ins', name) as InstanceId,
    gpuId: null,
    bytes: null,
    inFavourOf: null,
    jobCount: 0,
    explanation,
  });
}

function ended(name: string, over: Partial<JobChange> = {}): JobChange {
  const job = {
    id: 'job_1' as JobId,
    status: 'COMPLETE',
    instanceId: stableId('ins', name),
  } as unknown as Job;
  return { job, previousStatus: 'RUNNING', ...over };
}

test('A stay says when it loaded, was ready, was to go and had gone, and why, in the words of the decisions', async () => {
  const at = clock.now();
  decide('LOAD', 'a', 'A job waits.');
  const a = instance('a');
  look(a);
  expect(await written()).toMatchObject([
    { loadingAt: at, readyAt: null, goneAt: null, reason: 'A job waits.', endReason: null, bytes: 100 },
  ]);
  clock.advance(1_000);
  const ready = {
    ...a,
    status: 'READY' as const,
    loadedAt: clock.now(),
    footprint: [{ gpuId: GPU, bytes: 90 }],
  };
  look(ready);
  expect(await written()).toMatchObject([{ readyAt: at + 1_000, endingAt: null, bytes: 90 }]);
  clock.advance(1_000);
  decide('DRAIN', 'a', 'Makes room for b.');
  look({ ...ready, status: 'DRAINING' });
  clock.advance(500);
  decide('UNLOAD', 'a', 'Its last job is done.');
  look({ ...ready, status: 'UNLOADING' });
  clock.advance(500);
  look();
  expect(await written()).toMatchObject([
    { endingAt: at + 2_000, goneAt: at + 3_000, reason: 'A job waits.', endReason: 'Makes room for b.' },
  ]);
});

describe('A stay that ends without a decision says what became of it', () => {
  const ready = () => instance('a', { status: 'READY', loadedAt: clock.now() });
  test('when its server let go of it', async () => {
    look(ready());
    look();
    expect(await written()).toMatchObject([{ endReason: expect.stringMatching(/went without being told/) }]);
  });
  test('when its server is lost', async () => {
    look(ready());
    isThere = false;
    look();
    expect(await written()).toMatchObject([{ endReason: expect.stringMatching(/answers no more/) }]);
  });
  test('when its load failed', async () => {
    decide('LOAD', 'a', 'A job waits.');
    look(instance('a'));
    decide('LOAD', 'a', 'The load failed (no memory).');
    look(instance('a', { status: 'FAILED' }));
    look();
    expect(await written()).toMatchObject([
      { reason: 'A job waits.', readyAt: null, endReason: 'The load failed (no memory).' },
    ]);
  });
});

test('Jobs that end on it are counted, and written with a change of it or after ten seconds, not each', async () => {
  const ready = instance('a', { status: 'READY', loadedAt: clock.now() });
  look(ready);
  await written();
  const before = writes;
  for (let i = 0; i < 500; i += 1) recorder.jobsChanged([ended('a')]);
  recorder.jobsChanged([
    ended('a', { previousStatus: 'PENDING' }),
    ended('b'),
    ended('a', { job: { ...ended('a').job, status: 'PENDING' } }),
  ]);
  expect(await written()).toMatchObject([{ jobs: 0 }]);
  clock.advance(9_999);
  expect([await written(), writes]).toMatchObject([[{ jobs: 0 }], before]);
  clock.advance(1);
  expect([await written(), writes]).toMatchObject([[{ jobs: 500 }], before + 1]);
  recorder.jobsChanged([ended('a')]);
  look();
  expect([await written(), writes]).toMatchObject([[{ jobs: 501 }], before + 2]);
});

describe('After the end of a server', () => {
  const ready = (name: string, over: Partial<Instance> = {}) =>
    instance(name, { status: 'READY', loadedAt: clock.now(), ...over });

  async function again(crashed: boolean): Promise<void> {
    if (!crashed) await recorder.stop();
    clock.advance(60_000);
    decisions = new DecisionLog();
    recorder = makeRecorder();
    await recorder.start();
  }

  for (const crashed of [true, false]) {
    const how = crashed ? 'that crashed' : 'that was stopped';
    test(`${how}, what is found in memory goes on, and the rest had ended`, async () => {
      const at = clock.now();
      decide('LOAD', 'a', 'A job waits.');
      look(ready('a'), ready('b'));
      recorder.jobsChanged([ended('a')]);
      clock.advance(10_000);
      await written();
      await again(crashed);
      expect((await written()).every(({ goneAt }) => goneAt !== null && goneAt <= at + 10_000)).toBe(true);
      const found = newId('ins', clock, seededRandom(2));
      look(ready('a', { id: found, adopted: true, loadStartedAt: clock.now() }));
      const stays = await written();
      expect(stays).toHaveLength(2);
      expect(stays.find(({ modelName }) => modelName === 'a')).toMatchObject({
        instanceId: found,
        loadingAt: at,
        goneAt: null,
        endReason: null,
        reason: 'A job waits.',
        jobs: 1,
      });
      expect(stays.find(({ modelName }) => modelName === 'b')).toMatchObject({
        goneAt: expect.any(Number),
        endReason: expect.stringMatching(/server/),
      });
    });
  }

  test('what has another context, other weights or another backend is a stay of its own', async () => {
    look(ready('a'));
    await written();
    await again(true);
    const variant = instance('a').variant;
    look(
      ready('x', { adopted: true, variant: { ...variant, contextLength: 8_192 } }),
      ready('y', { adopted: true, variant: { ...variant, weights: 'w-other' } }),
      ready('z', { adopted: true, variant, backendId: stableId('bkd', 'other') as BackendId }),
      ready('loaded by us', { variant }),
    );
    expect(await written()).toHaveLength(5);
  });

  test('what is not found within five minutes is not the same any more', async () => {
    look(ready('a'));
    await written();
    await again(true);
    clock.advance(300_000);
    await written();
    look(ready('late', { adopted: true, variant: instance('a').variant }));
    expect(await written()).toHaveLength(2);
    expect(await store.history.residencies.interrupt()).toHaveLength(1);
  });
});

test('While nothing can be written the newest is remembered, and written when it can be again', async () => {
  const { keep } = store.history.residencies;
  store.history.residencies.keep = () => Promise.reject(new Error('The disk is full.'));
  look(instance('a', { status: 'READY', loadedAt: clock.now() }));
  await written();
  look();
  expect(await written()).toEqual([]);
  expect(errors).not.toEqual([]);
  store.history.residencies.keep = keep;
  clock.advance(10_000);
  expect(await written()).toMatchObject([{ goneAt: expect.any(Number) }]);
});
