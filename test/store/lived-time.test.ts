/** What a life makes of the clock that the one before it left. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { ClockReading } from '../../src/clock.ts';
import { resume } from '../../src/store/lived-time.ts';

const SECOND_MS = 1_000;
const YEAR_MS = 365 * 24 * 3_600_000;
const START = 1_700_000_000_000;

const pause = fc.integer({ min: 0, max: YEAR_MS });
const jump = fc.integer({ min: -YEAR_MS, max: YEAR_MS });
const known = fc.boolean();

/** A server that has lived up to START, the clock on the wall set by `seenMs` meanwhile. */
const left = (seenMs: number): ClockReading => ({
  now: START,
  wallAheadMs: seenMs,
  uptimeMs: 500_000,
  boot: 'one',
});

/** What the next one finds after `pausedMs`, in which the clock on the wall was set by `unseenMs`. */
const found = (seenMs: number, pausedMs: number, unseenMs: number, isSameBoot: boolean): ClockReading => ({
  now: START + seenMs + pausedMs + unseenMs,
  wallAheadMs: 0,
  ...(isSameBoot ? { uptimeMs: 500_000 + pausedMs, boot: 'one' } : { uptimeMs: 40_000, boot: 'two' }),
});

describe('a life after another', () => {
  it('never starts before the instant that it would be by now', () => {
    fc.assert(
      fc.property(pause, jump, jump, known, (pausedMs, seenMs, unseenMs, isSameBoot) => {
        const current = found(seenMs, pausedMs, unseenMs, isSameBoot);
        const { startAt, setForwardMs } = resume(left(seenMs), current);
        expect(startAt).toBeGreaterThanOrEqual(Math.max(START, current.now));
        expect(setForwardMs).toBeGreaterThanOrEqual(0);
        if (isSameBoot) expect(startAt).toBeGreaterThanOrEqual(START + pausedMs);
      }),
    );
  });

  it.each([
    ['which an earlier life has seen, after a new start of the machine', false],
    ['whoever has seen it, while the machine stays up', true],
  ] as const)('tells a jump from a pause: one %s', (_which, isSameBoot) => {
    fc.assert(
      fc.property(pause, jump, jump, (pausedMs, seenMs, other) => {
        const unseenMs = isSameBoot ? other : 0;
        const { startAt, setForwardMs } = resume(left(seenMs), found(seenMs, pausedMs, unseenMs, isSameBoot));
        const jumped = seenMs + unseenMs;
        expect(setForwardMs).toBe(jumped >= SECOND_MS ? jumped : 0);
        expect(startAt).toBe(START + pausedMs + Math.max(0, jumped));
      }),
    );
  });

  it('takes a jump that nobody can have seen for a pause', () => {
    expect(resume(left(0), found(0, 0, YEAR_MS, false))).toEqual({
      startAt: START + YEAR_MS,
      setForwardMs: 0,
    });
    expect(resume(left(0), found(0, 0, -YEAR_MS, false))).toEqual({ startAt: START, setForwardMs: 0 });
  });
});
