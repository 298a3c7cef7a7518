/** A pull outside changes what a name means while the old weights are in memory. */
import { expect, test } from 'vitest';
import { seededRandom } from '../../src/clock.ts';
import { GiB } from '../../src/domain/units.ts';
import { SimulatedWorld } from './simulated-world.ts';

const NAME = 'a:latest';

test('what is in memory of the old weights drains, gets no new job, and makes room for the new ones', () => {
  const models = [{ name: NAME, bytes: 16 * GiB, loadMs: 1_000, runMs: 8_000, parallel: 1 }];
  const w = new SimulatedWorld({ models, random: seededRandom(1) });
  const before = w.submit(NAME);
  w.run(4_000);
  const old = [...w.loop.state.instances.keys()];
  const after = w.submit(NAME);
  w.pull(NAME);
  // It is not taken for somebody's load of the new ones.
  expect([...w.loop.state.instances.values()]).toMatchObject([{ id: old[0], status: 'DRAINING' }]);
  w.run(30_000);
  expect(before.finishedAt).not.toBeNull();
  expect(after.finishedAt).not.toBeNull();
  expect(w.loads).toHaveLength(2);
  expect([...w.loop.state.instances.values()]).toMatchObject([{ variant: { weights: `${NAME}+` } }]);
  expect(
    w.loop.decisions.all().some(({ explanation }) => /other weights since a pull/.test(explanation)),
  ).toBe(true);
  expect(w.violations).toEqual([]);
});
