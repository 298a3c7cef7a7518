/** Spans of waiting: few of them, in order, and nothing of their time lost. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { fewWaits, type JobWait, overlaid, waitsWithin } from '../../src/domain/job-course.ts';

const REASONS = ['VRAM', 'LOADING', 'QUEUE_ORDER', 'CLIENT_LIMIT'] as const;

/** One after the other, from 0. */
const row = fc
  .array(fc.record({ reason: fc.constantFrom(...REASONS), ms: fc.integer({ min: 1, max: 1_000 }) }))
  .map((parts) => {
    let at = 0;
    return parts.map(({ reason, ms }): JobWait => {
      const from = at;
      at += ms;
      return { reason, explanation: reason, from, to: at };
    });
  });
const total = (waits: readonly JobWait[]) =>
  waits.reduce((sum, { from, to }) => sum + (to ?? from) - from, 0);
const isInOrder = (waits: readonly JobWait[]) =>
  waits.every((wait, i) => i === 0 || wait.from >= (waits[i - 1]?.to ?? Number.POSITIVE_INFINITY));

describe('Of many spans', () => {
  test('few are left that cover the same time, none beside one of the same reason', () => {
    fc.assert(
      fc.property(row, fc.integer({ min: 1, max: 20 }), (waits, most) => {
        const few = fewWaits(waits, most);
        expect(few.length).toBeLessThanOrEqual(most);
        expect(total(few)).toBe(total(waits));
        expect(isInOrder(few)).toBe(true);
        expect(few.every(({ reason }, i) => reason !== few[i - 1]?.reason)).toBe(true);
      }),
    );
  });

  test('twenty are left where nobody says how many', () => {
    const many = Array.from({ length: 101 }, (_, i): JobWait => {
      const reason = REASONS[i % REASONS.length] ?? 'VRAM';
      return { reason, explanation: '', from: i, to: i + 1 };
    });
    expect(fewWaits(many)).toHaveLength(20);
  });

  test('those of two attempts stay apart: between them the job ran', () => {
    const turn = { reason: 'QUEUE_ORDER', explanation: '' } as const;
    const waits = [
      { ...turn, from: 0, to: 10 },
      { ...turn, from: 25, to: 30 },
      { ...turn, from: 30, to: 40 },
    ];
    expect(fewWaits(waits)).toEqual([
      { ...turn, from: 0, to: 10 },
      { ...turn, from: 25, to: 40 },
    ]);
  });

  test('the shortest goes, to the longer one beside it, and what lasts stays', () => {
    const wait = (reason: JobWait['reason'], from: number, to: number | null): JobWait => ({
      reason,
      explanation: '',
      from,
      to,
    });
    const waits = [wait('VRAM', 0, 50), wait('LOADING', 50, 51), wait('QUEUE_ORDER', 51, 60)];
    expect(fewWaits(waits, 2)).toEqual([wait('VRAM', 0, 51), wait('QUEUE_ORDER', 51, 60)]);
    expect(fewWaits([...waits, wait('VRAM', 60, null)], 1)).toEqual([wait('VRAM', 0, null)]);
  });
});

test('What lies on top takes its time from what lies below, and nothing is told twice', () => {
  fc.assert(
    fc.property(row, row, fc.integer({ min: 0, max: 2_000 }), (below, above, from) => {
      const all = overlaid(below, waitsWithin(above, from, 1e6));
      expect(isInOrder(all)).toBe(true);
      const ends = Math.max(below.at(-1)?.to ?? 0, ...waitsWithin(above, from, 1e6).map(({ to }) => to ?? 0));
      expect(total(all)).toBeLessThanOrEqual(ends);
      expect(total(all)).toBeGreaterThanOrEqual(Math.max(total(below), total(waitsWithin(above, from, 1e6))));
    }),
  );
});
