/** Stays in memory as they are drawn: merged where they are too short to be seen. */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { type GpuId, stableId } from '../../src/domain/ids.ts';
import { type Residency, type ResidencyQuery, residencyList } from '../../src/domain/residency.ts';
import { residency } from '../contract/store-history.ts';

const GPUS = ['0', '1'].map((name) => stableId('gpu', name) as GpuId);

/** Stays of two models on two GPUs, some still there. */
const past: fc.Arbitrary<readonly Residency[]> = fc
  .array(
    fc.record({
      gpu: fc.nat(1),
      model: fc.constantFrom('a', 'b'),
      gap: fc.nat(50),
      length: fc.nat(50),
      jobs: fc.nat(3),
    }),
    { maxLength: 60 },
  )
  .map((steps) => {
    let at = 0;
    return steps.map(({ gpu, model, gap, length, jobs }, i) => {
      const loadingAt = at + gap;
      at = loadingAt + length;
      const goneAt = i === steps.length - 1 && length % 2 ? null : at;
      const memory = [{ gpuId: GPUS[gpu] as GpuId, bytes: 1 + length }];
      return residency({ modelName: model, loadingAt, goneAt, memory, jobs });
    });
  });

const query = (more: Partial<ResidencyQuery>): ResidencyQuery => ({
  from: 0,
  to: 1e9,
  atLeastMs: 0,
  limit: 1e6,
  ...more,
});

test('merging loses no job, no stay and no time, and mixes neither models nor GPUs', () => {
  fc.assert(
    fc.property(past, fc.integer({ min: 1, max: 200 }), (residencies, atLeastMs) => {
      const single = residencyList(residencies, query({})).stays;
      const merged = residencyList(residencies, query({ atLeastMs })).stays;
      for (const gpuId of GPUS)
        for (const modelName of ['a', 'b']) {
          const of = (stays: typeof merged) =>
            stays.filter((one) => one.gpuId === gpuId && one.modelName === modelName);
          const sum = (stays: typeof merged, of: 'jobs' | 'merged') =>
            stays.reduce((all, one) => all + one[of], 0);
          expect(sum(of(merged), 'jobs')).toBe(sum(of(single), 'jobs'));
          expect(sum(of(merged), 'merged')).toBe(of(single).length);
          for (const one of of(single)) {
            const around = of(merged).filter(
              (whole) =>
                whole.loadingAt <= one.loadingAt &&
                (whole.goneAt ?? Number.POSITIVE_INFINITY) >= (one.goneAt ?? Number.POSITIVE_INFINITY),
            );
            expect(around.length).toBeGreaterThan(0);
          }
          // What is left over as too short has no neighbour near enough.
          const left = of(merged);
          left.forEach((one, i) => {
            const next = left[i + 1];
            if (!next || one.goneAt === null || one.goneAt - one.loadingAt >= atLeastMs) return;
            expect(next.loadingAt - one.goneAt).toBeGreaterThanOrEqual(atLeastMs);
          });
        }
    }),
  );
});

test('of too many the newest are told, and that it is not all', () => {
  fc.assert(
    fc.property(past, fc.integer({ min: 1, max: 20 }), (residencies, limit) => {
      const { stays, complete } = residencyList(residencies, query({ limit }));
      expect(complete).toBe(residencies.length <= limit);
      expect(stays).toHaveLength(Math.min(limit, residencies.length));
      const oldest = Math.min(...stays.map(({ loadingAt }) => loadingAt));
      const newer = residencies.filter(({ loadingAt }) => loadingAt > oldest).length;
      expect(newer).toBeLessThan(limit);
    }),
  );
});
