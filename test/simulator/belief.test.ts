import { describe, expect, test } from 'vitest';
import { seededRandom } from '../../src/clock.ts';
import { EventClock } from '../../src/simulator/event-clock.ts';
import { type Loaded, Machine } from '../../src/simulator/machine/machine.ts';
import { believedFree, recoveryMs } from '../../src/simulator/server/belief.ts';
import { Runner } from '../../src/simulator/server/runner.ts';
import type { SimulatedModel } from '../../src/simulator/workload/workload.ts';
import { GB, model, SMALL } from './support.ts';

describe('what is believed to be free', () => {
  const clock = new EventClock();
  const machine = new Machine(clock, SMALL);
  const load = (of: SimulatedModel): Loaded => {
    const loaded = machine.load(of, [{ gpu: 0, bytes: of.bytes }], () => {});
    if (!loaded) throw new Error('It does not fit.');
    return loaded;
  };
  const [a, b] = [load(model('a', 4)), load(model('b', 3))];
  while (clock.step());
  const free = (runners: readonly Loaded[], belief: 'frozen' | 'true', seed = 1) =>
    believedFree(
      belief,
      machine,
      runners.map((loaded) => new Runner(loaded, 0)),
      seededRandom(seed),
    )[0];

  test('is what one of the residents remembers, less what the others take', () => {
    // a saw 10 GB and left 6; b saw 6 and left 3; both together leave 3.
    expect(free([a, b], 'frozen')).toBe(3 * GB);
  });

  test('leaves out what came back after its load', () => {
    machine.unload(a, () => {});
    while (clock.step());
    expect(machine.freeBytes(0)).toBe(7 * GB);
    expect(free([b], 'frozen')).toBe(3 * GB);
    expect(free([b], 'true')).toBe(7 * GB);
    expect(free([], 'frozen')).toBe(7 * GB);
  });
});

test('of k residents one happens to be asked that sees the memory come back: the others stand still for five seconds', () => {
  const random = seededRandom(1);
  const share = (residents: number) =>
    Array.from({ length: 4_000 }, () => recoveryMs('frozen', residents, random)).filter((ms) => ms === 5_000)
      .length / 4_000;
  expect(share(2)).toBeCloseTo(1 / 2, 1);
  expect(share(4)).toBeCloseTo(3 / 4, 1);
  expect(recoveryMs('frozen', 1, random)).toBe('when-free');
  expect(recoveryMs('true', 4, random)).toBe('when-free');
});
