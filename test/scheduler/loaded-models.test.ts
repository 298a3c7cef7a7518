/** How many models a backend may hold where nobody has said so. */

import { describe, expect, test } from 'vitest';
import { stableId } from '../../src/domain/ids.ts';
import { GiB } from '../../src/domain/units.ts';
import { snapshotOf } from '../../src/scheduler/snapshot/snapshot-of.ts';
import {
  type BackendRecord,
  type BackendSettings,
  initialState,
  withBackend,
} from '../../src/scheduler/state.ts';
import { attachedCapabilities, managedCapabilities } from '../support/capabilities.ts';

const host = { totalBytes: 64 * GiB, availableBytes: 60 * GiB, heldBytes: 0 };
const card = (index: number): NonNullable<BackendRecord['gpus']>[number] => ({
  id: stableId('gpu', 'box', String(index)),
  reading: {
    key: String(index),
    index,
    name: 'GPU',
    totalBytes: 24 * GiB,
    usedBytes: 0,
    processes: [],
    source: 'DRIVER',
    sampledAt: 0,
  },
  foreignBytes: 0,
  deficitSince: null,
});

function mostOf(
  mode: BackendSettings['mode'],
  { cards, watched = true }: { readonly cards: number; readonly watched?: boolean },
  maxLoadedModels: number | null = null,
): number | undefined {
  const settings: BackendSettings = {
    id: stableId('bkd', 'box'),
    name: 'box',
    mode,
    url: 'http://box',
    capabilities:
      mode === 'MANAGED' ? managedCapabilities({ hostBytesPerInstance: GiB }) : attachedCapabilities(),
    maxLoadedModels,
    headroomBytes: 0,
    parallel: 1,
    hasProbe: true,
    probeIntervalMs: 1_000,
  };
  const state = initialState([settings]);
  const record = state.backends.get(settings.id);
  if (!record) throw new Error('The backend is not in the state.');
  const gpus = Array.from({ length: cards }, (_, index) => card(index));
  const read = withBackend(state, { ...record, gpus, host: watched ? host : null });
  return snapshotOf(read, [], [], 0).backends[0]?.maxLoadedModels;
}

describe('a server of somebody else', () => {
  test('holds three models for each GPU, as Ollama does by itself', () => {
    expect([0, 1, 2].map((cards) => mostOf('ATTACHED', { cards }))).toEqual([3, 3, 6]);
  });

  test('holds as many as the settings say', () => {
    expect(mostOf('ATTACHED', { cards: 1 }, 5)).toBe(5);
  });
});

describe('a managed backend', () => {
  test('holds as many as there is memory for', () => {
    expect(mostOf('MANAGED', { cards: 1 })).toBe(Number.POSITIVE_INFINITY);
    expect(mostOf('MANAGED', { cards: 0 })).toBe(Number.POSITIVE_INFINITY);
  });

  test('holds three while neither a GPU nor the memory of its host is known', () => {
    expect(mostOf('MANAGED', { cards: 0, watched: false })).toBe(3);
  });
});
