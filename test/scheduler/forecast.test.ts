/** When waiting jobs should start, beside when they do: the loop itself is let go on without further jobs. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { seededRandom } from '../../src/clock.ts';
import { JOB_PRIORITIES } from '../../src/domain/job.ts';
import { GiB } from '../../src/domain/units.ts';
import { median } from '../../src/scheduler/runs/work-estimate.ts';
import type { ClusterJob, JobWish } from './cluster-jobs.ts';
import type { ClusterModel } from './cluster-models.ts';
import { type ClusterServer, SimulatedCluster } from './simulated-cluster.ts';

const model = (name: string, gib: number, more: Partial<ClusterModel> = {}): ClusterModel => ({
  name,
  bytes: gib * GiB,
  loadMs: 3_000,
  runMs: 1_000,
  ...more,
});

const MODELS = [model('a', 16), model('b', 14), model('c', 10), model('small', 2, { runMs: 300 })];

function cluster(server: Partial<ClusterServer> = {}, models: readonly ClusterModel[] = MODELS) {
  const box: ClusterServer = { name: 'box', cards: [24 * GiB], ...server };
  const world = new SimulatedCluster({ servers: [box], models, random: seededRandom(1) });
  world.run(3_000);
  return world;
}

/** Each model has finished jobs, and what stays of it is what the last ones left. */
function experienced(world: SimulatedCluster, models: readonly ClusterModel[] = MODELS): SimulatedCluster {
  for (const { name } of models) {
    world.submit({ model: name });
    world.runUntilDone(100_000);
  }
  return world;
}

function submit(world: SimulatedCluster, count: number, wish: JobWish): readonly ClusterJob[] {
  return Array.from({ length: count }, () => world.submit(wish));
}

interface Promised {
  readonly job: ClusterJob;
  readonly at: number;
  readonly promised: number | null;
}

function promises(world: SimulatedCluster, jobs: readonly ClusterJob[]): readonly Promised[] {
  const { present } = world.loop.forecasts;
  const at = world.clock.now();
  return jobs
    .filter(({ startedAt }) => startedAt === null)
    .map((job) => ({ job, at, promised: present.startOf(job.queue, job) }));
}

/** In milliseconds, of those that were promised. */
function errors(told: readonly Promised[]): readonly number[] {
  return told.flatMap(({ job, promised }) =>
    promised === null ? [] : [Math.abs(promised - (job.startedAt ?? Number.POSITIVE_INFINITY))],
  );
}

describe('the start of a waiting job is foreseen', () => {
  it.each<[string, Partial<ClusterServer>, readonly [number, JobWish][], number]>([
    ['behind others of its model', {}, [[40, { model: 'a' }]], 1_500],
    [
      'behind more urgent ones of its model',
      {},
      [
        [20, { model: 'a', priority: 'LOW' }],
        [20, { model: 'a', priority: 'HIGH' }],
      ],
      1_500,
    ],
    [
      'behind those of another client in turns',
      {},
      [
        [40, { model: 'a', client: 'flood' }],
        [5, { model: 'a', client: 'light' }],
      ],
      2_500,
    ],
    [
      'whose model has to be loaded first, into free memory',
      {},
      [
        [10, { model: 'a' }],
        [10, { model: 'small' }],
      ],
      1_500,
    ],
    [
      'whose model waits until another one has nothing to do',
      {},
      [
        [30, { model: 'a' }],
        [10, { model: 'b' }],
      ],
      3_000,
    ],
    [
      'whose model is the last of several to have its turn',
      {},
      [
        [20, { model: 'a' }],
        [20, { model: 'b' }],
        [20, { model: 'c' }],
      ],
      6_000,
    ],
    [
      'on one of two cards',
      { cards: [24 * GiB, 24 * GiB] },
      [
        [20, { model: 'a' }],
        [20, { model: 'b' }],
        [20, { model: 'c' }],
      ],
      6_000,
    ],
    [
      'on a server that others run',
      { mode: 'ATTACHED' },
      [
        [20, { model: 'a' }],
        [20, { model: 'b' }],
      ],
      6_000,
    ],
  ])('%s', (_, server, wishes, most) => {
    const world = experienced(cluster(server));
    const jobs = wishes.flatMap(([count, wish]) => submit(world, count, wish));
    world.run(1_000);
    const told = promises(world, jobs);
    expect(told.length).toBeGreaterThan(5);
    expect(told.every(({ promised }) => promised !== null)).toBe(true);
    world.runUntilDone(1_000_000);
    expect(world.jobs.unfinished).toBe(0);
    expect(Math.max(...errors(told))).toBeLessThan(most);
  });
});

describe('nothing is promised', () => {
  it('of a model of which nobody knows how long its jobs take, but for those that start with its load', () => {
    const world = cluster();
    const jobs = submit(world, 30, { model: 'a' });
    world.run(500);
    const known = promises(world, jobs).filter(({ promised }) => promised !== null);
    expect(known.length).toBeLessThanOrEqual(MODELS[0]?.parallel ?? 8);
  });

  it('of a model that has to wait for one of which that is not known', () => {
    const models = [model('a', 16, { runMs: 600_000 }), model('b', 14), model('c', 10)];
    const world = experienced(cluster({}, models), models.slice(1));
    submit(world, 30, { model: 'a' });
    world.run(60_000);
    const later = submit(world, 3, { model: 'c', priority: 'LOW' });
    world.run(100);
    const others = submit(world, 3, { model: 'b' });
    world.run(100);
    expect(promises(world, [...later, ...others]).map(({ promised }) => promised)).toEqual(
      Array.from({ length: 6 }, () => null),
    );
  });

  it('while the scheduler is paused, and while no server answers', () => {
    const world = experienced(cluster());
    world.loop.handle({ type: 'pause' });
    const jobs = submit(world, 5, { model: 'a' });
    world.run(500);
    const none = jobs.map(() => null);
    expect(promises(world, jobs).map(({ promised }) => promised)).toEqual(none);
    world.loop.handle({ type: 'resume' });
    world.crash('box', 60_000);
    world.run(6_000);
    expect(promises(world, jobs).map(({ promised }) => promised)).toEqual(none);
  });
});

it('a new job is promised the start of the last that waits, or its own load', () => {
  const world = experienced(cluster());
  submit(world, 20, { model: 'a' });
  world.run(1_000);
  const wish = { model: 'a', client: 'someone', priority: 'NORMAL' } as const;
  const promised = world.loop.forecasts.startOfNew(world.jobs.all.at(-1)?.queue as never, wish);
  const job = world.submit(wish);
  world.runUntilDone(1_000_000);
  expect(Math.abs((promised ?? 0) - (job.startedAt ?? 0))).toBeLessThan(1_500);
});

it('of any backlog half of the starts are foreseen to within a tenth of their wait and a load, and no forecast changes what is decided', () => {
  const wish = fc.record({
    model: fc.constantFrom(...MODELS.map(({ name }) => name)),
    priority: fc.constantFrom(...JOB_PRIORITIES),
    client: fc.constantFrom('x', 'y'),
    count: fc.integer({ min: 1, max: 30 }),
  });
  fc.assert(
    fc.property(fc.array(wish, { minLength: 1, maxLength: 6 }), (wishes) => {
      const play = (asks: boolean) => {
        const world = experienced(cluster());
        const jobs = wishes.flatMap(({ count, ...each }) => submit(world, count, each));
        world.run(1_000);
        const told = asks ? promises(world, jobs) : [];
        world.runUntilDone(3_600_000);
        return { world, told };
      };
      const { world, told } = play(true);
      expect(world.loads).toEqual(play(false).world.loads);
      const known = told.filter(({ promised }) => promised !== null);
      const shares = known.map(({ job, promised, at }) => {
        const waited = (job.startedAt ?? 0) - at;
        return Math.abs((promised ?? 0) - (job.startedAt ?? 0)) / (0.1 * waited + 4_000);
      });
      expect(median(shares) ?? 0).toBeLessThan(1);
    }),
    { numRuns: 25, seed: 7 },
  );
});
