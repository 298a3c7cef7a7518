import { readFile } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { SteadyClock, systemClock, systemRandom, VirtualClock } from '../src/clock.ts';
import { newId } from '../src/domain/ids.ts';
import { OwnedClock } from '../src/virtual-ollama/core/owned-clock.ts';

type Event = { readonly kind: 'advance' | 'jump' | 'sleep'; readonly ms: number };
const event: fc.Arbitrary<Event> = fc.oneof(
  fc.record({ kind: fc.constant('advance' as const), ms: fc.nat(100_000) }),
  fc.record({ kind: fc.constant('sleep' as const), ms: fc.integer({ min: 2_000, max: 1e9 }) }),
  fc.record({
    kind: fc.constant('jump' as const),
    ms: fc.oneof(fc.integer({ min: 2_000, max: 1e9 }), fc.integer({ min: -1e9, max: -2_000 })),
  }),
);

describe('soon', () => {
  it.each([
    { name: 'of this machine', clock: systemClock },
    { name: 'that is steady', clock: new SteadyClock(systemClock) },
    { name: 'of one owner', clock: new OwnedClock(systemClock) },
  ])('comes before the shortest timer of a clock $name, and after what runs', async ({ clock }) => {
    const order: string[] = [];
    const over = Promise.withResolvers<void>();
    // Where the event loop hears of files and sockets, so that what is soon comes next in any case.
    readFile(import.meta.filename, () => {
      clock.after(0, () => {
        order.push('timer');
        over.resolve();
      });
      clock.soon(() => order.push('first'));
      clock.soon(() => order.push('cancelled')).cancel();
      clock.soon(() => order.push('second'));
      void Promise.resolve().then(() => order.push('what this led to'));
      order.push('this');
    });
    await over.promise;
    expect(order).toEqual(['this', 'what this led to', 'first', 'second', 'timer']);
  });

  it('is nothing after the end of its owner', async () => {
    const order: string[] = [];
    const clock = new OwnedClock(systemClock);
    clock.soon(() => order.push('owned'));
    clock.close();
    await new Promise<void>((resolve) => systemClock.soon(resolve));
    expect(order).toEqual([]);
  });

  it('comes with the next move of a clock that stands still', () => {
    const order: string[] = [];
    const clock = new VirtualClock();
    clock.after(1, () => order.push('timer'));
    clock.soon(() => order.push('soon'));
    expect(order).toEqual([]);
    clock.advance(0);
    expect(order).toEqual(['soon']);
    clock.advance(1);
    expect(order).toEqual(['soon', 'timer']);
  });
});

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
