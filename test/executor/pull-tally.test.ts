import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { PullTally } from '../../src/executor/pull-tally.ts';
import { layer } from '../support/library-fixture.ts';

describe('the figures of a download', () => {
  it('know no total before the first layer', () => {
    const tally = new PullTally();
    expect(tally.figures).toMatchObject({ completedBytes: 0, totalBytes: null });
    expect(tally.add({ step: 'pulling manifest', layer: null })).toEqual({
      step: 'pulling manifest',
      completedBytes: 0,
      totalBytes: null,
    });
  });

  it('sum the layers and keep the sums in steps that are about none', () => {
    const tally = new PullTally();
    tally.add(layer('a', 70, 100));
    tally.add(layer('b', 5, 10));
    tally.add(layer('a', 100, 100));
    expect(tally.add({ step: 'verifying sha256 digest', layer: null })).toEqual({
      step: 'verifying sha256 digest',
      completedBytes: 105,
      totalBytes: 110,
    });
  });

  it('stand still while a part is fetched again', () => {
    const tally = new PullTally();
    tally.add(layer('a', 70, 100));
    expect(tally.add(layer('a', 0, 100)).completedBytes).toBe(70);
    expect(tally.add(layer('a', 80, 100)).completedBytes).toBe(80);
  });

  it('never go back and never pass the total, whatever the backend says', () => {
    const line = fc.record({
      digest: fc.constantFrom('a', 'b', 'c'),
      completed: fc.nat(1_000),
      total: fc.nat(1_000),
      silent: fc.boolean(),
    });
    fc.assert(
      fc.property(fc.array(line), (lines) => {
        const tally = new PullTally();
        let before = tally.figures;
        for (const { digest, completed, total, silent } of lines) {
          const after = tally.add(silent ? { step: 'x', layer: null } : layer(digest, completed, total));
          expect(after.completedBytes).toBeGreaterThanOrEqual(before.completedBytes);
          expect(after.totalBytes ?? 0).toBeGreaterThanOrEqual(before.totalBytes ?? 0);
          expect(after.completedBytes).toBeLessThanOrEqual(after.totalBytes ?? 0);
          before = after;
        }
      }),
    );
  });
});
