/** When jobs of clients with limits start, beside when they do; and what it costs to ask. */
import { describe, expect, it } from 'vitest';
import { seededRandom } from '../../src/clock.ts';
import { GiB } from '../../src/domain/units.ts';
import { VersionedMap } from '../../src/domain/versioned-map.ts';
import { waitedFor } from '../../src/scheduler/decide/candidates.ts';
import { USUAL_POLICY } from '../../src/scheduler/decide/decide.ts';
import { Draft } from '../../src/scheduler/decide/draft.ts';
import type { Snapshot } from '../../src/scheduler/decide/snapshot.ts';
import type { ClusterJob, JobWish } from './cluster-jobs.ts';
import { type ClusterServer, SimulatedCluster } from './simulated-cluster.ts';

const FREE = { weight: 1, maxRunning: null, maxQueued: null };
const RUN_MS = 10_000;
const LIMIT = 2;
const clients = { others: FREE, named: new Map([['limited', { ...FREE, maxRunning: LIMIT }]]) };

interface Seen {
  last: Snapshot | null;
  decisions: number;
}

function cluster(server: Partial<ClusterServer> = {}) {
  const seen: Seen = { last: null, decisions: 0 };
  const world = new SimulatedCluster({
    servers: [{ name: 'box', cards: [40 * GiB], ...server }],
    models: ['a', 'b', 'c'].map((name) => {
      return { name, bytes: 16 * GiB, loadMs: 2_000, runMs: RUN_MS, parallel: 8 };
    }),
    random: seededRandom(1),
    clients,
    policy: {
      decide: (snapshot, now) => {
        seen.last = snapshot;
        seen.decisions += 1;
        return USUAL_POLICY.decide(snapshot, now);
      },
    },
  });
  world.submit({ model: 'a', client: 'free' });
  world.run(20_000);
  return { world, seen };
}

function submit(world: SimulatedCluster, count: number, wish: JobWish): readonly ClusterJob[] {
  return Array.from({ length: count }, () => world.submit(wish));
}

describe('of a client that may run two jobs at once', () => {
  it.each([
    ['before any of them runs', 0, 40, 60],
    ['while it is at its limit, beside the jobs of others', 5_000, 40, 60],
    ['while it is at its limit, and nobody else waits', 5_000, 40, 0],
    ['with fewer jobs than it may run', 0, 1, 60],
  ])('the starts of all jobs are foreseen: %s', (_, afterMs, count, others) => {
    const { world } = cluster();
    const mine = submit(world, count, { model: 'a', client: 'limited' });
    world.run(afterMs);
    submit(world, others, { model: 'a', client: 'free' });
    world.run(50);
    const at = world.clock.now();
    const told = mine
      .filter(({ startedAt }) => startedAt === null)
      .map((job) => ({ job, start: world.loop.forecasts.startOf(job.queue, job) }));
    const next = world.loop.forecasts.firstOf('limited', world.jobs.backlog.held.ofClient('limited'));
    world.runUntilDone(600_000);
    for (const { job, start } of told) {
      const waited = (job.startedAt ?? 0) - at;
      expect(Math.abs((start ?? 0) - (job.startedAt ?? 0))).toBeLessThan(RUN_MS + 0.1 * waited);
    }
    const first = Math.min(...told.map(({ job }) => job.startedAt ?? 0));
    if (told.length > 0) expect(Math.abs((next ?? 0) - first)).toBeLessThan(RUN_MS);
  });

  it('no start is told while its model is in no memory, nor while nothing is started', () => {
    const { world } = cluster();
    submit(world, 10, { model: 'a', client: 'limited' });
    world.run(5_000);
    const [other] = submit(world, 1, { model: 'b', client: 'limited' });
    world.run(50);
    expect(other && world.loop.forecasts.startOf(other.queue, other)).toBeNull();
    world.loop.handle({ type: 'pause' });
    const last = world.jobs.all.findLast(({ model }) => model === 'a');
    expect(last && world.loop.forecasts.startOf(last.queue, last)).toBeNull();
  });

  it('what its queue waits for is tried once after a turn, however often it is asked', () => {
    const { world, seen } = cluster();
    submit(world, 10, { model: 'a', client: 'limited' });
    world.run(5_000);
    const [other] = submit(world, 1, { model: 'b', client: 'limited' });
    world.run(50);
    const before = seen.decisions;
    const asked = Array.from({ length: 5 }, () => other && world.loop.verdictOf(other.queue));
    expect(new Set(asked).size).toBe(1);
    expect(seen.decisions).toBe(before + 1);
    submit(world, 1, { model: 'a', client: 'free' });
    world.run(50);
    const after = seen.decisions;
    if (other) world.loop.verdictOf(other.queue);
    expect(seen.decisions).toBe(after + 1);
  });
});

it('a forecast that was made before a turn is asked without going through all clients', () => {
  const { world } = cluster();
  for (let i = 0; i < 300; i += 1) world.submit({ model: 'a', client: `client ${i}` });
  world.run(50);
  const last = world.jobs.all.at(-1);
  if (!last) throw new Error('Nothing waits.');
  expect(world.loop.forecasts.present.startOf(last.queue, last)).not.toBeNull();
  submit(world, 3, { model: 'a', client: 'client 7' });
  world.run(20);
  const { entries } = VersionedMap.prototype;
  let walks = 0;
  VersionedMap.prototype.entries = function (this: never) {
    walks += 1;
    return entries.call(this);
  };
  try {
    expect(world.loop.forecasts.present.startOf(last.queue, last)).not.toBeNull();
    submit(world, 1, { model: 'a', client: 'client 8' });
    world.run(20);
  } finally {
    VersionedMap.prototype.entries = entries;
  }
  expect(walks).toBe(0);
});

it('nothing is weighed for a load while all channels load, but on servers on which others leave for it meanwhile', () => {
  const waiting = (server: Partial<ClusterServer>) => {
    const { world, seen } = cluster(server);
    submit(world, 3, { model: 'b' });
    submit(world, 3, { model: 'c' });
    world.run(1_000);
    const { last } = seen;
    if (!last) throw new Error('Nothing was decided.');
    const loading = last.backends
      .flatMap(({ instances }) => instances)
      .filter(({ status }) => status === 'LOADING');
    expect(loading).toHaveLength(1);
    const busy = last.backends.map((backend) => ({ ...backend, loadChannels: 1, swaps: [] }));
    return waitedFor(new Draft({ ...last, backends: busy }, world.clock.now())).length;
  };
  expect(waiting({})).toBe(0);
  expect(waiting({ mode: 'ATTACHED' })).toBe(1);
});
