/** Which model is loaded next, and how often one has to give way for another. */
import { expect, it } from 'vitest';
import { seededRandom } from '../../src/clock.ts';
import { GiB } from '../../src/domain/units.ts';
import type { ServerMode } from './simulated-server.ts';
import { SimulatedWorld, type WorldModel } from './simulated-world.ts';

const SLOW: WorldModel = { name: 'slow:latest', bytes: 16 * GiB, loadMs: 8_000, runMs: 1_000 };
const QUICK: WorldModel = { ...SLOW, name: 'quick:latest', loadMs: 1_000 };

it.each([
  ['MANAGED', 3, 'quick:latest', 'what gains most for its load'],
  ['MANAGED', 7, 'slow:latest', 'a long load counts less than by its seconds'],
  ['ATTACHED', 3, 'slow:latest', 'what most is waited for, of models of one size'],
] as const)(
  'on %s servers, of %i jobs that load slowly and two that load quickly, %s comes first: %s',
  (mode: ServerMode, slow: number, first: string, _why: string) => {
    const world = new SimulatedWorld({ models: [SLOW, QUICK], random: seededRandom(1), mode });
    world.loop.handle({ type: 'pause' });
    for (let job = 0; job < slow; job += 1) world.submit(SLOW.name);
    for (let job = 0; job < 2; job += 1) world.submit(QUICK.name);
    world.run(1_000);
    world.loop.handle({ type: 'resume' });
    world.run(60_000);
    expect(world.loads[0]).toBe(first);
    expect([world.unfinished, world.violations]).toEqual([0, []]);
  },
);

it.each([
  ['of one client in a twentieth of the time', 'client', 20 + 0.05 * 3_600],
  ['of two clients in a tenth more of it', 'other', 20 + 0.05 * 3_600 + 30 + 0.1 * 3_600],
] as const)('two models with work have each other give way, %s', (_, client, seconds) => {
  const models = ['a', 'b'].map(
    (name): WorldModel => ({
      name: `${name}:latest`,
      bytes: 16 * GiB,
      loadMs: 2_000,
      runMs: 4_000,
    }),
  );
  const world = new SimulatedWorld({ models, random: seededRandom(1), mode: 'MANAGED' });
  for (const { name } of models)
    for (let job = 0; job < 5_000; job += 1)
      world.submit(name, 'NORMAL', name === 'a:latest' ? 'client' : client);
  world.run(3_600_000);
  expect(world.unfinished).toBeGreaterThan(0);
  // Each costs two loads of two seconds; some may be spent at once, and the first one is forced by nobody.
  const most = seconds / 4 + 2;
  expect(world.loads.length).toBeGreaterThan(most / 2);
  expect(world.loads.length).toBeLessThanOrEqual(most);
  expect(world.violations).toEqual([]);
});

it('a large model is not overtaken by small ones again and again', () => {
  const small = ['a', 'b', 'c', 'd'].map(
    (name): WorldModel => ({ name: `${name}:latest`, bytes: 11 * GiB, loadMs: 2_000, runMs: 8_000 }),
  );
  const large: WorldModel = { name: 'large:latest', bytes: 22 * GiB, loadMs: 4_000, runMs: 1_000 };
  const world = new SimulatedWorld({ models: [...small, large], random: seededRandom(1), mode: 'MANAGED' });
  let turn = 0;
  const feed = () => {
    const { name } = small[turn % small.length] ?? large;
    turn += 1;
    world.submit(name);
    world.clock.after(5_000, feed);
  };
  feed();
  world.run(21_000);
  for (let i = 0; i < 20; i += 1) world.submit(large.name);
  world.run(60_000);
  const first = world.jobs.find(({ model, startedAt }) => model === large.name && startedAt !== null);
  expect(first).toBeDefined();
  expect(world.violations).toEqual([]);
});

it('one model more than there is room for, in turns: less than every other job loads one', () => {
  const models = ['a', 'b', 'c', 'd'].map(
    (name): WorldModel => ({ name: `${name}:latest`, bytes: 7 * GiB, loadMs: 2_000, runMs: 500 }),
  );
  const world = new SimulatedWorld({ models, random: seededRandom(1), mode: 'MANAGED' });
  const jobs = 200;
  for (let job = 0; job < jobs; job += 1) {
    world.submit(models[job % models.length]?.name ?? '');
    world.run(5_000);
  }
  expect(world.unfinished).toBe(0);
  expect(world.loads.length).toBeLessThan(jobs / 2);
});
