import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { seededRandom } from '../../src/clock.ts';
import { GiB } from '../../src/domain/units.ts';
import type { ClusterModel } from './cluster-models.ts';
import { drive } from './random-drive.ts';
import { SimulatedCluster } from './simulated-cluster.ts';

describe('a cluster that is driven at random', () => {
  it('overdraws no card, tells no pinned or loading instance to go, sends jobs to ready instances only, and finishes them all', () => {
    fc.assert(
      fc.property(fc.integer(), (seed) => {
        const { violations, unfinished } = drive(seed, 120);
        expect({ violations, unfinished }).toEqual({ violations: [], unfinished: 0 });
      }),
      { numRuns: 25 },
    );
  });
});

describe('two swaps that end together', () => {
  const model = (name: string, gib: number): ClusterModel => ({
    name,
    bytes: gib * GiB,
    loadMs: 2_000,
    runMs: 1_000,
  });

  it.each([
    ['two cards', [24, 24], ['s0', 's1'], [20, 20], [20, 20]],
    ['three cards', [24, 24, 24], ['s0', 's1', 's2'], [20, 20, 20], [14, 16, 18]],
    ['cards of different sizes', [24, 48], ['s0', 's1'], [20, 40], [22, 40]],
  ])('find room beside each other on %s', (_what, cards, _names, before, after) => {
    const models = [
      ...before.map((gib, i) => model(`old${i}`, gib)),
      ...after.map((gib, i) => model(`new${i}`, gib)),
    ];
    const servers = [{ name: 'rig', cards: cards.map((gib) => gib * GiB) }];
    const cluster = new SimulatedCluster({ servers, models, random: seededRandom(3) });
    for (const i of before.keys()) cluster.submit({ model: `old${i}` });
    cluster.runUntilDone(60_000);
    for (const i of after.keys()) cluster.submit({ model: `new${i}` });
    cluster.runUntilDone(60_000);
    expect(cluster.rules.violations).toEqual([]);
    expect(cluster.jobs.unfinished).toBe(0);
    expect(cluster.loads).toHaveLength(before.length + after.length);
  });
});
