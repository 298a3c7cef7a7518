/** Which of several models does a job, by what is foreseen of each. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { chooseModel, type Outlook } from '../../../src/scheduler/fallback/choose.ts';

const outlooks = (...waits: readonly (number | null | 'gone')[]): readonly Outlook[] =>
  waits.map((wait, place) => ({
    modelName: `m${place}`,
    isGone: wait === 'gone',
    waitMs: wait === 'gone' ? null : wait,
  }));

const SECOND = 1_000;

describe('a job goes to', () => {
  test.each<[string, readonly (number | null | 'gone')[], Parameters<typeof chooseModel>[1], number | null]>([
    ['nobody else while the first is soon', [0, 0], { place: 0, waitedMs: 0, afterMs: 0 }, null],
    [
      'nobody else within its patience',
      [9 * SECOND, 0],
      { place: 0, waitedMs: 0, afterMs: 10 * SECOND },
      null,
    ],
    ['the next one beyond it', [11 * SECOND, 0], { place: 0, waitedMs: 0, afterMs: 10 * SECOND }, 1],
    [
      'it too when it has waited',
      [5 * SECOND, 0],
      { place: 0, waitedMs: 6 * SECOND, afterMs: 10 * SECOND },
      1,
    ],
    [
      'the first that is soon enough',
      [60_000, 50_000, 9_000, 0],
      { place: 0, waitedMs: 0, afterMs: 10_000 },
      2,
    ],
    [
      'the soonest where none is',
      [60_000, 50_000, 40_000, 45_000],
      { place: 0, waitedMs: 0, afterMs: 10_000 },
      2,
    ],
    ['nobody who would be later', [60_000, 70_000], { place: 0, waitedMs: 0, afterMs: 10_000 }, null],
    ['nobody of whom nothing is known', [60_000, null], { place: 0, waitedMs: 0, afterMs: 10_000 }, null],
    [
      'nobody before the time where nothing is known',
      [null, 0],
      { place: 0, waitedMs: 9_999, afterMs: 10_000 },
      null,
    ],
    ['the next one after it', [null, 0], { place: 0, waitedMs: 10_000, afterMs: 10_000 }, 1],
    ['nobody where it would wait for ever', [9e9, 0], { place: 0, waitedMs: 9e9, afterMs: null }, null],
    ['the next one where the first is gone', ['gone', null], { place: 0, waitedMs: 0, afterMs: null }, 1],
    [
      'one that is soon, of those that are left',
      ['gone', 90_000, 0],
      { place: 0, waitedMs: 0, afterMs: 10_000 },
      2,
    ],
    [
      'one that it liked better, where its own is gone',
      [0, 'gone'],
      { place: 1, waitedMs: 0, afterMs: 0 },
      0,
    ],
    ['nobody where all are gone', ['gone', 'gone'], { place: 0, waitedMs: 9_999, afterMs: 0 }, null],
    ['nobody that it left', [0, 90_000], { place: 1, waitedMs: 90_000, afterMs: 0 }, null],
  ])('%s', (_name, waits, waiter, place) => {
    expect(chooseModel(outlooks(...waits), waiter)?.place ?? null).toBe(place);
  });
});

const wait = fc.oneof(fc.integer({ min: 0, max: 100_000 }), fc.constant(null), fc.constant('gone' as const));

test('whatever is foreseen, it goes to no one who is gone, and to and fro it never goes', () => {
  fc.assert(
    fc.property(
      fc.array(wait, { minLength: 1, maxLength: 6 }),
      fc.nat(5),
      fc.nat(100_000),
      fc.option(fc.nat(100_000)),
      (waits, at, waitedMs, afterMs) => {
        const all = outlooks(...waits);
        let place = at % all.length;
        for (let moves = 0; moves <= all.length; moves += 1) {
          const move = chooseModel(all, { place, waitedMs, afterMs });
          if (!move) return;
          expect(move.place).not.toBe(place);
          expect(all[move.place]?.isGone).toBe(false);
          const [from, to] = [all[place], all[move.place]];
          if (!from?.isGone) {
            expect(move.place).toBeGreaterThan(place);
            if (typeof from?.waitMs === 'number') expect(to?.waitMs).toBeLessThan(from.waitMs);
          }
          expect(move.explanation).toContain(to?.modelName ?? '');
          place = move.place;
        }
        expect.unreachable('It went on and on.');
      },
    ),
  );
});
