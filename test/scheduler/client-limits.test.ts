/** What single clients may run, and how much of the slots they get: who is at the limit is in nobody's way. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { seededRandom } from '../../src/clock.ts';
import type { ClientLimits, ClientTable } from '../../src/domain/client-limits.ts';
import { JOB_PRIORITIES } from '../../src/domain/job.ts';
import { GiB } from '../../src/domain/units.ts';
import { explain } from '../../src/scheduler/explain/explain.ts';
import { SimulatedCluster } from './simulated-cluster.ts';

const FREE: ClientLimits = { weight: 1, maxRunning: null, maxQueued: null };
const MODELS = [
  { name: 'a', bytes: 16 * GiB, loadMs: 2_000, runMs: 1_000, parallel: 4 },
  { name: 'b', bytes: 16 * GiB, loadMs: 2_000, runMs: 1_000, parallel: 4 },
];

function cluster(named: Readonly<Record<string, Partial<ClientLimits>>>) {
  const clients: ClientTable = {
    others: FREE,
    named: new Map(Object.entries(named).map(([name, limits]) => [name, { ...FREE, ...limits }])),
  };
  const servers = [{ name: 'box', cards: [24 * GiB] }];
  return new SimulatedCluster({ servers, models: MODELS, random: seededRandom(1), clients });
}

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

it('of two clients the one with three times the weight gets three times the slots', () => {
  const world = cluster({ heavy: { weight: 3 } });
  for (let i = 0; i < 400; i += 1) {
    world.submit({ model: 'a', client: 'heavy' });
    world.submit({ model: 'a', client: 'light' });
  }
  world.run(60_000);
  const done = (client: string) =>
    world.jobs.all.filter((job) => job.client === client && job.finishedAt !== null).length;
  expect(done('light')).toBeGreaterThan(20);
  expect(done('heavy') / done('light')).toBeGreaterThan(2.5);
  expect(done('heavy') / done('light')).toBeLessThan(3.5);
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
