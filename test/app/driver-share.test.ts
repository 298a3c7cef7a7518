/** What the driver takes for an engine, from readings that tell the memory of each process. */
import { describe, expect, test } from 'vitest';
import { DriverShare } from '../../src/app/driver-share.ts';
import { stableId } from '../../src/domain/ids.ts';
import type { BackendObservation } from '../../src/domain/observation.ts';
import { GiB, MiB } from '../../src/domain/units.ts';

const backendId = stableId('bkd', 'box');
const instance = stableId('ins', 'a');
const subject = {
  backendId,
  variant: { modelName: 'a:latest', weights: 'a', contextLength: 2048, options: {}, embedding: false },
  config: { parallel: 1, kvCacheType: 'f16', flashAttention: null },
} as const;
const ENGINE = 4711;
const LOADED_AT = 1_000;

function reading(processes: Readonly<Record<number, number>>, sampledAt = LOADED_AT + 1): BackendObservation {
  const listed = Object.entries(processes).map(([pid, bytes]) => ({ pid: Number(pid), name: null, bytes }));
  return {
    backendId,
    startedAt: sampledAt,
    at: sampledAt,
    health: 'HEALTHY',
    problem: null,
    version: '0.33.0',
    residents: [],
    host: null,
    gpus: [
      {
        key: 'GPU-1',
        index: 0,
        name: 'GPU',
        totalBytes: 24 * GiB,
        usedBytes: listed.reduce((sum, { bytes }) => sum + bytes, 0),
        processes: listed,
        source: 'DRIVER',
        sampledAt,
      },
    ],
    probeProblem: null,
    models: null,
  };
}

function watch(pids: readonly number[] | undefined = [ENGINE]) {
  const learned: number[] = [];
  const share = new DriverShare((_seen, bytes) => learned.push(bytes));
  const size = { sizeBytes: 2 * GiB, vramBytes: 2 * GiB, ...(pids && { pids }) };
  share.loaded(instance, subject, size, LOADED_AT);
  return { learned, see: (seen: BackendObservation, isThere = true) => share.observed(seen, () => isThere) };
}

describe('the share of the driver', () => {
  test('is what its engine has beyond its model, others left out', () => {
    const { learned, see } = watch();
    see(reading({ [ENGINE]: 2 * GiB + 300 * MiB, 1: GiB }));
    expect(learned).toEqual([300 * MiB]);
  });

  test('is the most that was seen: an engine takes some of it at its first work', () => {
    const { learned, see } = watch();
    for (const mib of [100, 100, 350, 200]) see(reading({ [ENGINE]: 2 * GiB + mib * MiB }));
    expect(learned).toEqual([100 * MiB, 350 * MiB]);
  });

  test('is nothing where the card shows no more than the model, rounded down', () => {
    const { learned, see } = watch();
    see(reading({ [ENGINE]: 2 * GiB - MiB / 2 }));
    expect(learned).toEqual([0]);
  });

  test.each([
    ['before the load was done', reading({ [ENGINE]: 3 * GiB }, LOADED_AT)],
    ['with other pids, as in a container', reading({ 1: 3 * GiB })],
    ['that shows less than the model', reading({ [ENGINE]: GiB })],
  ])('is not learned from a reading %s', (_which, seen) => {
    const { learned, see } = watch();
    see(seen);
    expect(learned).toEqual([]);
  });

  test('is not learned of an instance that is gone, or whose processes are not known', () => {
    const { learned, see } = watch();
    see(reading({ [ENGINE]: 3 * GiB }), false);
    see(reading({ [ENGINE]: 3 * GiB }));
    const other = watch([]);
    other.see(reading({ [ENGINE]: 3 * GiB }));
    expect([...learned, ...other.learned]).toEqual([]);
  });
});
