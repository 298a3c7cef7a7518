/** Which claims begin a visit of a model: those that bring a job to weights that had none. */
import { expect, it } from 'vitest';
import { seededRandom } from '../../src/clock.ts';
import { GiB } from '../../src/domain/units.ts';
import { SimulatedCluster } from './simulated-cluster.ts';

function cluster(boxes: readonly string[]) {
  const servers = boxes.map((name) => ({ name, cards: [24 * GiB] }));
  const models = [{ name: 'a', bytes: 16 * GiB, loadMs: 2_000, runMs: 1_000, parallel: 1 }];
  const world = new SimulatedCluster({ servers, models, random: seededRandom(1) });
  const visit = () => world.loop.state.visits.get('a') ?? null;
  return { world, visit };
}

it('a claim that brings no job is no visit', () => {
  const { world, visit } = cluster(['box']);
  const { queue } = world.submit({ model: 'a' });
  world.run(10_000);
  const before = visit();
  expect(before).not.toBeNull();
  const over = world.jobs.backlog.expect({ queue, priority: 'NORMAL', client: 'someone' }, world.clock.now());
  world.loop.look();
  world.run(0);
  expect(world.loop.state.claims.size).toBe(1);
  over();
  world.run(1_000);
  expect(world.loop.state.claims.size).toBe(0);
  expect(visit()).toEqual(before);
  world.submit({ model: 'a' });
  world.run(1_000);
  expect(visit()?.lastAt).toBeGreaterThan(before?.lastAt ?? 0);
});

it('what comes to another instance while one of the same weights is busy is the same visit', () => {
  const { world, visit } = cluster(['x', 'y']);
  for (let i = 0; i < 40; i += 1) world.submit({ model: 'a' });
  world.run(20_000);
  expect(world.loads.length).toBe(2);
  const before = visit();
  world.run(10_000);
  expect(visit()).toEqual(before);
  expect(before?.gapMs).toBeNull();
  world.runUntilDone(100_000);
  world.run(5_000);
  world.submit({ model: 'a' });
  world.run(2_000);
  expect(visit()?.gapMs).toBeGreaterThan(5_000);
});
