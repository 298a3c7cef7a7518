/** For which loads Ollama evicts, of what no name means any more, and nobody else. Its rule is findRunnerToUnload in server/sched.go. */
import { describe, expect, it } from 'vitest';
import { stableId } from '../../src/domain/ids.ts';
import { GiB } from '../../src/domain/units.ts';
import { evictedFor, fitWithout } from '../../src/scheduler/decide/fit.ts';
import type { BackendSnapshot, InstanceSnapshot, LoadOption } from '../../src/scheduler/decide/snapshot.ts';

const gpuId = stableId('gpu', 'card');
const backendId = stableId('bkd', 'box');

interface Resident extends Partial<InstanceSnapshot> {
  /** Decides the order in which Ollama evicts. */
  readonly weights: string;
  readonly gib: number;
}

const orphan = (weights: string, gib: number): Resident => ({
  weights,
  gib,
  status: 'UNLOADING',
  nameless: true,
});
const ours = (weights: string, gib: number, more: Partial<InstanceSnapshot> = {}): Resident => ({
  weights,
  gib,
  status: 'READY',
  ...more,
});

/** A card of 24 GiB, read as it is by a server that believes what it reads. */
function box(residents: readonly Resident[], more: Partial<BackendSnapshot> = {}): BackendSnapshot {
  let freeBytes = 24 * GiB;
  const instances = residents.map(({ weights, gib, ...rest }) => {
    const freeBeforeLoad = new Map([[gpuId, freeBytes]]);
    freeBytes -= gib * GiB;
    return {
      id: stableId('ins', weights),
      backendId,
      variant: { modelName: weights, weights, contextLength: 4096, options: {}, embedding: false },
      footprint: [{ gpuId, bytes: gib * GiB }],
      reportedBytes: gib * GiB,
      freeBeforeLoad,
      activeJobs: 0,
      hostBytes: 0,
      nameless: false,
      pinned: false,
      adopted: false,
      ...rest,
    } as InstanceSnapshot;
  });
  const all = 24 * GiB;
  const gpu = { id: gpuId, freeBytes, capacityBytes: all, emptyBytes: all, totalBytes: all };
  return {
    id: backendId,
    admitsByItself: true,
    maxLoadedModels: 3,
    host: null,
    gpus: [
      { ...gpu, headroomBytes: 0, movingBytes: 0, reservedBytes: 0, deficitBytes: 0, deficitSince: null },
    ],
    instances,
    ...more,
  } as BackendSnapshot;
}

function wanted(gib: number): LoadOption {
  const bytes = gib * GiB;
  const variant = { modelName: 'new', weights: 'new', contextLength: 4096, options: {}, embedding: false };
  return { backendId, variant, footprintBytes: bytes, predictedByServerBytes: bytes } as LoadOption;
}

const evicted = (option: LoadOption, backend: BackendSnapshot) =>
  evictedFor(option, backend).map(({ variant }) => variant.weights);

describe('a load that fits only without weights that have no name', () => {
  it.each<[what: string, gib: number, residents: readonly Resident[], expected: readonly string[]]>([
    ['is sent where they are alone', 16, [orphan('a', 16)], ['a']],
    ['is not needed where it fits beside them', 4, [orphan('a', 8)], []],
    [
      'takes as few of them as it needs, in the order of the server',
      12,
      [orphan('b', 8), orphan('a', 8)],
      ['a'],
    ],
    ['takes all of them where it needs that', 19, [orphan('a', 8), orphan('b', 8)], ['a', 'b']],
    ['is sent beside a resident that the server takes later', 8, [ours('b', 2), orphan('a', 16)], ['a']],
    ['is not sent where the server would take another first', 8, [ours('a', 2), orphan('b', 16)], []],
    ['is sent where that one is at work', 8, [ours('a', 2, { activeJobs: 1 }), orphan('b', 16)], ['b']],
    [
      'is sent where that one is pinned, and would be back',
      8,
      [ours('a', 2, { pinned: true }), orphan('b', 16)],
      ['b'],
    ],
    [
      'is not sent where others loaded one that may go first',
      8,
      [ours('b', 2, { adopted: true }), orphan('a', 16)],
      [],
    ],
    ['waits for those that a name can unload', 16, [{ ...orphan('a', 16), nameless: false }], []],
    ['waits for those that still run something', 16, [{ ...orphan('a', 16), status: 'DRAINING' }], []],
    ['is not sent where it fits on no account', 30, [orphan('a', 16)], []],
  ])('%s', (_what, gib, residents, expected) => {
    const backend = box(residents);
    expect(evicted(wanted(gib), backend)).toEqual(expected);
    if (expected.length > 0)
      expect(fitWithout(wanted(gib), backend, [])).toEqual([{ gpuId, bytes: gib * GiB }]);
  });

  it('is sent where the number of models makes the server evict', () => {
    expect(evicted(wanted(1), box([orphan('a', 1)], { maxLoadedModels: 1 }))).toEqual(['a']);
  });

  it('is not sent where what is reserved would look free to the server, which would evict nobody', () => {
    const backend = box([orphan('a', 4), ours('b', 2)]);
    const [gpu] = backend.gpus;
    if (!gpu) throw new Error('There is no card.');
    const reserved = { ...gpu, freeBytes: 2 * GiB, reservedBytes: 16 * GiB, capacityBytes: 8 * GiB };
    expect(evicted(wanted(4), { ...backend, gpus: [reserved] })).toEqual([]);
  });

  it('makes the rest of the residents leave first where the server would take them', () => {
    const backend = box([ours('a', 2), orphan('b', 16)]);
    const [first] = backend.instances;
    if (!first) throw new Error('Nothing is there.');
    expect(fitWithout(wanted(8), backend, [])).toBeNull();
    expect(fitWithout(wanted(8), backend, [first])).toEqual([{ gpuId, bytes: 8 * GiB }]);
  });
});
