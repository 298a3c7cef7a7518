import { describe, expect, test } from 'vitest';
import { capacityOf, faster } from '../../src/simulator/capacity.ts';
import { InvalidSimulationError } from '../../src/simulator/errors.ts';
import { model, workload } from './support.ts';

describe('how many times as fast jobs may come', () => {
  test.each([0.02, 0.3, 0.99, 1, 1.01, 7, 60])('is found where the limit is %s', (limit) => {
    const tried: number[] = [];
    const found = capacityOf((times) => {
      tried.push(times);
      return times <= limit;
    });
    expect(found).toBeLessThanOrEqual(limit);
    expect(found).toBeGreaterThan(limit / 1.04);
    expect(tried.length).toBeLessThan(20);
  });

  test('is not at all, or as fast as anybody looks', () => {
    expect(capacityOf(() => false)).toBe(0);
    expect(capacityOf(() => true)).toBe(64);
  });

  test('is for the same jobs, nearer to each other', () => {
    const one = model('a:latest', 4);
    const given = workload(
      [one],
      [0, 10, 40].map((at) => ({ model: one.name, at })),
    );
    expect(faster(given, 4).jobs.map(({ arrivalMs }) => arrivalMs)).toEqual([0, 2_500, 10_000]);
    const together = workload([one], [{ model: one.name }, { model: one.name }]);
    expect(() => faster(together, 4)).toThrow(InvalidSimulationError);
  });
});
