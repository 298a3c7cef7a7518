/** When an idle model is expected to be asked for again. */
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { nextVisitMs, type Visits, visited } from '../../src/scheduler/decide/visits.ts';

const HOUR_MS = 3_600_000;
const ms = fc.integer({ min: 1, max: HOUR_MS });

function visitsAt(times: readonly number[]): Visits | null {
  return times.reduce((visits: Visits | null, at) => visited(visits ?? undefined, at), null);
}

it('a model that is asked for in turns is expected back when its turn comes', () => {
  fc.assert(
    fc.property(
      ms,
      fc.integer({ min: 2, max: 20 }),
      fc.double({ min: 0, max: 0.7, noNaN: true }),
      (gap, turns, share) => {
        const times = Array.from({ length: turns }, (_, i) => i * gap);
        const last = times.at(-1) ?? 0;
        expect(nextVisitMs(visitsAt(times), last, last + share * gap)).toBeCloseTo((1 - share) * gap, 3);
      },
    ),
  );
});

it('one that came only once, or stays away for much longer than usual, is expected to stay away for as long again', () => {
  fc.assert(
    fc.property(ms, ms, (gap, more) => {
      expect(nextVisitMs(visitsAt([0]), 0, more)).toBe(more);
      expect(nextVisitMs(null, gap, gap + more)).toBe(more);
      expect(nextVisitMs(visitsAt([0, gap]), gap, gap + 2 * gap + more)).toBe(2 * gap + more);
    }),
  );
});

it('never in the past, whatever the clock does', () => {
  fc.assert(
    fc.property(fc.array(fc.integer(), { maxLength: 20 }), fc.integer(), fc.integer(), (times, used, now) => {
      expect(nextVisitMs(visitsAt(times), used, now)).toBeGreaterThanOrEqual(0);
    }),
  );
});
