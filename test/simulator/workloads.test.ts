import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { seededRandom } from '../../src/clock.ts';
import { USUAL_MACHINE } from '../../src/simulator/machine/settings.ts';
import { Draws, zipf } from '../../src/simulator/workload/draws.ts';
import { EMBEDDING_MODEL, LARGE_MODEL } from '../../src/simulator/workload/people.ts';
import type { Workload } from '../../src/simulator/workload/workload.ts';
import { generate, WORKLOAD_NAMES, type WorkloadName } from '../../src/simulator/workload/workloads.ts';

const SETTINGS = {
  jobs: 200,
  ratePerSecond: 0.5,
  models: 6,
  zipf: 1,
  priorities: 'equal',
  machine: USUAL_MACHINE,
} as const;

describe.each(WORKLOAD_NAMES)('%s', (name: WorkloadName) => {
  test('is the same for the same seed, and another for another', () => {
    const made = (seed: number) => JSON.stringify(generate(name, SETTINGS, seed));
    expect(made(7)).toBe(made(7));
    expect(made(7)).not.toBe(made(8));
  });

  test('makes sense', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 60 }),
        fc.integer({ min: 1, max: 20 }),
        fc.constantFrom('equal' as const, 'mixed' as const),
        fc.nat(),
        (jobs, models, priorities, seed) => {
          const made: Workload = generate(name, { ...SETTINGS, jobs, models, priorities }, seed);
          if (name !== 'people') expect(made.jobs).toHaveLength(jobs);
          const names = new Set(made.models.map((model) => model.name));
          for (const [place, job] of made.jobs.entries()) {
            expect(job.number).toBe(place);
            expect(names.has(job.model)).toBe(true);
            expect(job.workMs).toBeGreaterThan(0);
            expect(job.arrivalMs).toBeGreaterThanOrEqual(0);
            expect(job.after ?? -1).toBeLessThan(place);
          }
          for (const { bytes } of made.models)
            expect(bytes).toBeLessThanOrEqual(USUAL_MACHINE.gpuBytes[0] ?? 0);
        },
      ),
      { numRuns: 20 },
    );
  });
});

test('arrivals keep their rate', () => {
  const { jobs } = generate('poisson', { ...SETTINGS, jobs: 5_000 }, 1);
  expect((jobs.at(-1)?.arrivalMs ?? 0) / 1_000).toBeGreaterThan(9_500);
  expect((jobs.at(-1)?.arrivalMs ?? 0) / 1_000).toBeLessThan(10_500);
});

test('a few models get most of the jobs, the more so the larger the exponent', () => {
  const draws = new Draws(seededRandom(1));
  const share = (exponent: number) => {
    const weights = zipf(10, exponent);
    return (
      Array.from({ length: 10_000 }, () => draws.weighted(weights)).filter((place) => place === 0).length /
      1e4
    );
  };
  expect(share(0)).toBeCloseTo(0.1, 1);
  expect(share(1)).toBeCloseTo(0.34, 1);
  expect(share(1.4)).toBeCloseTo(0.48, 1);
});

test('people have generations of 40 to 90 s, embeddings of 34 ms, and hours of it', () => {
  const { jobs } = generate('people', SETTINGS, 1);
  const of = (test: (job: (typeof jobs)[number]) => boolean) => jobs.filter(test);
  expect(new Set(of(({ client }) => client.startsWith('agent')).map(({ client }) => client)).size).toBe(14);
  expect(of(({ client }) => client === 'timer')).toHaveLength(84);
  expect(new Set(of(({ model }) => model === EMBEDDING_MODEL).map(({ workMs }) => workMs))).toEqual(
    new Set([34]),
  );
  for (const { workMs } of of(({ model, priority }) => model === LARGE_MODEL && priority !== 'HIGH')) {
    expect(workMs).toBeGreaterThanOrEqual(40_000);
    expect(workMs).toBeLessThanOrEqual(90_000);
  }
});
