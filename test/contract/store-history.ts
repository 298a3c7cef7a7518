/** The past: stays in memory. */
import { expect, test } from 'vitest';
import { systemRandom, VirtualClock } from '../../src/clock.ts';
import { HISTORY_MS } from '../../src/domain/history-store.ts';
import { type GpuId, type InstanceId, newId, stableId } from '../../src/domain/ids.ts';
import type { Residency, ResidencyQuery } from '../../src/domain/residency.ts';
import type { CurrentStore } from './store-contract.ts';

const idClock = new VirtualClock();
const GPU = stableId('gpu', 'box', '0') as GpuId;
const OTHER = stableId('gpu', 'box', '1') as GpuId;

export function residency(changes: Partial<Residency> = {}): Residency {
  const id: InstanceId = newId('ins', idClock, systemRandom);
  return {
    id,
    instanceId: id,
    backendId: stableId('bkd', 'box'),
    modelName: 'qwen3:8b',
    weights: 'w',
    contextLength: 4_096,
    memory: [{ gpuId: GPU, bytes: 5 }],
    loadingAt: 0,
    readyAt: null,
    endingAt: null,
    goneAt: null,
    reason: 'A job waits.',
    endReason: null,
    jobs: 0,
    interrupted: false,
    ...changes,
  };
}

const ALL: ResidencyQuery = { from: 0, to: Number.MAX_SAFE_INTEGER, atLeastMs: 0, limit: 1_000 };

export function storeHistoryContract(current: CurrentStore): void {
  test('A stay in memory is kept, changed and found by time, GPU and model', async () => {
    const { store, clock } = current();
    const { residencies } = store.history;
    const at = clock.now();
    const early = residency({ loadingAt: at, goneAt: at + 10, modelName: 'old:1' });
    const both = residency({
      loadingAt: at + 20,
      memory: [
        { gpuId: GPU, bytes: 5 },
        { gpuId: OTHER, bytes: 7 },
      ],
    });
    const nowhere = residency({ loadingAt: at + 30, memory: [], modelName: 'cpu:1' });
    await residencies.keep([early, both, nowhere]);
    await residencies.keep([{ ...both, readyAt: at + 25, jobs: 3 }]);
    const found = async (query: Partial<ResidencyQuery> = {}) =>
      (await residencies.list({ ...ALL, ...query })).stays.map(({ modelName, bytes, jobs }) => [
        modelName,
        bytes,
        jobs,
      ]);
    const onBoth = [
      ['qwen3:8b', 5, 3],
      ['qwen3:8b', 7, 3],
    ];
    expect(await found()).toHaveLength(4);
    expect(await found()).toEqual(expect.arrayContaining([...onBoth, ['old:1', 5, 0], ['cpu:1', 0, 0]]));
    expect(await found({ gpuId: OTHER })).toEqual([['qwen3:8b', 7, 3]]);
    expect(await found({ modelName: 'cpu:1' })).toEqual([['cpu:1', 0, 0]]);
    expect(await found({ to: at + 20 })).toEqual([['old:1', 5, 0]]);
    expect(await found({ from: at + 10, to: at + 21 })).toEqual(expect.arrayContaining(onBoth));
    expect(await found({ from: at + 10, to: at + 21 })).toHaveLength(2);
    const newest = await residencies.list({ ...ALL, limit: 1 });
    expect(newest).toMatchObject({ complete: false, stays: [{ modelName: 'cpu:1', gpuId: null }] });
  });

  test('Nothing of the past is kept for longer than it has to be, but for what lasts', async () => {
    const { store, clock } = current();
    const { residencies } = store.history;
    const at = clock.now();
    const gone = residency({ loadingAt: at, goneAt: at + 1, modelName: 'gone:1' });
    await residencies.keep([gone, residency({ loadingAt: at })]);
    clock.advance(HISTORY_MS + 2);
    await residencies.keep([residency({ loadingAt: clock.now(), modelName: 'new:1' })]);
    const { stays } = await residencies.list(ALL);
    expect(stays.map(({ modelName }) => modelName)).toEqual(['qwen3:8b', 'new:1']);
  });

  test('What has no end when a server begins ended with the one before it', async () => {
    const { store, clock } = current();
    const { residencies } = store.history;
    expect(await residencies.interrupt()).toEqual([]);
    const at = clock.now();
    const open = residency({ loadingAt: at, readyAt: at + 5 });
    await residencies.keep([open, residency({ loadingAt: at, goneAt: at + 7 })]);
    const [interrupted, ...more] = await residencies.interrupt();
    expect(more).toEqual([]);
    expect(interrupted).toMatchObject({ id: open.id, interrupted: true, endReason: expect.any(String) });
    expect(interrupted?.goneAt).toBeGreaterThanOrEqual(at + 5);
    if (interrupted) await residencies.keep([{ ...interrupted, interrupted: false }]);
    expect(await residencies.interrupt()).toEqual([]);
  });
}
