/** Models that nobody has measured, on cards that hold them without their margin and not with it. */
import { describe, expect, test } from 'vitest';
import { seededRandom } from '../../src/clock.ts';
import { GiB } from '../../src/domain/units.ts';
import { withRoomForMargin } from '../../src/scheduler/decide/caution.ts';
import { SimulatedWorld } from './simulated-world.ts';

const MARGIN = GiB / 4;

function besideForeign(foreignBytes: number): SimulatedWorld {
  const world = new SimulatedWorld({
    models: [{ name: 'new:latest', bytes: 7 * GiB, marginBytes: MARGIN, loadMs: 500, runMs: 500 }],
    random: seededRandom(1),
    totalBytes: 8 * GiB,
  });
  world.foreignBytes = foreignBytes;
  world.run(2_000);
  world.submit('new:latest');
  world.run(10_000);
  return world;
}

test('a model is loaded beside another program that leaves room for it, and for a part of its margin', () => {
  const world = besideForeign(0.9 * GiB);
  expect(world.unfinished).toBe(0);
  expect(world.violations).toEqual([]);
});

test('a model is not loaded into less than it is predicted to take', () => {
  expect(besideForeign(1.1 * GiB).loads).toEqual([]);
});

describe('the margin that is left', () => {
  const left = (...capacities: readonly number[]) => {
    const overhead = { aloneBytes: 0.5 * GiB, splitBytes: 0.5 * GiB };
    const option = { footprintBytes: 7 * GiB + MARGIN, overhead, marginBytes: MARGIN } as never;
    const gpus = capacities.map((capacityBytes) => ({ capacityBytes: capacityBytes * GiB }));
    return withRoomForMargin(option, { gpus } as never).marginBytes / GiB;
  };

  test.each([
    ['all of it on a card with room for it', [8], 0.25],
    ['what the card has room for', [7.125], 0.125],
    ['none on a card that is just large enough', [7], 0],
    ['all of it where no card is large enough even without', [6.9], 0.25],
    ['what one of two cards has room for, rather than all over both', [4, 7.125], 0.125],
    ['what both have room for where neither holds it, with what lies on each', [3.5, 4.125], 0.125],
    ['all of it on a host without cards', [], 0.25],
  ])('is %s', (_what, capacities, margin) => {
    expect(left(...capacities)).toBe(margin);
  });
});
