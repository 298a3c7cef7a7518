/** When the memory of an instance that was unloaded counts as back, and what is asked of the cards for that. */

import { describe, expect, test } from 'vitest';
import { stableId } from '../../src/domain/ids.ts';
import type { BackendObservation } from '../../src/domain/observation.ts';
import { GiB, MiB } from '../../src/domain/units.ts';
import { VersionedMap } from '../../src/domain/versioned-map.ts';
import { USUAL_POLICY } from '../../src/scheduler/decide/decide.ts';
import { UNSEEN } from '../../src/scheduler/observe/probed-memory.ts';
import { NO_STRIKES } from '../../src/scheduler/runs/strikes.ts';
import {
  type BackendSettings,
  type InstanceRecord,
  initialState,
  type SchedulerState,
  withInstance,
} from '../../src/scheduler/state.ts';
import { type Step, step } from '../../src/scheduler/step.ts';
import { attachedCapabilities, managedCapabilities } from '../support/capabilities.ts';

const backendId = stableId('bkd', 'box');
const instanceId = stableId('ins', 'a');
const gpuId = stableId('gpu', 'box', '0');
const world = {
  demand: [],
  clients: VersionedMap.of<string, number>(),
  resolve: () => null,
  hasListed: () => true,
  isNamed: () => true,
  newInstanceId: () => instanceId,
};

/** Told to go at 10, with 1 GiB on the only card. */
function leaving(mode: BackendSettings['mode'], change: Partial<InstanceRecord> = {}): SchedulerState {
  const before = initialState([
    {
      id: backendId,
      name: 'box',
      mode,
      url: 'http://box',
      capabilities: mode === 'MANAGED' ? managedCapabilities() : attachedCapabilities(),
      maxLoadedModels: null,
      headroomBytes: 0,
      parallel: 1,
      hasProbe: true,
      probeIntervalMs: 1_000,
    },
  ]);
  const state = withInstance(before, {
    id: instanceId,
    backendId,
    variant: { modelName: 'a:latest', weights: 'a', contextLength: 2048, options: {}, embedding: false },
    config: { parallel: 1, kvCacheType: 'f16', flashAttention: null },
    status: 'UNLOADING',
    footprint: [{ gpuId, bytes: GiB }],
    hostBytes: 0,
    spilled: false,
    adopted: false,
    loadStartedAt: 0,
    loadedAt: 1,
    lastUsedAt: 2,
    activeJobs: 0,
    keepAliveMs: null,
    suspectSince: null,
    unloadStartedAt: 10,
    unloadedAt: null,
    pinned: false,
    nameless: false,
    yielded: false,
    unwanted: false,
    expectedLoadMs: 1_000,
    freeBeforeLoad: new Map(),
    strikes: NO_STRIKES,
    claimedAt: {},
    busySince: 0,
    overdue: new Set(),
    overdueCreditMs: 0,
    reportedBytes: GiB,
    driverBytes: 0,
    probed: UNSEEN,
    jobs: [],
    asking: 0,
    ...change,
  });
  return read(state, 5, GiB).state;
}

function read(
  state: SchedulerState,
  at: number,
  usedBytes: number,
  change: Partial<BackendObservation> = {},
): Step {
  const observation: BackendObservation = {
    backendId,
    startedAt: at,
    at: at + 5,
    health: 'HEALTHY',
    problem: null,
    version: '0.33.0',
    residents: null,
    host: null,
    gpus: [
      {
        key: '0',
        index: 0,
        name: 'Card',
        totalBytes: 8 * GiB,
        usedBytes,
        processes: [],
        source: 'DRIVER',
        sampledAt: at,
      },
    ],
    gpuIntervalMs: 1_000,
    probeProblem: null,
    models: null,
    ...change,
  };
  return step(state, { type: 'observed', observation }, world, USUAL_POLICY, at + 5);
}

const release = (state: SchedulerState, at: number) =>
  step(state, { type: 'unloaded', instanceId }, world, USUAL_POLICY, at);
const isThere = ({ state }: Step) => state.instances.has(instanceId);
const atOnce = (since: number) => ({ type: 'poke', backendId, when: 'now', since });
const soon = { type: 'poke', backendId, when: 'soon' };

describe('of a process of ours', () => {
  test('a reading is wanted at once, as a load may wait for its room; one since it was told to go will do', () => {
    const released = release(leaving('MANAGED'), 20);
    expect(released.effects).toEqual([atOnce(10)]);
    expect(isThere(released)).toBe(true);
    expect(isThere(read(released.state, 21, 0))).toBe(false);
  });

  test('a reading from the time of its end that shows the memory back needs no other', () => {
    const read12 = read(leaving('MANAGED'), 12, 10 * MiB);
    expect(isThere(read12)).toBe(true);
    const released = release(read12.state, 20);
    expect(released.effects).toEqual([]);
    expect(isThere(released)).toBe(false);
  });

  test('a reading from the time of its end that still shows it is followed by one from after the end', () => {
    const released = release(leaving('MANAGED'), 20);
    const seen = read(released.state, 12, GiB);
    expect(isThere(seen)).toBe(true);
    expect(seen.effects).toEqual([atOnce(20)]);
    const again = read(seen.state, 22, GiB);
    expect(isThere(again)).toBe(true);
    expect(again.effects).toEqual([soon]);
    expect(isThere(read(again.state, 30, 0))).toBe(false);
  });

  test('a reading from before it was told to go proves nothing', () => {
    const state = read(leaving('MANAGED'), 9, 0).state;
    expect(isThere(release(state, 20))).toBe(true);
  });

  test('what failed to load may go on taking more until its end: only a reading from after that counts', () => {
    const failed = read(leaving('MANAGED', { loadedAt: null, reportedBytes: null }), 12, 0);
    const released = release(failed.state, 20);
    expect(isThere(released)).toBe(true);
    expect(released.effects).toEqual([atOnce(20)]);
    expect(isThere(read(released.state, 21, 0))).toBe(false);
  });
});

test('a reading of the memory alone leaves other programs where they were, and drops who of ours has ended', () => {
  const held = (pid: number) => ({ pid, name: null, bytes: GiB });
  const state = leaving('MANAGED');
  const [gpu] = state.backends.get(backendId)?.gpus ?? [];
  if (!gpu) throw new Error('There is no card.');
  const full = { gpus: [{ ...gpu.reading, sampledAt: 6, processes: [held(7), held(8)] }], ownPids: [7] };
  const seen = read(state, 6, 2 * GiB, full).state;
  const later = read(seen, 12, GiB, { gpuDetail: 'memory', ownPids: [] }).state;
  const [after] = later.backends.get(backendId)?.gpus ?? [];
  expect(after?.reading).toMatchObject({ usedBytes: GiB, sampledAt: 12, processes: [held(8)] });
});

test('of another server it is looked for a moment later, as that gives it back a little after its word', () => {
  const released = release(leaving('ATTACHED'), 20);
  expect(released.effects).toEqual([soon]);
  expect(isThere(released)).toBe(true);
});

test('memory that does not come back is counted as others’ after five seconds', () => {
  const released = release(leaving('MANAGED'), 20);
  const before = read(released.state, 4_900, GiB);
  expect(isThere(before)).toBe(true);
  const after = read(before.state, 5_100, GiB);
  expect(isThere(after)).toBe(false);
  expect(after.state.backends.get(backendId)?.gpus?.[0]?.foreignBytes).toBe(GiB);
});
