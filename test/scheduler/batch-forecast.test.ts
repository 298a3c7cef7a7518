/** What is foreseen of jobs that come together, beside what becomes of them: the loop itself is let go on with them. */
import { describe, expect, it } from 'vitest';
import { seededRandom } from '../../src/clock.ts';
import { JOB_PRIORITIES } from '../../src/domain/job.ts';
import { greatest, least } from '../../src/domain/long-lists.ts';
import { queueKey } from '../../src/domain/queue-key.ts';
import { GiB } from '../../src/domain/units.ts';
import { USUAL_POLICY } from '../../src/scheduler/decide/decide.ts';
import type { ComingJobs } from '../../src/scheduler/forecast/more-jobs.ts';
import type { ClusterJob, JobWish } from './cluster-jobs.ts';
import { SimulatedCluster } from './simulated-cluster.ts';

const FREE = { weight: 1, maxRunning: null, maxQueued: null };
const RUN_MS = 2_000;
const MODELS = ['a', 'b', 'c', 'd'];

function cluster(cards: readonly number[] = [24 * GiB]) {
  let decisions = 0;
  const world = new SimulatedCluster({
    servers: [{ name: 'box', cards }],
    models: MODELS.map((name) => ({ name, bytes: 10 * GiB, loadMs: 3_000, runMs: RUN_MS, parallel: 2 })),
    random: seededRandom(1),
    clients: { others: FREE, named: new Map([['limited', { ...FREE, maxRunning: 1 }]]) },
    policy: {
      decide: (snapshot, now) => {
        decisions += 1;
        return USUAL_POLICY.decide(snapshot, now);
      },
    },
  });
  world.run(3_000);
  for (const model of MODELS) {
    world.submit({ model });
    world.runUntilDone(100_000);
  }
  return { world, decisions: () => decisions };
}

type Wish = JobWish & { readonly count: number };

const coming = ({ model, priority = 'NORMAL', count }: Wish): ComingJobs => ({
  queue: queueKey({ model, contextLength: null }),
  priority,
  count,
  runMs: RUN_MS,
});

function submit(world: SimulatedCluster, { count, ...wish }: Wish) {
  return Array.from({ length: count }, () => world.submit(wish));
}

describe('the start, the end and the loads of jobs that come together are foreseen', () => {
  it.each<[string, string, readonly Wish[], readonly Wish[]]>([
    ['on what is in memory', 'me', [], [{ model: 'd', count: 20 }]],
    ['on more models than fit', 'me', [], MODELS.map((model) => ({ model, count: 10 }))],
    [
      'in two priorities',
      'me',
      [],
      [
        { model: 'a', priority: 'HIGH', count: 6 },
        { model: 'a', priority: 'LOW', count: 6 },
      ],
    ],
    [
      'behind the jobs of others',
      'me',
      [{ model: 'a', client: 'other', count: 30 }],
      [{ model: 'b', count: 10 }],
    ],
    [
      'behind jobs of the same client',
      'me',
      [{ model: 'a', client: 'me', count: 20 }],
      [{ model: 'a', count: 10 }],
    ],
    [
      'in turns with another client',
      'me',
      [{ model: 'a', client: 'other', count: 20 }],
      [{ model: 'a', count: 10 }],
    ],
    [
      'of a client that may run one job at a time',
      'limited',
      [],
      [
        { model: 'c', count: 6 },
        { model: 'd', count: 6 },
      ],
    ],
  ])('%s', (_, client, others, wishes) => {
    const { world } = cluster();
    for (const wish of others) submit(world, wish);
    world.run(50);
    const at = world.clock.now();
    const told = world.loop.forecasts.ofBatch(client, wishes.map(coming));
    const loadsBefore = world.loads.length;
    const mine = wishes.map((wish) => submit(world, { ...wish, client }));
    world.runUntilDone(1_200_000);
    const near = (foreseen: number | null | undefined, real: number) =>
      expect(Math.abs((foreseen ?? 0) - real)).toBeLessThan(3 * RUN_MS + 0.2 * (real - at));
    const startsOf = (jobs: readonly ClusterJob[]) =>
      jobs.map(({ startedAt }) => startedAt ?? Number.POSITIVE_INFINITY);
    const all = startsOf(mine.flat());
    near(least(told.queues.map(({ start }) => start ?? 0)), least(all));
    near(greatest(told.queues.map(({ lastStart }) => lastStart ?? 0)), greatest(all));
    // Of a client with a limit nobody says in which order its models have their turns.
    for (const [index, jobs] of client === 'limited' ? [] : mine.entries()) {
      near(told.queues[index]?.start, least(startsOf(jobs)));
      near(told.queues[index]?.lastStart, greatest(startsOf(jobs)));
    }
    const named = new Set(wishes.map(({ model }) => model));
    const loaded = world.loads.slice(loadsBefore).filter(({ model }) => named.has(model)).length;
    const byQueue = Map.groupBy(told.queues, ({ coming: { queue } }) => queue);
    const foreseen = [...byQueue.values()].reduce(
      (sum, parts) => sum + Math.max(...parts.map(({ loads }) => loads)),
      0,
    );
    expect(foreseen).toBe(loaded);
  });

  it('and which models make room for them', () => {
    const { world } = cluster();
    const inMemory = [...world.loop.state.instances.values()].map(({ variant }) => variant.modelName);
    const missing = MODELS.filter((model) => !inMemory.includes(model));
    const { unloads } = world.loop.forecasts.ofBatch(
      'me',
      missing.map((model) => coming({ model, count: 30 })),
    );
    expect(unloads.toSorted()).toEqual(inMemory.toSorted());
    expect(
      world.loop.forecasts.ofBatch(
        'me',
        inMemory.map((model) => coming({ model, count: 3 })),
      ).unloads,
    ).toEqual([]);
  });
});

it('nothing is foreseen while nothing is started, and nothing of it stays in the queue', () => {
  const { world } = cluster();
  const before = world.loop.forecasts.present;
  world.loop.handle({ type: 'pause' });
  const { queues } = world.loop.forecasts.ofBatch('me', [coming({ model: 'a', count: 5 })]);
  expect(queues).toMatchObject([{ start: null, lastStart: null, loads: 0 }]);
  expect(world.jobs.backlog.count).toBe(0);
  expect(before.clearOf(queueKey({ model: 'a', contextLength: null }))).toBeNull();
});

it('a thousand jobs cost no more decisions than ten, and the same question is answered again without any', () => {
  const costOf = (count: number) => {
    const { world, decisions } = cluster();
    const jobs = JOB_PRIORITIES.flatMap((priority) =>
      MODELS.map((model) => coming({ model, priority, count })),
    );
    const before = decisions();
    world.loop.forecasts.ofBatch('me', jobs);
    const once = decisions() - before;
    world.loop.forecasts.ofBatch('me', jobs);
    return [once, decisions() - before - once];
  };
  const [few, again] = costOf(1);
  const [many] = costOf(300);
  expect(few).toBeGreaterThan(0);
  expect(again).toBe(0);
  // As many as a walk takes at most.
  expect(many).toBeLessThanOrEqual(160);
});
