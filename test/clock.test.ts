import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { SteadyClock, systemClock, systemRandom, VirtualClock } from '../src/clock.ts';
import { newId } from '../src/domain/ids.ts';

type Event = { readonly kind: 'advance' | 'jump' | 'sleep'; readonly ms: number };
const event: fc.Arbitrary<Event> = fc.oneof(
  fc.record({ kind: fc.constant('advance' as const), ms: fc.nat(100_000) }),
  fc.record({ kind: fc.constant('sleep' as const), ms: fc.integer({ min: 2_000, max: 1e9 }) }),
  fc.record({
    kind: fc.constant('jump' as const),
    ms: fc.oneof(fc.integer({ min: 2_000, max: 1e9 }), fc.integer({ min: -1e9, max: -2_000 })),
  }),
);

describe('steady time', () => {
  it('goes by as time does, whatever is done to the clock on the wall, and tells how far that is off', () => {
    fc.assert(
      fc.property(fc.array(event), (events) => {
        const wall = new VirtualClock();
        const told: number[] = [];
        const steady = new SteadyClock(wall, (ms) => told.push(ms));
        const start = steady.now();
        let passed = 0;
        let set = 0;
        for (const { kind, ms } of events) {
          if (kind === 'advance') wall.advance(ms);
          else wall[kind](ms);
          if (kind === 'jump') set += ms;
          else passed += ms;
          expect(steady.now() - start).toBeCloseTo(passed, 3);
          expect(steady.wallAheadMs).toBeCloseTo(set, 3);
        }
        expect(told.length).toBe(events.filter(({ kind }) => kind === 'jump').length);
      }),
    );
  });

  it('follows a clock that is corrected little by little, and never goes back', () => {
    const wall = new VirtualClock();
    const steady = new SteadyClock(wall);
    let before = steady.now();
    for (let second = 0; second < 3_600; second += 1) {
      wall.jump(second % 2 === 0 ? 30 : -10);
      wall.advance(1_000);
      expect(steady.now()).toBeGreaterThan(before);
      before = steady.now();
    }
    expect(Math.abs(steady.now() - wall.now())).toBeLessThan(50);
    expect(steady.wallAheadMs).toBe(0);
  });

  it('goes on from where an earlier start got to', () => {
    const wall = new VirtualClock();
    const steady = new SteadyClock(wall);
    const there = steady.now() + 3_600_000;
    steady.goOnFrom(there);
    expect([steady.now(), steady.wallAheadMs]).toEqual([there, -3_600_000]);
    wall.advance(1_000);
    steady.goOnFrom(there);
    expect(steady.now()).toBe(there + 1_000);
  });

  it('tells whole milliseconds, of which ids are made', () => {
    let monotonic = 0;
    const clock = {
      ...systemClock,
      now: () => 1_700_000_000_000 + Math.floor(monotonic),
      monotonic: () => monotonic,
    };
    const steady = new SteadyClock(clock);
    let before = steady.now();
    for (const elapsed of [0.3, 0.3, 0.3, 0.3, 1.7, 999.9]) {
      monotonic += elapsed;
      const now = steady.now();
      expect(Number.isInteger(now)).toBe(true);
      expect(now).toBeGreaterThanOrEqual(before);
      before = now;
      expect(newId('job', steady, systemRandom)).toMatch(/^job_[0-9a-hjkmnp-tv-z]{26}$/);
    }
  });
});
