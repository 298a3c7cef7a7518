/** A model larger than every card: refused, unless it may be partly on the CPU; then it gets what the cards can give, and no less. */
import { describe, expect, test } from 'vitest';
import { seededRandom } from '../../src/clock.ts';
import { GiB } from '../../src/domain/units.ts';
import { SimulatedWorld, type WorldModel } from './simulated-world.ts';

const HUGE = 'huge:latest';
const SMALL = 'small:latest';
const model = (name: string, gib: number, partialOffload = false): WorldModel => ({
  name,
  bytes: gib * GiB,
  loadMs: 1_000,
  runMs: 1_000,
  partialOffload,
});
const world = (...models: WorldModel[]) => new SimulatedWorld({ models, random: seededRandom(1) });

describe('a model larger than the card', () => {
  test('waits where nobody allowed it to be partly on the CPU', () => {
    const w = world(model(HUGE, 40));
    w.submit(HUGE);
    w.run(20_000);
    expect(w.loads).toEqual([]);
  });

  test('takes the whole card where it is allowed, after others have left, and leaves for them again', () => {
    const w = world(model(HUGE, 40, true), model(SMALL, 2));
    w.submit(SMALL);
    w.run(6_000);
    w.submit(HUGE);
    w.run(10_000);
    expect(w.residents()).toEqual([HUGE]);
    const [instance] = w.loop.state.instances.values();
    expect(instance).toMatchObject({ spilled: true, partialOffload: true });
    expect(instance?.variant.options).toEqual({ num_ctx: 4096 });
    w.submit(SMALL);
    w.run(10_000);
    expect(w.residents()).toEqual([SMALL]);
    expect(w.unfinished).toBe(0);
    expect(w.violations).toEqual([]);
  });

  test('takes what other programs leave of the card', () => {
    const w = world(model(HUGE, 40, true));
    w.foreignBytes = 4 * GiB;
    w.observe();
    w.submit(HUGE);
    w.run(10_000);
    expect(w.unfinished).toBe(0);
    expect([...w.loop.state.instances.values()][0]?.footprint[0]?.bytes).toBe(20 * GiB);
    expect(w.violations).toEqual([]);
  });
});

test('a model that an empty card holds is never loaded in part: it waits for the other program to go', () => {
  const w = world(model(HUGE, 20, true));
  w.foreignBytes = 10 * GiB;
  w.observe();
  w.submit(HUGE);
  w.run(20_000);
  expect(w.loads).toEqual([]);
  w.foreignBytes = 0;
  w.run(10_000);
  expect(w.unfinished).toBe(0);
  expect([...w.loop.state.instances.values()][0]).toMatchObject({ spilled: false });
});
