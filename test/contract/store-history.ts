/** The past: stays in memory, and figures over time. */
import { expect, test } from 'vitest';
import { systemRandom, VirtualClock } from '../../src/clock.ts';
import {
  type Decision,
  type DecisionKind,
  type KeptDecisions,
  MOST_DECISIONS,
  NO_DECISIONS,
} from '../../src/domain/decision.ts';
import { HISTORY_MS } from '../../src/domain/history-store.ts';
import { type GpuId, type InstanceId, newId, stableId } from '../../src/domain/ids.ts';
import type { Residency, ResidencyQuery } from '../../src/domain/residency.ts';
import { FINEST_MS, NO_COUNTS, type Sample, type SampleCounts, TIERS } from '../../src/domain/sample.ts';
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

/** As a log gives them out. */
function decided(kinds: readonly DecisionKind[], at: number, before = NO_DECISIONS): KeptDecisions {
  const counts = { ...before.counts };
  const made = kinds.map((kind, place): Decision => {
    counts[kind] += 1;
    return {
      sequence: before.sequence + place + 1,
      ofKind: counts[kind],
      at,
      kind,
      backendId: null,
      jobId: null,
      cellId: null,
      modelName: 'qwen3:8b',
      instanceId: null,
      gpuId: null,
      bytes: 5,
      inFavourOf: null,
      jobCount: 0,
      explanation: `It is ${kind}.`,
    };
  });
  return { decisions: made, end: { sequence: before.sequence + kinds.length, counts } };
}

export function storeHistoryContract(current: CurrentStore): void {
  test('Decisions are kept in order, of each lane the newest, and how many there have been of each kind', async () => {
    const { store, clock } = current();
    const { decisions } = store.history;
    expect(await decisions.recall()).toEqual({ decisions: [], end: NO_DECISIONS });
    const { dispatches } = MOST_DECISIONS;
    const first = decided(['LOAD', 'DISPATCH', 'UNLOAD'], clock.now());
    await decisions.keep(first);
    expect(await decisions.recall()).toEqual(first);
    const many = decided(Array(dispatches).fill('DISPATCH'), clock.now(), first.end);
    await decisions.keep(many);
    const kept = await decisions.recall();
    expect(kept.end).toEqual(many.end);
    expect(kept.decisions.map(({ sequence }) => sequence)).toEqual([
      1,
      3,
      ...many.decisions.map(({ sequence }) => sequence),
    ]);
    clock.advance(HISTORY_MS + 1);
    const last = decided(['WAIT'], clock.now(), many.end);
    await decisions.keep(last);
    expect(await decisions.recall()).toEqual(last);
  });

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

  test('Samples become coarser ones as their time is over, and are read at equal steps, nulls where there are none', async () => {
    const { store, clock } = current();
    const { samples } = store.history;
    const start = Math.ceil(clock.now() / FIFTEEN_MS) * FIFTEEN_MS;
    clock.advance(start - clock.now());
    // Half an hour, in which two minutes are missing.
    for (let at = start; at < start + 2 * FIFTEEN_MS; at += FINEST_MS) {
      clock.advance(FINEST_MS);
      if (at >= start + 600_000 && at < start + 720_000) continue;
      await samples.keep(at, sampleOf({ submitted: 1 }, at - start));
    }
    const minutes = { from: start, to: start + 2 * FIFTEEN_MS, stepMs: 60_000 };
    for (const tier of TIERS.slice(0, 2)) {
      const { samples: read, from } = await samples.series({ ...minutes, tier });
      expect(from).toBe(start);
      expect(read).toHaveLength(30);
      expect(read.map((one) => one?.counts.submitted ?? null)).toEqual(
        Array.from({ length: 30 }, (_, minute) => (minute === 10 || minute === 11 ? null : 6)),
      );
      // The mean of what was read, and of what stands at the end the last.
      expect(read[1]).toMatchObject({ gpus: [{ readings: 6, usedBytes: 85_000 }], waiting: 110_000 });
    }
    const coarse = await samples.series({ ...minutes, stepMs: FIFTEEN_MS, tier: TIERS[2] });
    expect(coarse.samples.map((one) => one?.counts.submitted)).toEqual([78, 90]);
  });

  test('What was ever counted is added up, whatever of it is forgotten', async () => {
    const { store, clock } = current();
    const { samples } = store.history;
    expect(await samples.lifetime()).toBeNull();
    const start = Math.ceil(clock.now() / FIFTEEN_MS) * FIFTEEN_MS;
    clock.advance(start - clock.now());
    await samples.keep(start, sampleOf({ completed: 2, promptTokens: 2 ** 40 }, 0));
    await samples.keep(start, sampleOf({ completed: 1 }, 0));
    clock.advance(TIERS[2].keptMs + FIFTEEN_MS);
    await samples.keep(start + TIERS[2].keptMs + FIFTEEN_MS, sampleOf({ loadTimeMs: 700 }, 0));
    expect(await samples.lifetime()).toEqual({
      since: start,
      counts: { ...NO_COUNTS, completed: 3, promptTokens: 2 ** 40, loadTimeMs: 700 },
    });
  });

  test('Two samples of one time are one, and old fine ones are forgotten while coarse ones stay', async () => {
    const { store, clock } = current();
    const { samples } = store.history;
    const start = Math.ceil(clock.now() / FIFTEEN_MS) * FIFTEEN_MS;
    clock.advance(start - clock.now() + FINEST_MS);
    await samples.keep(start, sampleOf({ failed: 1 }, 3));
    await samples.keep(start, sampleOf({ failed: 2 }, 5));
    const range = { from: start, to: start + FIFTEEN_MS, stepMs: FIFTEEN_MS };
    const failed = async (place: number) => {
      const tier = TIERS[place];
      if (!tier) throw new Error('There are three.');
      const { samples: read } = await samples.series({ ...range, tier });
      return read.map((one) => one?.counts.failed ?? null);
    };
    expect(await failed(0)).toEqual([3]);
    clock.advance(TIERS[0].keptMs + FIFTEEN_MS);
    await samples.keep(Math.floor(clock.now() / FINEST_MS) * FINEST_MS, sampleOf({}, 0));
    expect([await failed(0), await failed(1), await failed(2)]).toEqual([[null], [3], [3]]);
    clock.advance(TIERS[1].keptMs + FIFTEEN_MS);
    await samples.keep(Math.floor(clock.now() / FINEST_MS) * FINEST_MS, sampleOf({}, 0));
    expect([await failed(1), await failed(2)]).toEqual([[null], [3]]);
    clock.advance(TIERS[2].keptMs + FIFTEEN_MS);
    await samples.keep(Math.floor(clock.now() / FINEST_MS) * FINEST_MS, sampleOf({}, 0));
    expect(await failed(2)).toEqual([null]);
  });
}

const FIFTEEN_MS = TIERS[2].stepMs;

/** Of which the one figure of memory is `figure`, as what waits. */
export function sampleOf(counts: Partial<SampleCounts>, figure: number): Sample {
  const gpu = { gpuId: GPU, readings: 1, instanceBytes: 1, foreignBytes: 1, reservedBytes: 1, freeBytes: 1 };
  return {
    gpus: [{ ...gpu, usedBytes: figure }],
    counts: { ...NO_COUNTS, ...counts },
    waiting: figure,
    running: 0,
    waits: [],
    clients: [{ client: 'alice', busyMs: 5, completed: 1 }],
  };
}
