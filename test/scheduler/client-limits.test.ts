/** What single clients may run, and how much of the slots they get: who is at the limit is in nobody's way. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { seededRandom } from '../../src/clock.ts';
import type { ClientLimits, ClientTable } from '../../src/domain/client-limits.ts';
import { JOB_PRIORITIES } from '../../src/domain/job.ts';
import { GiB } from '../../src/domain/units.ts';
import { explain } from '../../src/scheduler/explain/explain.ts';
import type { ClusterModel } from './cluster-models.ts';
import { SimulatedCluster } from './simulated-cluster.ts';

const FREE: ClientLimits = { weight: 1, maxRunning: null, maxQueued: null };
const MODELS = [
  { name: 'a', bytes: 16 * GiB, loadMs: 2_000, runMs: 1_000, parallel: 4 },
  { name: 'b', bytes: 16 * GiB, loadMs: 2_000, runMs: 1_000, parallel: 4 },
];

function cluster(
  named: Readonly<Record<string, Partial<ClientLimits>>>,
  { boxes = ['box'], bytes = 24 * GiB, models = MODELS }: Partial<Layout> = {},
) {
  const clients: ClientTable = {
    others: FREE,
    named: new Map(Object.entries(named).map(([name, limits]) => [name, { ...FREE, ...limits }])),
  };
  const servers = boxes.map((name) => ({ name, cards: [bytes] }));
  return new SimulatedCluster({ servers, models, random: seededRandom(1), clients });
}

interface Layout {
  readonly boxes: readonly string[];
  /** Of the card of each box. */
  readonly bytes: number;
  readonly models: readonly ClusterModel[];
}

/** Of one slot each. */
const narrow = (...names: readonly string[]): readonly ClusterModel[] =>
  names.map((name) => ({ name, bytes: 16 * GiB, loadMs: 2_000, runMs: 1_000, parallel: 1 }));

describe('a client at its limit', () => {
  it('runs no more jobs at once, while those of another client flow past it', () => {
    const world = cluster({ limited: { maxRunning: 1 } });
    const mine = Array.from({ length: 50 }, () => world.submit({ model: 'a', client: 'limited' }));
    const others = Array.from({ length: 30 }, () => world.submit({ model: 'a', client: 'free' }));
    let most = 0;
    world.onChange = () => {
      most = Math.max(most, world.jobs.running.get('limited') ?? 0);
    };
    world.run(2_500);
    // Three slots of four are the other one's all the time, though it came later.
    world.run(12_000);
    expect(most).toBe(1);
    expect(others.filter(({ finishedAt }) => finishedAt !== null).length).toBeGreaterThan(20);
    expect(mine.filter(({ finishedAt }) => finishedAt !== null).length).toBeGreaterThan(5);
    world.runUntilDone(200_000);
    expect(world.jobs.unfinished).toBe(0);
  });

  it('has no other model leave for jobs that may not run', () => {
    const world = cluster({ limited: { maxRunning: 1 } });
    const long = world.submit({ model: 'a', client: 'limited', runMs: 500_000 });
    world.run(10_000);
    expect(long.startedAt).not.toBeNull();
    for (let i = 0; i < 500; i += 1) world.submit({ model: 'b', client: 'limited', priority: 'HIGH' });
    world.run(300_000);
    expect(world.residents('box')).toEqual(['a']);
    const other = world.submit({ model: 'a', client: 'free' });
    world.run(5_000);
    expect(other.finishedAt).not.toBeNull();
  });

  it.each([
    ['a', 'b'],
    ['b', 'a'],
  ])(
    'has its most urgent job run first, whichever instance serves it: %s was loaded before %s',
    (first, second) => {
      const world = cluster({ limited: { maxRunning: 1 } }, { bytes: 80 * GiB, models: narrow('a', 'b') });
      for (const model of [first, second]) {
        world.submit({ model, client: 'free' });
        world.run(8_000);
      }
      for (let i = 0; i < 60; i += 1) world.submit({ model: first, client: 'limited', priority: 'LOW' });
      world.run(3_000);
      const high = world.submit({ model: second, client: 'limited', priority: 'HIGH' });
      world.run(2_500);
      expect(high.startedAt).not.toBeNull();
      // Of the same priority the older one comes first.
      const older = world.submit({ model: second, client: 'limited', priority: 'HIGH' });
      world.run(10);
      for (let i = 0; i < 20; i += 1) world.submit({ model: first, client: 'limited', priority: 'HIGH' });
      world.run(2_500);
      expect(older.startedAt).not.toBeNull();
      world.runUntilDone(200_000);
      expect(world.jobs.unfinished).toBe(0);
    },
  );

  it('has its place taken by others on the instances that it is not given', () => {
    const world = cluster({ limited: { maxRunning: 1 } }, { bytes: 80 * GiB, models: narrow('a', 'b') });
    for (const model of ['a', 'b', 'a', 'b']) world.submit({ model, client: 'free' });
    world.run(12_000);
    for (let i = 0; i < 20; i += 1)
      for (const model of ['a', 'b'])
        for (const client of ['limited', 'free']) world.submit({ model, client });
    // Two slots, one of which the limited one never has.
    world.run(10_500);
    const done = world.jobs.all.slice(4).filter(({ finishedAt }) => finishedAt !== null);
    expect(done.length).toBeGreaterThanOrEqual(18);
    expect(done.filter(({ client }) => client === 'free').length).toBeGreaterThanOrEqual(9);
  });

  it('has nothing loaded for what comes after the jobs that it is given', () => {
    const world = cluster({ limited: { maxRunning: 1 } }, { bytes: 40 * GiB, models: narrow('a', 'b', 'z') });
    world.submit({ model: 'a', client: 'free' });
    world.run(9_000);
    world.submit({ model: 'z', client: 'free' });
    world.run(60_000);
    for (let i = 0; i < 300; i += 1) world.submit({ model: 'a', client: 'limited' });
    world.run(5);
    const later = world.submit({ model: 'b', client: 'limited' });
    const before = world.loads.length;
    for (let i = 0; i < 5; i += 1) {
      const other = world.submit({ model: 'z', client: 'free' });
      world.run(40_000);
      expect((other.startedAt ?? Number.POSITIVE_INFINITY) - other.createdAt).toBeLessThan(100);
    }
    expect(world.loads.length).toBe(before);
    world.runUntilDone(400_000);
    expect(later.finishedAt).not.toBeNull();
  });

  it.each(['HIGH', 'NORMAL'] as const)(
    'has the model of a job loaded that comes before those that it is given: %s',
    (priority) => {
      const world = cluster({ limited: { maxRunning: 1 } }, { bytes: 40 * GiB, models: narrow('a', 'b') });
      world.submit({ model: 'a', client: 'free' });
      world.run(9_000);
      const urgent = world.submit({ model: 'b', client: 'limited', priority });
      for (let i = 0; i < 300; i += 1)
        world.submit({ model: 'a', client: 'limited', priority: priority === 'HIGH' ? 'NORMAL' : 'LOW' });
      world.run(8_000);
      expect(urgent.startedAt).not.toBeNull();
    },
  );

  it.each([
    { maxRunning: 1, waiting: 1_000, boxes: ['x'] },
    { maxRunning: 4, waiting: 1_000, boxes: ['x'] },
    { maxRunning: 6, waiting: 1_000, boxes: ['x', 'y'] },
    { maxRunning: null, waiting: 1_000, boxes: ['x', 'y'] },
  ])(
    'gets a second instance where it may run more than one serves: $maxRunning of 4 slots',
    ({ maxRunning, waiting, boxes }) => {
      const world = cluster({ limited: { maxRunning } }, { boxes: ['x', 'y'] });
      world.submit({ model: 'a', client: 'limited' });
      world.run(10_000);
      for (let i = 0; i < waiting; i += 1) world.submit({ model: 'a', client: 'limited' });
      world.run(60_000);
      expect(world.loads.map(({ server }) => server).toSorted()).toEqual(boxes);
    },
  );

  it('has no more jobs counted before their commits than it may run', () => {
    const world = cluster({ limited: { maxRunning: 2 } });
    const { queue } = world.submit({ model: 'a', client: 'free' });
    world.run(10_000);
    const counted = (client: string) =>
      [1, 2, 3, 4].filter(() => world.loop.arriving({ queue, priority: 'NORMAL', client })).length;
    expect([counted('limited'), counted('free')]).toEqual([2, 2]);
  });

  it('is told so as the reason of waiting', () => {
    const job = { status: 'PENDING', client: 'limited', notBefore: null, queue: 'a' } as never;
    const input = { job, verdict: null, options: [], modelsKnown: true, faults: [] };
    expect(explain({ ...input, clientAtLimit: 3 }, 0)).toMatchObject({
      reason: 'CLIENT_LIMIT',
      explanation: 'limited runs 3 jobs, which is its limit.',
    });
    expect(explain({ ...input, clientAtLimit: 1 }, 0)?.explanation).toBe(
      'limited runs one job, which is its limit.',
    );
  });
});

it.each([
  { maxRunning: null, parallel: 4 },
  { maxRunning: 4, parallel: 4 },
  { maxRunning: 3, parallel: 4 },
  { maxRunning: 2, parallel: 2 },
  { maxRunning: 1, parallel: 1 },
])(
  'of two clients the one with three times the weight gets three times the slots: it may run $maxRunning on $parallel slots',
  ({ maxRunning, parallel }) => {
    const models = MODELS.map((model) => ({ ...model, parallel }));
    const world = cluster({ heavy: { weight: 3, maxRunning } }, { models });
    for (let i = 0; i < 400; i += 1) {
      world.submit({ model: 'a', client: 'heavy' });
      world.submit({ model: 'a', client: 'light' });
    }
    world.run(60_000);
    const done = (client: string) =>
      world.jobs.all.filter((job) => job.client === client && job.finishedAt !== null).length;
    expect(done('light')).toBeGreaterThan(10);
    expect(done('heavy') / done('light')).toBeGreaterThan(2.5);
    expect(done('heavy') / done('light')).toBeLessThan(3.5);
  },
);

it('who comes is given no more credit than those have that are at their limit', () => {
  const world = cluster({ first: { maxRunning: 1 } }, { models: narrow('a') });
  for (let i = 0; i < 200; i += 1) world.submit({ model: 'a', client: 'first' });
  world.run(60_500);
  for (let i = 0; i < 200; i += 1) world.submit({ model: 'a', client: 'late' });
  world.run(20_000);
  const done = world.jobs.all.filter(({ client, finishedAt }) => client === 'late' && finishedAt !== null);
  expect(done.length).toBeGreaterThan(8);
  expect(done.length).toBeLessThan(12);
});

it('no client is ever above its limit, whatever comes and whatever dies, and every job is done', () => {
  const LIMITS = { one: 1, two: 2, three: 3 };
  const event = fc.oneof(
    {
      weight: 6,
      arbitrary: fc.record({
        kind: fc.constant('submit' as const),
        client: fc.constantFrom('one', 'two', 'three', 'free'),
        model: fc.constantFrom('a', 'b'),
        priority: fc.constantFrom(...JOB_PRIORITIES),
        count: fc.integer({ min: 1, max: 6 }),
      }),
    },
    {
      weight: 1,
      arbitrary: fc.record({
        kind: fc.constant('crash' as const),
        forMs: fc.integer({ min: 1, max: 9_000 }),
      }),
    },
    {
      weight: 3,
      arbitrary: fc.record({ kind: fc.constant('run' as const), ms: fc.integer({ min: 1, max: 6_000 }) }),
    },
  );
  fc.assert(
    fc.property(fc.array(event, { minLength: 5, maxLength: 40 }), (events) => {
      const world = cluster({ one: { maxRunning: 1 }, two: { maxRunning: 2 }, three: { maxRunning: 3 } });
      const above: string[] = [];
      world.onChange = () => {
        for (const [client, most] of Object.entries(LIMITS)) {
          const running = world.jobs.running.get(client) ?? 0;
          if (running > most) above.push(`${client} runs ${running}`);
        }
      };
      for (const one of events) {
        if (one.kind === 'run') world.run(one.ms);
        else if (one.kind === 'crash') world.crash('box', one.forMs);
        else for (let i = 0; i < one.count; i += 1) world.submit(one);
      }
      world.runUntilDone(3_600_000);
      expect(above).toEqual([]);
      expect(world.jobs.unfinished).toBe(0);
    }),
    { numRuns: 40, seed: 3 },
  );
});
