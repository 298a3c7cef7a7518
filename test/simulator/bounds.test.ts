import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { boundsOf } from '../../src/simulator/figures/bounds.ts';
import { figuresOf } from '../../src/simulator/figures/figures.ts';
import type { MachineSettings } from '../../src/simulator/machine/settings.ts';
import { SERVER_KINDS } from '../../src/simulator/policies/contender.ts';
import { POLICIES, POLICY_NAMES } from '../../src/simulator/policies/policies.ts';
import { GB, model, runOn, SMALL, workload } from './support.ts';

const [a, b] = [model('a:latest', 4), model('b:latest', 8)];

describe('the bounds, worked out by hand', () => {
  const bounds = (jobs: Parameters<typeof workload>[1], machine: Partial<MachineSettings> = {}) =>
    boundsOf(workload([a, b], jobs), { ...SMALL, ...machine }, 'attached');

  test('one model: its load, and its longest job', () => {
    expect(bounds([{ model: 'a:latest', work: 3 }])).toEqual({ makespanMs: 8_000, meanMs: 3_000, loads: 1 });
  });

  test('all loads one after the other, and the shortest of what comes last', () => {
    // 5 and 9 s of loads; after the last of them at least a's 3 s.
    const jobs = [
      { model: 'a:latest', work: 3 },
      { model: 'b:latest', work: 7 },
    ];
    expect(bounds(jobs).makespanMs).toBe(17_000);
  });

  test('work that comes late', () => {
    // From 100 on 40 s of work, of which two slots at half speed each get one second done a second.
    const jobs = [0, 100, 100, 100, 100].map((at) => ({ model: 'a:latest', at, work: 10 }));
    expect(bounds(jobs).makespanMs).toBe(140_000);
    expect(bounds(jobs, { batchExponent: 1 }).makespanMs).toBe(120_000);
  });

  test('memory and time', () => {
    // b holds 8 of 10 GB for 9 s and 40 s of work, a 4 GB for 5 s and 30 s: 532 GB·s.
    const jobs = [
      ...[10, 10, 10, 10].map((work) => ({ model: 'b:latest', work })),
      ...[10, 10, 10].map((work) => ({ model: 'a:latest', work })),
    ];
    expect(bounds(jobs, { modelsShareGpu: false }).makespanMs).toBe(53_200);
  });

  test('the mean of the shortest first', () => {
    // One second done a second: 1, 1 + 2, 1 + 2 + 6 from the same start.
    const jobs = [6, 1, 2].map((work) => ({ model: 'a:latest', work }));
    expect(bounds(jobs).meanMs).toBeCloseTo((1_000 + 3_000 + 9_000) / 3);
  });
});

const jobs = fc.array(
  fc.record({
    model: fc.constantFrom('m0:latest', 'm1:latest', 'm2:latest', 'm3:latest', 'm4:latest'),
    at: fc.oneof(fc.constant(0), fc.integer({ min: 0, max: 200 })),
    work: fc.integer({ min: 1, max: 40 }),
    priority: fc.constantFrom('HIGH', 'NORMAL', 'LOW'),
  }),
  { minLength: 1, maxLength: 60 },
);
const sizes = fc.array(fc.integer({ min: 1, max: 9 }), { minLength: 5, maxLength: 5 });
const machines = fc.record({
  slots: fc.constantFrom(1, 2, 4),
  batchExponent: fc.constantFrom(0, 0.5, 0.7, 1),
  cards: fc.constantFrom(1, 2),
  modelsShareGpu: fc.boolean(),
  loadsShareDisk: fc.boolean(),
});

describe.each(SERVER_KINDS)('no policy beats a bound, on a server that is %s', (server) => {
  test.each(POLICY_NAMES)('%s', (policy) => {
    fc.assert(
      fc.property(jobs, sizes, machines, fc.nat(), (drafts, gigabytes, { cards, ...own }, seed) => {
        const machine = { ...SMALL, ...own, gpuBytes: Array.from({ length: cards }, () => 10 * GB) };
        const models = gigabytes.map((size, i) => model(`m${i}:latest`, size));
        const given = workload(models, drafts);
        const bounds = boundsOf(given, machine, server);
        const history = runOn(POLICIES[policy], given, { machine, server, seed });
        const figures = figuresOf(history, bounds, { workload: 'test', policy, seed });
        expect(figures.jobs).toBe(drafts.length);
        expect(figures.makespanSeconds).toBeGreaterThan(figures.makespanBoundSeconds - 0.001);
        expect(figures.meanSeconds * 1_000).toBeGreaterThan(bounds.meanMs - 1);
        expect(figures.loads).toBeGreaterThanOrEqual(bounds.loads);
        for (const { arrivedMs, doneMs, leastMs } of history.jobs)
          expect(doneMs - arrivedMs).toBeGreaterThan(leastMs - 1);
      }),
      { numRuns: 25 },
    );
  });
});
