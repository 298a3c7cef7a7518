import { describe, expect, test } from 'vitest';
import { predictionErrors } from '../../bench/footprint.ts';
import { MiB } from '../../src/domain/units.ts';

describe('over the virtual catalogue with noise on all sizes', () => {
  test.each([1, 2, 3])(
    'the error is at most a tenth before the first load and three hundredths after it (seed %i)',
    async (seed) => {
      const errors = await predictionErrors(seed);
      expect(errors.beforeFirstLoad.mean).toBeLessThanOrEqual(0.1);
      expect(errors.beforeFirstLoad.close).toBeGreaterThanOrEqual(0.95);
      // Never further below than what is kept free on each GPU by default.
      expect(errors.beforeFirstLoad.worstShortBytes).toBeLessThan(512 * MiB);
      expect(errors.afterFirstLoad.mean).toBeLessThanOrEqual(0.03);
      expect(errors.afterFirstLoad.p95).toBeLessThanOrEqual(0.03);
      expect(errors.atOtherContexts.mean).toBeLessThanOrEqual(0.03);
      expect(errors.atOtherContexts.samples).toBeGreaterThan(100);
    },
  );
});
