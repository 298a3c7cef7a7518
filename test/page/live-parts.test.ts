/** Parts below the pages, without a browser: what is kept, and what time it is. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { Flush } from '../../src/dashboard/live/flush.ts';
import { LiveStore, type SourceKind } from '../../src/dashboard/live/live-store.ts';
import { ClockGap } from '../../src/dashboard/text/clock-gap.ts';

describe('what nobody shows any more is kept for a moment', () => {
  const startsOf = (kind: SourceKind) => {
    const store = new LiveStore(new Flush());
    let starts = 0;
    const watch = () =>
      store.watch<number>(
        'it',
        kind,
        ({ put }) => {
          starts += 1;
          put(starts);
          return () => {};
        },
        () => {},
      );
    return { store, watch, starts: () => starts };
  };

  test('and an answer is asked for again by whoever comes back to it, who sees the last one meanwhile', () => {
    const { store, watch, starts } = startsOf('answer');
    watch()();
    expect(store.known('it').value).toBe(1);
    const stop = watch();
    expect(starts()).toBe(2);
    // A second one beside the first has the same answer.
    watch()();
    expect(starts()).toBe(2);
    stop();
  });

  test('and a stream goes on', () => {
    const { watch, starts } = startsOf('stream');
    watch()();
    watch()();
    expect(starts()).toBe(1);
  });
});

describe('the gap between two clocks', () => {
  const delays = fc.array(fc.integer({ min: 0, max: 5_000 }), { minLength: 1, maxLength: 40 });

  test('is what came fastest, of the last three minutes', () => {
    fc.assert(
      fc.property(
        delays,
        fc.integer({ min: -1e9, max: 1e9 }),
        fc.integer({ min: 1, max: 60_000 }),
        (all, ahead, stepMs) => {
          const gap = new ClockGap();
          all.forEach((delay, index) => {
            const sent = 1e12 + index * stepMs;
            gap.hear(sent, sent + ahead + delay);
          });
          const last = all.length - 1;
          const arrived = (index: number) => index * stepMs + (all[index] ?? 0);
          // One that came late may have overtaken: a clock that goes back has been set.
          fc.pre(all.every((_, index) => index === 0 || arrived(index) >= arrived(index - 1)));
          const recent = all.filter((_, index) => arrived(last) - arrived(index) <= 180_000);
          expect(gap.ahead).toBe(ahead + Math.min(...recent));
        },
      ),
    );
  });

  test('is another one at once after it was doubted, and the old one until then', () => {
    const gap = new ClockGap();
    gap.hear(1_000, 1_500);
    gap.doubt();
    expect(gap.ahead).toBe(500);
    gap.hear(2_000, 9_000);
    expect(gap.ahead).toBe(7_000);
    gap.hear(3_000, 9_999);
    expect(gap.ahead).toBe(6_999);
  });

  test('follows a clock that is set forward once what was before is old', () => {
    const gap = new ClockGap();
    gap.hear(0, 10);
    gap.hear(200_000, 3_800_000);
    expect(gap.ahead).toBe(3_600_000);
  });
});
