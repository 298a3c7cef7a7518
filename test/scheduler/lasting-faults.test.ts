/** A fault that lasts is told: among the problems of the whole, and to every job that waits for its end. */
import { describe, expect, test } from 'vitest';
import { seededRandom } from '../../src/clock.ts';
import { type InstanceId, stableId } from '../../src/domain/ids.ts';
import type { Trouble } from '../../src/domain/system.ts';
import { GiB } from '../../src/domain/units.ts';
import { lastingFaults } from '../../src/scheduler/explain/lasting-faults.ts';
import { SimulatedWorld } from './simulated-world.ts';
import { whyItWaits } from './why-it-waits.ts';

const model = (name: string, gib: number) => ({
  name: `${name}:latest`,
  bytes: gib * GiB,
  loadMs: 500,
  runMs: 1_000,
});

function world(): SimulatedWorld {
  return new SimulatedWorld({
    models: [model('large', 6), model('other', 5)],
    random: seededRandom(1),
    totalBytes: 8 * GiB,
    mode: 'ATTACHED',
  });
}

const faultsOf = (w: SimulatedWorld, troubles: readonly Trouble[] = []) =>
  lastingFaults(w.loop.state, troubles, w.clock.now());

describe('an unload that does not happen', () => {
  test('is a fault after half a minute, with what to do, and the reason of who waits for the room', () => {
    const w = world();
    w.submit('large:latest');
    w.run(5_000);
    w.keepsAll = true;
    const job = w.submit('other:latest');
    w.run(20_000);
    expect(faultsOf(w)).toEqual([]);
    expect(whyItWaits(w, job)?.explanation).toMatch(/is being made/);
    w.run(18 * 60_000);
    const [fault] = faultsOf(w);
    expect(fault).toMatchObject({ kind: 'UNLOAD_STUCK' });
    expect(fault?.message).toMatch(/large:latest was told 18 min.*`ollama stop large:latest`/);
    expect(whyItWaits(w, job)?.explanation).toContain(fault?.message ?? '');
  });

  test('is told with what the server says to it', () => {
    const w = world();
    w.submit('large:latest');
    w.run(5_000);
    w.keepsAll = true;
    w.submit('other:latest');
    w.run(60_000);
    const [id] = w.loop.state.instances.keys();
    const trouble = {
      kind: 'UNLOAD',
      since: 0,
      message: 'Another client uses it.',
      instanceId: id ?? null,
    } as const;
    expect(faultsOf(w, [trouble])[0]?.message).toContain('Another client uses it.');
  });
});

describe('a load', () => {
  test('that hangs is a fault after a minute, and the reason of everyone who waits for that server', () => {
    const w = world();
    w.hangingLoads = 1;
    w.submit('large:latest');
    w.run(30_000);
    expect(faultsOf(w)).toEqual([]);
    const other = w.submit('other:latest');
    w.run(60_000);
    const [fault] = faultsOf(w);
    expect(fault).toMatchObject({ kind: 'LOAD_SLOW' });
    expect(fault?.message).toMatch(/large:latest has been loading on test for 1 min/);
    expect(whyItWaits(w, other)?.explanation).toContain(fault?.message ?? '');
  });

  test('that fails again and again is a fault from the second time on, until it succeeds', () => {
    const w = world();
    w.failingLoads = 5;
    const job = w.submit('large:latest');
    w.run(1_600);
    expect(faultsOf(w)).toEqual([]);
    w.run(8_000);
    const [fault] = faultsOf(w);
    expect(fault).toMatchObject({ kind: 'LOADS_FAIL' });
    expect(fault?.message).toMatch(
      /loads of large:latest in a row failed on test, the last one so: it broke/,
    );
    expect(whyItWaits(w, job)?.explanation).toContain('it broke');
    w.run(120_000);
    expect(job.finishedAt).not.toBeNull();
    expect(faultsOf(w)).toEqual([]);
  });
});

test('a load that can never succeed ends who waits, and is tried once more for those who come later', () => {
  const w = world();
  w.unreadable.add('large:latest');
  const jobs = Array.from({ length: 9 }, () => w.submit('large:latest'));
  w.run(6_000);
  expect(jobs.filter(({ refused }) => refused)).toHaveLength(9);
  expect(w.loads).toHaveLength(1);
  expect(faultsOf(w)[0]?.message).toMatch(
    /A load of large:latest failed on test: its file is cut off.*Jobs that wait for it end/,
  );
  w.unreadable.clear();
  w.run(20_000);
  const later = w.submit('large:latest');
  w.run(10_000);
  expect(later).toMatchObject({ finishedAt: expect.any(Number) });
  expect(later.refused).toBeUndefined();
  expect(faultsOf(w)).toEqual([]);
});

test('loads that failed are a fault of the past when nobody has wanted the model since', () => {
  const w = world();
  w.failingLoads = 5;
  const job = w.submit('large:latest');
  w.run(20_000);
  expect(faultsOf(w)).toHaveLength(1);
  w.cancel(job);
  w.run(4 * 60_000);
  expect(faultsOf(w)).toEqual([]);
});

describe('a store that fails', () => {
  test.each([
    ['CLAIM', 'CLAIMS_FAIL'],
    ['RESULT', 'RESULTS_NOT_STORED'],
  ] as const)('at a %s is a fault when it lasts', (kind, code) => {
    const w = world();
    const since = w.clock.now();
    const troubles = [{ kind, since, message: 'disk I/O error', instanceId: null }];
    expect(faultsOf(w, troubles)).toEqual([]);
    w.run(10_000);
    expect(faultsOf(w, troubles)).toMatchObject([{ kind: code, backendId: null }]);
    expect(faultsOf(w, troubles)[0]?.message).toMatch(/for 10\.0 s \(disk I\/O error\).*dataDir/);
  });

  test('at an unload of an instance that nobody knows is none', () => {
    const w = world();
    const instanceId = stableId('ins', 'gone') as InstanceId;
    expect(faultsOf(w, [{ kind: 'UNLOAD', since: 0, message: 'x', instanceId }])).toEqual([]);
  });
});
