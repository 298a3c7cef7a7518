/** What a waiting job is told: the limit that decides, and why each resident stays. */
import { describe, expect, it } from 'vitest';
import { seededRandom } from '../../src/clock.ts';
import type { JobPriority } from '../../src/domain/job.ts';
import { GiB } from '../../src/domain/units.ts';
import { expectedOf } from '../../src/scheduler/explain/expected.ts';
import { explain } from '../../src/scheduler/explain/explain.ts';
import { loadOption } from '../../src/scheduler/snapshot/options.ts';
import type { ClusterJob } from './cluster-jobs.ts';
import type { ClusterModel } from './cluster-models.ts';
import { backendIdOf, type ClusterServer, SimulatedCluster } from './simulated-cluster.ts';

const model = (name: string, gib: number, more: Partial<ClusterModel> = {}): ClusterModel => ({
  name,
  bytes: gib * GiB,
  loadMs: 2_000,
  runMs: 1_000,
  ...more,
});

function cluster(models: readonly ClusterModel[], server: Partial<ClusterServer> = {}): SimulatedCluster {
  const box: ClusterServer = { name: 'box', cards: [24 * GiB], mode: 'ATTACHED', ...server };
  return new SimulatedCluster({ servers: [box], models, random: seededRandom(1) });
}

function why(world: SimulatedCluster, job: ClusterJob): string {
  const now = world.clock.now();
  const option = loadOption(job.queue, backendIdOf('box'), world.models);
  const input = {
    job: { ...job, modelName: job.model, status: 'PENDING', notBefore: null } as never,
    verdict: world.loop.verdictOf(job.queue),
    options: option ? [option] : [],
    faults: [],
    modelsKnown: true,
    expected: expectedOf(world.loop, job),
  };
  return explain(input, now)?.explanation ?? 'It does not wait.';
}

function keepBusy(world: SimulatedCluster, names: readonly string[], priority: JobPriority = 'NORMAL'): void {
  for (const name of names) for (let i = 0; i < 500; i += 1) world.submit({ model: name, priority });
  world.run(20_000);
}

const reasons = (world: SimulatedCluster, kind: string) =>
  world.loop.decisions
    .all()
    .filter((one) => one.kind === kind)
    .map((one) => one.explanation);

describe('a job that waits for room', () => {
  it.each([
    [3, ['a', 'b', 'c']],
    [2, ['a', 'b']],
    [1, ['a']],
  ])('is told the number of models where that is the limit (%i)', (most, names) => {
    const world = cluster([...names.map((name) => model(name, 2)), model('x', 0.4)], {
      maxLoadedModels: most,
    });
    keepBusy(world, names);
    const text = why(world, world.submit({ model: 'x' }));
    expect(text).toContain(`box holds no more than ${most} model`);
    expect(text).toContain('maxLoadedModels');
    for (const name of names) expect(text).toContain(`${name} (2.0 GiB) has work of its own`);
    world.run(200_000);
    expect(reasons(world, 'DRAIN').join('\n')).toContain(`box holds no more than ${most} model`);
  });

  it("is told Ollama's own limit where none is set", () => {
    const names = ['a', 'b', 'c'];
    const world = cluster([...names.map((name) => model(name, 2)), model('x', 0.4)]);
    keepBusy(world, names);
    expect(why(world, world.submit({ model: 'x' }))).toContain('box holds no more than 3 models at once');
  });

  it('is told the memory where that is the limit', () => {
    const world = cluster([model('a', 16), model('b', 16)]);
    keepBusy(world, ['a']);
    const text = why(world, world.submit({ model: 'b' }));
    expect(text).toMatch(
      /^Needs 16.0 GiB, 8.0 GiB free; a \(16.0 GiB\) has work of its own; a swap is forced in /,
    );
    expect(text).not.toContain('maxLoadedModels');
  });

  it('is told that a model is pinned, and no swap that will not come', () => {
    const world = cluster([model('a', 16), model('b', 16)]);
    const pin = { modelName: 'a', backendId: null, until: null, askedAt: world.clock.now() };
    world.loop.handle({ type: 'wish', change: { kind: 'pin', pin } });
    world.run(10_000);
    const text = why(world, world.submit({ model: 'b' }));
    expect(text).toContain('a (16.0 GiB) is pinned');
    expect(text).not.toContain('swap');
  });

  it('is told that more urgent jobs came just now', () => {
    const world = cluster([model('a', 16), model('b', 16)]);
    world.submit({ model: 'a', priority: 'HIGH' });
    world.run(3_500);
    const job = world.submit({ model: 'b', priority: 'LOW' });
    world.run(100);
    expect(why(world, job)).toContain('a (16.0 GiB) served a more urgent job just now');
  });

  it.each([
    [60_000, 'has been on its way out for 1 min'],
    [18 * 60_000, 'has been on its way out for 18 min'],
  ])('names an unload that is stuck, and since when', (stuckMs, told) => {
    const world = cluster([model('a', 16), model('b', 16)]);
    world.submit({ model: 'a' });
    world.run(10_000);
    world.unloadMs = 3_600_000;
    const planned = world.submit({ model: 'b' });
    world.run(stuckMs + 100);
    expect(why(world, planned)).toContain(`a ${told}`);
    expect(why(world, planned)).toContain('its server does not let go of it');
    const own = world.submit({ model: 'a' });
    expect(why(world, own)).toContain(`a ${told}`);
  });

  it('is told of a short unload without alarm', () => {
    const world = cluster([model('a', 16), model('b', 16)]);
    world.submit({ model: 'a' });
    world.run(10_000);
    world.unloadMs = 60_000;
    const job = world.submit({ model: 'b' });
    world.run(3_000);
    expect(why(world, job)).toMatch(
      /^Room for its 16.0 GiB is being made: a has been on its way out for 3s?/,
    );
    expect(why(world, job)).not.toContain('does not let go');
  });
});

describe('a job whose model is there', () => {
  it('is told how many come before it, and that it is next', () => {
    const world = cluster([model('a', 4)]);
    world.submit({ model: 'a' });
    world.run(4_000);
    const jobs = Array.from({ length: 6 }, () => {
      const job = world.submit({ model: 'a' });
      world.run(10);
      return job;
    });
    const told = jobs.map((job) => why(world, job));
    expect(
      told.some((text) => /^It is next for (the slot|one of the \d+ slots) of its model\.$/.test(text)),
    ).toBe(true);
    expect(told.at(-1)).toMatch(/^About \d+ of its model's jobs come before it for /);
    expect(told.join(' ')).not.toContain('About 0');
  });
});
