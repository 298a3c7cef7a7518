/** A server that goes by what was free when its residents were loaded, with residents that nobody wants any more. */
import { describe, expect, test } from 'vitest';
import { seededRandom } from '../../src/clock.ts';
import { queueKey } from '../../src/domain/queue-key.ts';
import { GiB } from '../../src/domain/units.ts';
import type { ServerMode } from './simulated-server.ts';
import { SimulatedWorld } from './simulated-world.ts';
import { whyItWaits } from './why-it-waits.ts';

const RUN_MS = 6_000;
const model = (name: string, gib: number) => ({
  name: `${name}:latest`,
  bytes: gib * GiB,
  loadMs: 500,
  runMs: RUN_MS,
});

/** 8 GiB, of which an idle large model and an idle small one hold most. */
function afterwards(wanted: readonly string[], keepBusy = false): SimulatedWorld {
  const world = new SimulatedWorld({
    models: [
      model('large', 5),
      model('small', 1),
      model('a', 2),
      model('b', 1.9),
      model('c', 1.8),
      model('little', 1.5),
      model('whole', 7),
    ],
    random: seededRandom(1),
    totalBytes: 8 * GiB,
    mode: 'ATTACHED',
  });
  world.submit('large:latest');
  world.run(1_000);
  world.submit('small:latest');
  world.run(10_000);
  expect(world.residents().toSorted()).toEqual(['large:latest', 'small:latest']);
  if (keepBusy) world.submit('large:latest');
  for (const name of wanted) world.submit(`${name}:latest`);
  world.run(4_000);
  return world;
}

describe('residents without anything to do', () => {
  test('leave together when one that stayed would keep waiting models out', () => {
    const world = afterwards(['a', 'b', 'c']);
    expect(world.residents().toSorted()).toEqual(['a:latest', 'b:latest', 'c:latest']);
    expect(world.violations).toEqual([]);
    expect(world.loop.decisions.all().map(({ explanation }) => explanation)).toContainEqual(
      expect.stringMatching(/^Leaves with others for .* would keep waiting models out\.$/),
    );
  });

  test('stay where only one model waits: it has room when the smallest of them goes', () => {
    const world = afterwards(['a']);
    expect(world.residents().toSorted()).toEqual(['a:latest', 'large:latest']);
  });

  test('leave early for one that needs the card to itself, while the others still work', () => {
    const world = afterwards(['whole'], true);
    expect(world.residents()).toEqual(['large:latest']);
    expect(world.loop.decisions.all().map(({ explanation }) => explanation)).toContainEqual(
      expect.stringMatching(/^Makes room for whole:latest early: it has nothing to do/),
    );
    world.run(20_000);
    expect(world.residents()).toEqual(['whole:latest']);
    expect(world.violations).toEqual([]);
  });

  test('stay where the one that needs the card is kept out by another program', () => {
    const world = afterwards([], true);
    world.foreignBytes = 1.5 * GiB;
    world.run(2_000);
    world.submit('whole:latest');
    world.run(3_000);
    expect(world.residents().toSorted()).toEqual(['large:latest', 'small:latest']);
  });

  test('do not leave in vain: until they have gone nothing is loaded that would be in the way again', () => {
    const world = afterwards([]);
    const loads = world.loads.length;
    // More than it has slots for, so that it stays.
    for (let i = 0; i < 6; i += 1) world.submit('large:latest');
    world.submit('whole:latest');
    world.run(100);
    expect(world.residents()).toEqual(['large:latest']);
    world.submit('little:latest');
    world.run(200);
    expect(world.loads).toHaveLength(loads);
    world.run(60_000);
    expect(world.unfinished).toBe(0);
    expect(world.violations).toEqual([]);
  });

  test('stay as long as one of them works', () => {
    const world = afterwards(['a', 'b', 'c'], true);
    expect(world.residents()).toContain('large:latest');
    world.run(60_000);
    expect(world.unfinished).toBe(0);
    expect(world.violations).toEqual([]);
  });
});

test('of models that are waited for alike the largest comes first: after others it would need all of them gone', () => {
  const world = new SimulatedWorld({
    models: [model('small', 1), model('large', 5)],
    random: seededRandom(1),
    totalBytes: 8 * GiB,
    mode: 'ATTACHED',
  });
  world.submit('small:latest');
  world.submit('large:latest');
  world.run(4_000);
  expect(world.loads).toEqual(['large:latest', 'small:latest']);
});

describe('a model that would keep out the most urgent one', () => {
  /** A resident with work for minutes, and a model that needs the card to itself; then comes a little one that would fit. */
  function beside(mode: ServerMode, wholeJobs = 2, littleJobs = 1): SimulatedWorld {
    const world = new SimulatedWorld({
      models: [model('busy', 2), model('little', 1), model('whole', 7)],
      random: seededRandom(1),
      totalBytes: 8 * GiB,
      mode,
    });
    for (let i = 0; i < 80; i += 1) world.submit('busy:latest');
    world.run(2_000);
    for (let i = 0; i < wholeJobs; i += 1) world.submit('whole:latest');
    for (let i = 0; i < littleJobs; i += 1) world.submit('little:latest');
    return world;
  }

  test('lets it go first, but does not wait for ever while others work', () => {
    const world = beside('ATTACHED');
    world.run(19_000);
    expect(world.loads).toEqual(['busy:latest']);
    const job = world.jobs.find((each) => each.model === 'little:latest');
    expect(job && whyItWaits(world, job)?.explanation).toMatch(
      /^There is room for its 1\.0 GiB, .* more urgent\. .* at most 20\.0 s while others work\.$/,
    );
    world.run(2_000);
    expect(world.loads).toEqual(['busy:latest', 'little:latest']);
    world.run(600_000);
    expect(world.unfinished).toBe(0);
    expect(world.violations).toEqual([]);
  });

  test('comes at once when a person asks for it, and never only to be kept warm', () => {
    for (const mayEvict of [true, false]) {
      const world = beside('ATTACHED', 2, 0);
      const queue = queueKey({ model: 'little:latest', contextLength: null });
      const load = {
        queue,
        backendId: null,
        why: 'asked for',
        mayEvict,
        askedAt: world.clock.now(),
        lasting: false,
      };
      world.loop.handle({ type: 'wish', change: { kind: 'load', load } });
      world.run(30_000);
      expect(world.loads).toEqual(mayEvict ? ['busy:latest', 'little:latest'] : ['busy:latest']);
    }
  });

  test('comes at once where none is kept out, and on a server without records', () => {
    for (const world of [beside('ATTACHED', 0), beside('MANAGED')]) {
      world.run(1_000);
      expect(world.loads).toEqual(['busy:latest', 'little:latest']);
    }
  });
});

describe('the first model of an empty server', () => {
  const empty = (mode: ServerMode) =>
    new SimulatedWorld({
      models: [model('small', 1), model('large', 5)],
      random: seededRandom(1),
      totalBytes: 8 * GiB,
      mode,
    });

  test('is chosen when the jobs that come together are there, not by which of them is heard first', () => {
    const world = empty('ATTACHED');
    for (let i = 0; i < 4; i += 1) world.submit('small:latest');
    world.run(100);
    expect(world.loads).toEqual([]);
    world.submit('large:latest');
    world.run(4_000);
    expect(world.loads).toEqual(['large:latest', 'small:latest']);
  });

  test('is not waited for by a job that comes alone, or where no records count', () => {
    const alone = empty('ATTACHED');
    const job = alone.submit('small:latest');
    alone.run(200);
    expect(alone.loads).toEqual(['small:latest']);
    alone.run(10_000);
    expect(job.finishedAt).not.toBeNull();
    const measured = empty('MANAGED');
    measured.submit('small:latest');
    measured.run(10);
    expect(measured.loads).toEqual(['small:latest']);
  });

  test('is not waited for once something is there', () => {
    const world = empty('ATTACHED');
    world.submit('large:latest');
    world.run(2_000);
    world.submit('small:latest');
    world.run(10);
    expect(world.loads).toEqual(['large:latest', 'small:latest']);
  });
});
