/** Jobs that ask for different contexts of one model: a long one costs the others nothing. */
import { describe, expect, it } from 'vitest';
import { seededRandom } from '../../src/clock.ts';
import { GiB } from '../../src/domain/units.ts';
import type { ClusterJob } from './cluster-jobs.ts';
import type { ClusterModel } from './cluster-models.ts';
import { SimulatedCluster } from './simulated-cluster.ts';

const LONG = 131_072;

/** 8 GiB, and with the long context so many. */
const growing = (name: string, gibAtLong: number): ClusterModel => ({
  name,
  bytes: 8 * GiB,
  bytesPerToken: Math.floor(((gibAtLong - 8) * GiB) / (LONG - 4_096)),
  loadMs: 3_000,
  runMs: 1_000,
  parallel: 2,
});

const cluster = (models: readonly ClusterModel[], mode: 'ATTACHED' | 'MANAGED' = 'ATTACHED') =>
  new SimulatedCluster({
    servers: [{ name: 'box', cards: [24 * GiB], mode }],
    models,
    random: seededRandom(1),
  });

const waitedMs = (job: ClusterJob | undefined) => (job?.startedAt ?? Number.NaN) - (job?.createdAt ?? 0);

function pin(world: SimulatedCluster, modelName: string): void {
  const one = { modelName, backendId: null, until: null, askedAt: world.clock.now() };
  world.loop.handle({ type: 'wish', change: { kind: 'pin', pin: one } });
  world.run(10_000);
}

function feed(world: SimulatedCluster, model: string, everyMs: number, untilMs: number): ClusterJob[] {
  const jobs: ClusterJob[] = [];
  const more = () => {
    if (world.clock.monotonic() > untilMs) return;
    jobs.push(world.submit({ model, priority: 'HIGH' }));
    world.clock.after(everyMs, more);
  };
  more();
  return jobs;
}

describe.each(['ATTACHED', 'MANAGED'] as const)('a job with a long context on a %s backend', (mode) => {
  it('that fits is loaded for all that wait, once', () => {
    const world = cluster([growing('a', 20)], mode);
    world.submit({ model: 'a', priority: 'HIGH' });
    world.submit({ model: 'a', contextLength: 8_192 });
    world.submit({ model: 'a', priority: 'LOW', contextLength: LONG });
    world.runUntilDone(60_000);
    expect(world.loads.map(({ contextLength }) => contextLength)).toEqual([LONG]);
  });

  it('that no card could ever hold fails alone and says why', () => {
    const world = cluster([growing('a', 40)], mode);
    const long = world.submit({ model: 'a', priority: 'HIGH', contextLength: LONG });
    const others = [1, 2, 3].map(() => world.submit({ model: 'a', priority: 'LOW' }));
    world.run(60_000);
    expect(Math.max(...others.map(waitedMs))).toBeLessThan(10_000);
    expect(world.refused.get(long)).toMatch(/131072/);
  });

  it.each(['HIGH', 'NORMAL', 'LOW'] as const)(
    'for which a pin leaves no room waits alone (others: %s)',
    (priority) => {
      const world = cluster([growing('a', 20), growing('pinned', 20)], mode);
      pin(world, 'pinned');
      const long = world.submit({ model: 'a', priority: 'HIGH', contextLength: LONG });
      const others = [1, 2, 3].map(() => world.submit({ model: 'a', priority }));
      world.run(60_000);
      expect(Math.max(...others.map(waitedMs))).toBeLessThan(10_000);
      expect(long.startedAt).toBeNull();
      expect(world.loads.map(({ contextLength }) => contextLength)).toEqual([4_096, 4_096]);
      expect(world.rules.violations).toEqual([]);
    },
  );

  it('takes the place of idle models only, as long as it is not overdue', () => {
    const world = cluster([growing('a', 20), growing('busy', 20)], mode);
    const jobs = feed(world, 'busy', 600, 600_000);
    world.run(20_000);
    const own = feed(world, 'a', 900, 600_000);
    world.run(20_000);
    const before = world.loads.length;
    const long = world.submit({ model: 'a', priority: 'LOW', contextLength: LONG });
    world.run(540_000);
    expect(world.loads).toHaveLength(before);
    expect(long.startedAt).toBeNull();
    expect(Math.max(...[...jobs, ...own].slice(20).map(waitedMs))).toBeLessThan(15_000);
    // Nobody waits for ever: it has its turn when it is overdue or when the others have gone.
    world.runUntilDone(3_600_000);
    expect(world.jobs.unfinished).toBe(0);
  });

  it('that would keep another waiting model out does not come in the place of the short one', () => {
    const world = cluster([growing('a', 20), growing('b', 20)], mode);
    world.submit({ model: 'a', priority: 'HIGH' });
    world.submit({ model: 'a', priority: 'LOW', contextLength: LONG });
    const other = world.submit({ model: 'b', priority: 'HIGH' });
    world.run(15_000);
    expect(other.finishedAt).not.toBeNull();
    world.runUntilDone(60_000);
    expect(world.jobs.unfinished).toBe(0);
    expect(world.loads).toHaveLength(3);
  });

  it('of a pinned model is served by the pinned model with that context', () => {
    const world = cluster([growing('a', 20), growing('b', 20)], mode);
    pin(world, 'a');
    const long = world.submit({ model: 'a', contextLength: LONG });
    world.run(60_000);
    expect(long.finishedAt).not.toBeNull();
    const short = world.submit({ model: 'a' });
    world.run(10_000);
    expect(short.finishedAt).not.toBeNull();
    expect(world.rules.violations).toEqual([]);
  });
});

describe.each([
  ['ATTACHED', 'one after the other', 2],
  ['MANAGED', 'side by side', 2],
] as const)('jobs on a %s backend of which some want a context that does not move on', (mode, how, loads) => {
  it(`run ${how}, each on an instance of its own`, () => {
    const world = cluster([growing('a', 20)], mode);
    world.submit({ model: 'a' });
    world.submit({ model: 'a', shift: false });
    world.submit({ model: 'a', shift: true });
    world.submit({ model: 'a', shift: false, contextLength: 8_192 });
    world.runUntilDone(600_000);
    expect(world.jobs.unfinished).toBe(0);
    expect(world.loads.length).toBeGreaterThanOrEqual(loads);
    expect(world.rules.violations).toEqual([]);
  });
});
