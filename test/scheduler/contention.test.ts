/** Hours of contention in virtual time: what holds when more is wanted than there is, under this policy and any later one. */
import { describe, expect, it } from 'vitest';
import { seededRandom } from '../../src/clock.ts';
import { JOB_PRIORITIES, type JobPriority } from '../../src/domain/job.ts';
import { GiB } from '../../src/domain/units.ts';
import type { ClusterJob } from './cluster-jobs.ts';
import type { ClusterModel } from './cluster-models.ts';
import { type ClusterServer, SimulatedCluster } from './simulated-cluster.ts';
import { randomPriority } from './simulated-world.ts';

const HOUR_MS = 3_600_000;
/** Longer than it takes for the calm and the hasty ways to part, which is three minutes. */
const ARRIVALS_MS = HOUR_MS / 3;
const ONE_CARD: ClusterServer = { name: 'box', cards: [24 * GiB], mode: 'ATTACHED' };

const model = (name: string, more: Partial<ClusterModel> = {}): ClusterModel => ({
  name,
  bytes: 16 * GiB,
  loadMs: 4_000,
  runMs: 1_000,
  ...more,
});

const cluster = (models: readonly ClusterModel[], servers: readonly ClusterServer[] = [ONE_CARD]) =>
  new SimulatedCluster({ servers, models, random: seededRandom(5) });

const waitedMs = (job: ClusterJob | undefined) => (job?.startedAt ?? Number.NaN) - (job?.createdAt ?? 0);

const longestMs = (jobs: readonly ClusterJob[]) => Math.max(...jobs.map(waitedMs));

const meanMs = (jobs: readonly ClusterJob[]) =>
  jobs.reduce((sum, job) => sum + waitedMs(job), 0) / jobs.length;

/** Jobs that come one by one, and are done in the end. */
function openArrivals(
  models: readonly ClusterModel[],
  perSecond: number,
  priority: JobPriority | 'ANY',
): SimulatedCluster {
  const world = cluster(models);
  const random = seededRandom(11);
  const arrive = () => {
    if (world.clock.monotonic() >= ARRIVALS_MS) return;
    const one = models[Math.floor(random.next() * models.length)];
    if (one)
      world.submit({ model: one.name, priority: priority === 'ANY' ? randomPriority(random) : priority });
    world.clock.after((-Math.log(1 - random.next()) * 1_000) / perSecond, arrive);
  };
  arrive();
  world.run(ARRIVALS_MS);
  world.runUntilDone(4 * HOUR_MS);
  expect(world.jobs.unfinished).toBe(0);
  expect(world.rules.violations).toEqual([]);
  return world;
}

describe('overdue jobs of one model', () => {
  it.each([
    ['NORMAL', 'HIGH', 1_000],
    ['LOW', 'NORMAL', 1_000],
    ['LOW', 'HIGH', 1_000],
    ['NORMAL', 'HIGH', 20_000],
  ] as const)(
    'that are %s do not hold up a job that is %s, when they take %i ms each',
    (many, one, runMs) => {
      const world = cluster([model('a', { runMs })]);
      for (let i = 0; i < 1_200; i += 1) world.submit({ model: 'a', priority: many });
      world.run(1_000_000);
      const urgent = Array.from({ length: 5 }, () =>
        world.submit({ model: 'a', priority: one, runMs: 1_000 }),
      );
      world.run(10 * runMs);
      // One that runs already, and what is the overdue ones' share.
      expect(waitedMs(urgent[0])).toBeLessThanOrEqual(3 * runMs);
      expect(longestMs(urgent)).toBeLessThanOrEqual(4 * runMs + 5_000);
    },
  );

  it('are done beside an endless flood of more urgent ones', () => {
    const world = cluster([model('a')]);
    const feed = () => {
      world.submit({ model: 'a', priority: 'HIGH', client: 'flood' });
      world.clock.after(950, feed);
    };
    feed();
    const low = [1, 2, 3].map(() => world.submit({ model: 'a', priority: 'LOW', client: 'quiet' }));
    world.run(HOUR_MS);
    expect(longestMs(low)).toBeLessThan(960_000);
  });

  it.each([1, 4])('of one client do not hold up those of another one, on %i slots', (parallel) => {
    const world = cluster([model('a', { parallel })]);
    for (let i = 0; i < 4_000; i += 1) world.submit({ model: 'a', client: 'flood' });
    world.run(400_000);
    const few = [1, 2, 3].map(() => world.submit({ model: 'a', client: 'other' }));
    world.run(60_000);
    expect(longestMs(few)).toBeLessThan(10_000);
  });
});

describe('a flood of one client for models that fill the card', () => {
  it.each(JOB_PRIORITIES)(
    'lets a few %s jobs of another client have their model soon, long before they are overdue',
    (priority) => {
      const world = cluster(['a', 'b', 'c'].map((name) => model(name)));
      for (let i = 0; i < 6_000; i += 1)
        world.submit({ model: i % 2 ? 'a' : 'b', priority, client: 'flood' });
      world.run(1_000_000);
      const few = [1, 2, 3].map(() => world.submit({ model: 'c', priority, client: 'other' }));
      world.run(1_000_000);
      // The flood's client has to be ahead by four swaps of eight seconds; then its job ends, and the model is loaded.
      expect(longestMs(few)).toBeLessThan(32_000 + 3 * 1_000 + 4_000 + 3_000);
    },
  );

  it('still has its jobs done in about the time that they take', () => {
    const world = cluster(['a', 'b'].map((name) => model(name)));
    for (let i = 0; i < 3_000; i += 1) world.submit({ model: i % 2 ? 'a' : 'b', client: 'flood' });
    world.runUntilDone(4 * HOUR_MS);
    expect(world.clock.monotonic()).toBeLessThan(3_000 * 1_000 * 1.25);
  });
});

describe('a batch of less urgent jobs for models that fill the card', () => {
  it.each([
    ['HIGH', 'LOW'],
    ['HIGH', 'NORMAL'],
    ['NORMAL', 'LOW'],
  ] as const)(
    'a %s job for another model waits for what runs of the %s ones, and for its load',
    (one, many) => {
      for (const [runMs, parallel] of [
        [2_000, 1],
        [12_000, 4],
        [60_000, 2],
      ] as const) {
        const world = cluster([model('a', { runMs, parallel }), model('b', { runMs: 1_000 })]);
        for (let i = 0; i < 400; i += 1) world.submit({ model: 'a', priority: many });
        world.run(10 * runMs);
        const job = world.submit({ model: 'b', priority: one });
        world.run(5 * runMs + 60_000);
        // Its memory comes back within a second, and is read.
        expect(waitedMs(job)).toBeLessThan(runMs + 4_000 + 3_000);
      }
    },
  );

  it('is not cut off where it ends sooner than a swap and the way back would be worth', () => {
    const world = cluster([model('a', { runMs: 1_000 }), model('b')]);
    for (let i = 0; i < 400; i += 1) world.submit({ model: 'a', priority: 'LOW' });
    world.run(4_000 + 385_000);
    const job = world.submit({ model: 'b', priority: 'HIGH' });
    world.run(60_000);
    expect(world.loads.map((load) => load.model)).toEqual(['a', 'b']);
    expect(waitedMs(job)).toBeLessThan(16_000 + 4_000 + 3_000);
  });
});

describe('models that do not fit together', () => {
  const four = [1, 2, 3, 4].map((i) => model(`m${i}`, { parallel: 4 }));
  const twelve = Array.from({ length: 12 }, (_, i) => model(`m${i}`, { parallel: 4 }));
  const sizes = [20, 14, 11, 9, 6, 3].map((gib) => model(`m${gib}`, { bytes: gib * GiB, parallel: 2 }));

  it.each([
    ['four models', four, 2],
    ['four models, near what is possible', four, 2.6],
    ['twelve models', twelve, 1],
    ['models of all sizes', sizes, 1.5],
  ])(
    'are loaded about as seldom, and answer about as soon, when all jobs are urgent as when none is: %s',
    (_, models, perSecond) => {
      const calm = openArrivals(models, perSecond, 'LOW');
      for (const priority of ['HIGH', 'ANY'] as const) {
        const hasty = openArrivals(models, perSecond, priority);
        expect(hasty.loads.length, priority).toBeLessThan(1.2 * calm.loads.length);
        expect(meanMs(hasty.jobs.all), priority).toBeLessThan(1.3 * meanMs(calm.jobs.all));
      }
    },
  );

  it.each([
    ['HIGH', 'NORMAL'],
    ['HIGH', 'LOW'],
    ['NORMAL', 'LOW'],
  ] as const)(
    'leave a model of %s jobs that come one by one in its place, until a %s job for another one is overdue',
    (urgent, other) => {
      const world = cluster([model('a'), model('b')]);
      const feed = () => {
        world.submit({ model: 'a', priority: urgent });
        world.clock.after(5_000, feed);
      };
      feed();
      world.run(20_000);
      const job = world.submit({ model: 'b', priority: other });
      world.run(170_000);
      expect(world.loads).toHaveLength(1);
      world.run(800_000);
      expect(job.finishedAt).not.toBeNull();
    },
  );

  it.each([
    ['NORMAL', 'NORMAL', true],
    ['HIGH', 'NORMAL', true],
    ['NORMAL', 'HIGH', false],
    ['LOW', 'NORMAL', false],
  ] as const)(
    'serve what comes while they run %s jobs, when a %s job waits for another one: %s',
    (running, waiting, serves) => {
      for (const mode of ['ATTACHED', 'MANAGED'] as const) {
        const models = ['a', 'b'].map((name) => model(name, { parallel: 4, runMs: 10_000 }));
        const world = cluster(models, [{ ...ONE_CARD, mode }]);
        // It has been asked for before, so that it may be again.
        world.submit({ model: 'a', priority: running });
        world.run(30_000);
        world.submit({ model: 'a', priority: running });
        world.run(8_000);
        const other = world.submit({ model: 'b', priority: waiting });
        world.run(1_000);
        const next = world.submit({ model: 'a', priority: running });
        world.run(HOUR_MS / 2);
        expect(waitedMs(next) < 1_000, mode).toBe(serves);
        expect(world.loads.map((load) => load.model)).toEqual(serves ? ['a', 'b'] : ['a', 'b', 'a']);
        expect(waitedMs(other)).toBeLessThan(30_000);
      }
    },
  );

  it('give nobody a wait without end when more is asked for than can be done', () => {
    const world = cluster(four);
    const random = seededRandom(2);
    const flood = () => {
      for (const name of ['m1', 'm2', 'm3']) world.submit({ model: name, priority: 'HIGH', client: 'flood' });
      world.clock.after(800, flood);
    };
    flood();
    world.run(HOUR_MS / 2);
    const few = [1, 2, 3].map(() =>
      world.submit({ model: 'm4', priority: randomPriority(random), client: 'b' }),
    );
    world.run(HOUR_MS / 2);
    expect(longestMs(few)).toBeLessThan(960_000);
  });
});

describe('two backends that have the same model', () => {
  const two = (mode: 'ATTACHED' | 'MANAGED'): ClusterServer[] =>
    ['s', 't'].map((name) => ({ name, cards: [24 * GiB], mode }));

  it.each(['ATTACHED', 'MANAGED'] as const)('load it once for what one instance can do (%s)', (mode) => {
    const world = cluster([model('a'), model('b')], two(mode));
    world.submit({ model: 'a' });
    world.run(30_000);
    for (let i = 0; i < 8; i += 1) world.submit({ model: 'a' });
    world.run(30_000);
    world.submit({ model: 'b' });
    world.run(30_000);
    expect(world.loads.map((load) => load.model)).toEqual(['a', 'b']);
    expect(new Set(world.loads.map((load) => load.server)).size).toBe(2);
  });

  it('both serve a queue that is worth another load, into free memory only', () => {
    const world = cluster([model('a'), model('b')], two('MANAGED'));
    for (let i = 0; i < 200; i += 1) world.submit({ model: 'a' });
    world.runUntilDone(HOUR_MS);
    expect(world.loads.map((load) => load.model)).toEqual(['a', 'a']);
    expect(world.clock.monotonic()).toBeLessThan(120_000);
    world.submit({ model: 'b' });
    world.run(20_000);
    const after = world.loads.length;
    for (let i = 0; i < 200; i += 1) world.submit({ model: 'a' });
    world.runUntilDone(HOUR_MS);
    expect(world.loads).toHaveLength(after);
  });

  it('give up what the other one serves as well for a model that waits', () => {
    const world = cluster([model('a'), model('b')], two('MANAGED'));
    for (let i = 0; i < 600; i += 1) world.submit({ model: 'a', client: 'flood' });
    world.run(60_000);
    const job = world.submit({ model: 'b' });
    world.run(60_000);
    expect(waitedMs(job)).toBeLessThan(30_000);
    expect(world.residents('s').length + world.residents('t').length).toBe(2);
  });

  it('serve what one of them alone has', () => {
    const world = cluster([model('a', { on: ['s'] }), model('b', { on: ['t'] })], two('ATTACHED'));
    for (const name of ['a', 'b']) world.submit({ model: name });
    world.runUntilDone(HOUR_MS);
    expect(world.loads.map(({ model: name, server }) => [name, server]).toSorted()).toEqual([
      ['a', 's'],
      ['b', 't'],
    ]);
  });
});
