import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { isStale } from '../../src/domain/gpu.ts';

const interval = fc.integer({ min: 1, max: 3_600_000 });
const time = fc.integer({ min: 0, max: 2 ** 43 });

describe('a reading', () => {
  test('is fresh for three intervals, to the millisecond', () => {
    fc.assert(
      fc.property(time, interval, (sampledAt, intervalMs) => {
        expect(isStale({ sampledAt }, intervalMs, sampledAt)).toBe(false);
        expect(isStale({ sampledAt }, intervalMs, sampledAt + 3 * intervalMs)).toBe(false);
        expect(isStale({ sampledAt }, intervalMs, sampledAt + 3 * intervalMs + 1)).toBe(true);
      }),
    );
  });

  test('never becomes fresh again', () => {
    fc.assert(
      fc.property(time, interval, fc.nat(10 ** 8), fc.nat(10 ** 8), (sampledAt, intervalMs, age, later) => {
        const [then, after] = [sampledAt + age, sampledAt + age + later];
        expect(isStale({ sampledAt }, intervalMs, then) && !isStale({ sampledAt }, intervalMs, after)).toBe(
          false,
        );
      }),
    );
  });

  test('is fresh for longer when it is taken less often', () => {
    fc.assert(
      fc.property(time, interval, interval, fc.nat(10 ** 8), (sampledAt, a, b, age) => {
        const [short, long] = [Math.min(a, b), Math.max(a, b)];
        const now = sampledAt + age;
        expect(isStale({ sampledAt }, long, now) && !isStale({ sampledAt }, short, now)).toBe(false);
      }),
    );
  });

  test('from the future or without a time is stale: its age is unknown', () => {
    fc.assert(
      fc.property(time, interval, fc.integer({ min: 1, max: 10 ** 9 }), (now, intervalMs, ahead) => {
        expect(isStale({ sampledAt: now + ahead }, intervalMs, now)).toBe(true);
      }),
    );
    expect(isStale({ sampledAt: Number.NaN }, 1_000, 0)).toBe(true);
    expect(isStale({ sampledAt: 0 }, Number.NaN, 0)).toBe(true);
  });
});
