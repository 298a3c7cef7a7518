/** When the cards are looked at again after an instance has gone. */

import { expect, test } from 'vitest';
import { stableId } from '../../src/domain/ids.ts';
import { GiB } from '../../src/domain/units.ts';
import { UNSEEN } from '../../src/scheduler/probed-memory.ts';
import { type BackendSettings, initialState, withInstance } from '../../src/scheduler/state.ts';
import { step } from '../../src/scheduler/step.ts';

const backendId = stableId('bkd', 'box');
const instanceId = stableId('ins', 'a');
const gpuId = stableId('gpu', 'box', '0');

function effectsOfRelease(mode: BackendSettings['mode']) {
  const before = initialState([
    {
      id: backendId,
      name: 'box',
      mode,
      url: 'http://box',
      capabilities: {
        loadChannels: 2,
        hasBeliefs: false,
        placement: mode === 'MANAGED' ? 'caller' : 'server',
        hostBytesPerInstance: 0,
      },
      maxLoadedModels: null,
      headroomBytes: 0,
      parallel: 1,
      hasProbe: true,
      probeIntervalMs: 1_000,
    },
  ]);
  const leaving = withInstance(before, {
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
    releasedAt: null,
    pinned: false,
    expectedLoadMs: 1_000,
    freeBeforeLoad: new Map(),
    strikes: 0,
    reportedBytes: GiB,
    driverBytes: 0,
    probed: UNSEEN,
    jobs: new Set(),
    asking: 0,
  });
  const world = { demand: [], resolve: () => null, hasListed: () => true, newInstanceId: () => instanceId };
  return step(leaving, { type: 'unloaded', instanceId }, world, 3).effects;
}

test('at once where it was a process of ours: it holds nothing any more, and a load may wait for its room', () => {
  expect(effectsOfRelease('MANAGED')).toEqual([{ type: 'poke', backendId, when: 'now' }]);
});

test('a moment later where another server has to let go', () => {
  expect(effectsOfRelease('ATTACHED')).toEqual([{ type: 'poke', backendId, when: 'soon' }]);
});
