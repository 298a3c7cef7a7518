import { readFile } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, it, vi } from 'vitest';
import { seededRandom, systemClock } from '../../src/clock.ts';
import { Backlog } from '../../src/domain/backlog.ts';
import { queueKey } from '../../src/domain/queue-key.ts';
import { GiB } from '../../src/domain/units.ts';
import { USUAL_POLICY } from '../../src/scheduler/decide/decide.ts';
import { SchedulerLoop } from '../../src/scheduler/loop.ts';
import { randomPriority, SimulatedWorld, type WorldModel } from './simulated-world.ts';

const model = (name: string, gib: number, more: Partial<WorldModel> = {}): WorldModel => ({
  name: `${name}:latest`,
  bytes: gib * GiB,
  loadMs: 2_000,
  runMs: 1_000,
  ...more,
});

const world = (
  models: readonly WorldModel[],
  more: Partial<ConstructorParameters<typeof SimulatedWorld>[0]> = {},
) => new SimulatedWorld({ models, random: seededRandom(1), ...more });

describe('the scheduling loop', () => {
  it('loads a model that jobs wait for and runs as many at once as it has slots', () => {
    const w = world([model('a', 8, { parallel: 2 })]);
    for (let i = 0; i < 4; i += 1) w.submit('a:latest');
    w.run(2_500);
    expect(w.jobs.filter((job) => job.startedAt !== null)).toHaveLength(2);
    w.run(4_000);
    expect(w.unfinished).toBe(0);
    expect(w.loads).toEqual(['a:latest']);
    expect(w.violations).toEqual([]);
  });

  it('looks as soon as it is asked to, before the shortest timer, and once however often it is asked', async () => {
    const order: string[] = [];
    const w = world([]);
    const loop = new SchedulerLoop({
      backends: [],
      backlog: new Backlog(),
      resolver: { version: 1, hasListed: () => true, isNamed: () => true, resolve: () => null },
      clock: systemClock,
      random: seededRandom(1),
      policy: {
        decide(snapshot, now) {
          order.push('decision');
          return USUAL_POLICY.decide(snapshot, now);
        },
      },
      changed: () => {},
    });
    const over = Promise.withResolvers<void>();
    readFile(import.meta.filename, () => {
      systemClock.after(0, () => {
        order.push('timer');
        over.resolve();
      });
      loop.start(w);
      loop.look();
      loop.look();
      order.push('asked');
    });
    await over.promise;
    expect(order).toEqual(['asked', 'decision', 'timer']);
  });

  it('counts a job before its commit only where one that is ready has a slot for it', () => {
    const w = world([model('a', 8, { parallel: 2 }), model('b', 8)]);
    const queue = (name: string) => queueKey({ model: name, contextLength: null });
    const counts = (name: string) =>
      w.loop.arriving({ queue: queue(name), priority: 'NORMAL', client: 'alice' });
    expect(counts('a:latest')).toBe(false);
    w.submit('a:latest');
    w.run(1_000);
    expect(w.loads).toEqual(['a:latest']);
    expect(counts('a:latest')).toBe(false);
    w.run(1_500);
    expect([counts('a:latest'), counts('b:latest'), counts('unknown:latest')]).toEqual([true, false, false]);
    w.submit('a:latest');
    w.run(100);
    expect(counts('a:latest')).toBe(false);
    w.run(5_000);
    expect(counts('a:latest')).toBe(true);
    w.loop.handle({ type: 'pause' });
    expect(counts('a:latest')).toBe(false);
    w.loop.stop();
    expect(counts('a:latest')).toBe(false);
    expect(w.loads).toEqual(['a:latest']);
  });

  it.each([1, 2, 4])('counts no more jobs before their commits than there are free slots: %i', (parallel) => {
    const w = world([model('a', 8, { parallel })]);
    const key = {
      queue: queueKey({ model: 'a:latest', contextLength: null }),
      priority: 'NORMAL',
      client: 'alice',
    } as const;
    w.submit('a:latest');
    w.run(10_000);
    const counted = () => Array.from({ length: 10 }, () => w.loop.arriving(key)).filter(Boolean).length;
    expect(counted()).toBe(parallel);
    expect(counted()).toBe(0);
    // The turn found none of them in the backlog: they were refused.
    w.loop.gathered();
    expect(counted()).toBe(parallel);
  });

  it('decides once about what is noted in a tick, in its order, and hears it before what comes at once', () => {
    const w = world([model('a', 8, { parallel: 3, runMs: 60_000 })]);
    const jobs = Array.from({ length: 3 }, () => w.submit('a:latest'));
    w.run(2_500);
    const running = () => [...w.loop.state.instances.values()].flatMap((instance) => [...instance.jobs]);
    const [instance] = w.loop.state.instances.values();
    const leave = ({ id: jobId, client }: (typeof jobs)[number]) => {
      const { id: instanceId } = instance ?? { id: '' as never };
      w.loop.note({
        type: 'left',
        instanceId,
        jobId,
        client,
        ranMs: 1,
        evidence: 'none',
        succeeded: true,
      });
    };
    const [first, second, third] = jobs;
    if (!first || !second || !third) throw new Error('Nothing was submitted.');
    const decisions = vi.spyOn(USUAL_POLICY, 'decide');
    try {
      leave(second);
      leave(first);
      expect([running().length, decisions.mock.calls.length]).toEqual([3, 0]);
      w.clock.advance(0);
      expect([running(), decisions.mock.calls.length]).toEqual([[third.id], 1]);
      leave(third);
      w.loop.handle({ type: 'pause' });
      expect([running(), w.loop.state.paused, decisions.mock.calls.length]).toEqual([[], true, 2]);
    } finally {
      decisions.mockRestore();
    }
  });

  it('keeps a resident while it has work and swaps when its queue is empty', () => {
    const w = world([model('a', 16), model('b', 16)]);
    for (let i = 0; i < 20; i += 1) w.submit('a:latest', 'LOW');
    w.run(2_500);
    w.submit('b:latest', 'LOW');
    w.run(60_000);
    expect(w.unfinished).toBe(0);
    expect(w.loads).toEqual(['a:latest', 'b:latest']);
    const lastOfA = Math.max(
      ...w.jobs.filter((job) => job.model === 'a:latest').map((job) => job.startedAt ?? 0),
    );
    const firstOfB = Math.min(
      ...w.jobs.filter((job) => job.model === 'b:latest').map((job) => job.startedAt ?? 0),
    );
    expect(lastOfA).toBeLessThan(firstOfB);
    expect(w.violations).toEqual([]);
  });

  it('keeps a resident whose jobs are being claimed, although the counts are without them before the answer comes', () => {
    const w = world([model('a', 16, { parallel: 1 }), model('b', 16)], { claimAnswerMs: 5 });
    for (let i = 0; i < 5; i += 1) w.submit('a:latest');
    w.submit('b:latest');
    w.run(30_000);
    expect(w.unfinished).toBe(0);
    expect(w.loads).toEqual(['a:latest', 'b:latest']);
    expect(w.violations).toEqual([]);
  });

  it('lets an idle victim go in the turn that chooses it', () => {
    const w = world([model('a', 16), model('b', 16)]);
    w.submit('a:latest');
    w.run(6_000);
    w.submit('b:latest');
    w.run(6_000);
    const at = (kind: string) => w.loop.decisions.all().find((one) => one.kind === kind)?.at;
    expect(at('UNLOAD')).toBe(at('DRAIN'));
    expect(w.unfinished).toBe(0);
    expect(w.violations).toEqual([]);
  });

  it('makes a resident with endless work give way to a HIGH job that has waited for 30 seconds', () => {
    const w = world([model('a', 16), model('b', 16)]);
    const feed = () => {
      w.submit('a:latest', 'LOW');
      w.clock.after(200, feed);
    };
    feed();
    w.run(10_000);
    const urgent = w.submit('b:latest', 'HIGH');
    w.run(25_000);
    expect(urgent.startedAt).toBeNull();
    w.run(20_000);
    expect(urgent.finishedAt).not.toBeNull();
    expect((urgent.startedAt ?? 0) - urgent.createdAt).toBeGreaterThanOrEqual(30_000);
    expect(w.violations).toEqual([]);
  });

  it('drains the least recently used of those with nothing to do, and only as many as are needed', () => {
    const w = world([model('a', 8), model('b', 8), model('c', 7), model('d', 6)]);
    for (const name of ['a', 'b', 'c']) {
      w.submit(`${name}:latest`);
      w.run(6_000);
    }
    w.submit('a:latest');
    w.run(4_000);
    w.submit('d:latest');
    w.run(8_000);
    expect(w.unfinished).toBe(0);
    expect(w.residents().toSorted()).toEqual(['a:latest', 'c:latest', 'd:latest']);
    expect(w.violations).toEqual([]);
  });

  it('serves a HIGH job before NORMAL ones of the same model', () => {
    const w = world([model('a', 8, { parallel: 1 })]);
    const normal = Array.from({ length: 5 }, () => w.submit('a:latest', 'NORMAL'));
    w.run(2_500);
    const high = w.submit('a:latest', 'HIGH');
    w.run(20_000);
    const before = normal.filter((job) => (job.startedAt ?? 0) < (high.startedAt ?? 0));
    expect(before).toHaveLength(1);
  });

  it("does not let one client's flood hold up another's single job", () => {
    const w = world([model('a', 8, { parallel: 1 })]);
    for (let i = 0; i < 50; i += 1) w.submit('a:latest', 'NORMAL', 'flood');
    w.run(10_000);
    const single = w.submit('a:latest', 'NORMAL', 'single');
    w.run(4_000);
    expect(single.finishedAt).not.toBeNull();
  });

  it('loads nothing into memory that a foreign program holds', () => {
    const w = world([model('a', 16)]);
    w.foreignBytes = 10 * GiB;
    w.observe();
    w.submit('a:latest');
    w.run(10_000);
    expect(w.loads).toEqual([]);
    w.foreignBytes = 2 * GiB;
    w.run(10_000);
    expect(w.unfinished).toBe(0);
    expect(w.violations).toEqual([]);
  });

  it('adopts what others loaded instead of loading it again', () => {
    const w = world([model('a', 16)]);
    w.loadForOthers('a:latest');
    w.observe();
    w.submit('a:latest');
    w.run(4_000);
    expect(w.unfinished).toBe(0);
    expect(w.loads).toEqual([]);
  });

  it('forgets the instances of a lost server and loads them again when it is back', () => {
    const w = world([model('a', 16)]);
    w.submit('a:latest');
    w.run(5_000);
    w.crash();
    const job = w.submit('a:latest');
    w.run(5_000);
    expect(job.startedAt).toBeNull();
    w.restart();
    w.run(6_000);
    expect(job.finishedAt).not.toBeNull();
    expect(w.loads).toEqual(['a:latest', 'a:latest']);
  });

  it('notices that somebody else unloaded a model', () => {
    const w = world([model('a', 16)]);
    w.submit('a:latest');
    w.run(6_000);
    w.held.clear();
    w.observe();
    const job = w.submit('a:latest');
    w.run(6_000);
    expect(job.finishedAt).not.toBeNull();
    expect(w.loads).toHaveLength(2);
    expect(w.violations).toEqual([]);
  });

  it('unloads an idle instance after its keep-alive', () => {
    const w = world([model('a', 16)], { keepAliveMs: 60_000 });
    w.submit('a:latest');
    w.run(10_000);
    expect(w.residents()).toEqual(['a:latest']);
    w.run(60_000);
    expect(w.residents()).toEqual([]);
  });

  it('starts nothing while paused, lets running jobs finish, and goes on when resumed', () => {
    const w = world([model('a', 8, { parallel: 1, runMs: 3_000 })]);
    const [first, second] = [w.submit('a:latest'), w.submit('a:latest')];
    w.run(3_000);
    w.loop.handle({ type: 'pause' });
    w.run(20_000);
    expect(first.finishedAt).not.toBeNull();
    expect(second.startedAt).toBeNull();
    w.loop.handle({ type: 'resume' });
    w.run(6_000);
    expect(second.finishedAt).not.toBeNull();
  });

  it('replaces a running instance when a larger context is asked for, and serves smaller ones with it', () => {
    const w = world([model('a', 8)], { mode: 'ATTACHED' });
    w.submit('a:latest', 'NORMAL', 'someone', 2048);
    w.run(6_000);
    w.submit('a:latest', 'NORMAL', 'someone', 8192);
    w.run(8_000);
    w.submit('a:latest', 'NORMAL', 'someone', 2048);
    w.run(4_000);
    expect(w.unfinished).toBe(0);
    expect(w.loads).toHaveLength(2);
    expect(w.violations).toEqual([]);
  });

  it('waits longer after each failed load', () => {
    const w = world([model('a', 8)], { failingLoads: 3 });
    w.submit('a:latest');
    w.run(40_000);
    expect(w.unfinished).toBe(0);
    expect(w.loads).toHaveLength(4);
  });

  it('finishes every job of any workload and breaks no rule on the way', () => {
    fc.assert(
      fc.property(fc.integer(), (seed) => {
        const random = seededRandom(seed);
        const models = Array.from({ length: 6 }, (_, i) =>
          model(`m${i}`, 2 + Math.floor(random.next() * 18), {
            runMs: 200 + Math.floor(random.next() * 4_000),
            loadMs: 300 + Math.floor(random.next() * 5_000),
            parallel: 1 + Math.floor(random.next() * 4),
          }),
        );
        const w = world(models, {
          random,
          maxLoadedModels: 1 + Math.floor(random.next() * 5),
          keepAliveMs: 30_000,
        });
        for (let i = 0; i < 60; i += 1) {
          const name = models[Math.floor(random.next() * models.length)]?.name ?? '';
          const job = w.submit(name, randomPriority(random), `c${Math.floor(random.next() * 3)}`);
          if (random.next() < 0.05) w.cancel(job);
          if (random.next() < 0.03) w.failingLoads += 1;
          if (random.next() < 0.02) {
            w.crash();
            w.clock.after(3_000, () => w.restart());
          }
          // Another program never takes so much that the largest model could not fit any more.
          if (random.next() < 0.05) w.foreignBytes = Math.floor(random.next() * 4 * GiB);
          w.run(Math.floor(random.next() * 3_000));
        }
        w.foreignBytes = 0;
        w.run(1_800_000);
        expect(w.unfinished).toBe(0);
        expect(w.violations).toEqual([]);
      }),
      { numRuns: 60 },
    );
  });

  it('never overdraws the card when nobody else uses it', () => {
    fc.assert(
      fc.property(fc.integer(), (seed) => {
        const random = seededRandom(seed);
        const models = Array.from({ length: 8 }, (_, i) =>
          model(`m${i}`, 1 + Math.floor(random.next() * 20)),
        );
        const w = world(models, { random });
        for (let i = 0; i < 40; i += 1) {
          w.submit(models[Math.floor(random.next() * models.length)]?.name ?? '', randomPriority(random));
          w.run(Math.floor(random.next() * 4_000));
        }
        w.run(600_000);
        expect(w.unfinished).toBe(0);
        expect(w.violations).toEqual([]);
      }),
      { numRuns: 60 },
    );
  });
});
