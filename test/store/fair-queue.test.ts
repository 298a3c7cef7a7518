import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { FairQueue } from '../../src/store/fair-queue.ts';

interface Item {
  readonly caller: string;
  readonly number: number;
}

test('callers take turns, each in the order of what it asked for', () => {
  const callers = fc.constantFrom('a', 'b', 'c', 'd');
  fc.assert(
    fc.property(
      fc.array(callers, { maxLength: 60 }),
      fc.array(fc.nat(), { maxLength: 20 }),
      (asked, left) => {
        const queue = new FairQueue<Item>();
        let waiting = asked.map((caller, number) => ({ caller, number }));
        for (const item of waiting) queue.add(item.caller, item);
        for (const index of left) {
          const gone = waiting[index % Math.max(1, waiting.length)];
          if (!gone) continue;
          expect(queue.remove(gone.caller, gone)).toBe(true);
          expect(queue.remove(gone.caller, gone)).toBe(false);
          waiting = waiting.filter((item) => item !== gone);
        }
        expect(queue.size).toBe(waiting.length);
        /** Turns that others had since a caller that waits had its last one. */
        const since = new Map<string, Set<string>>();
        for (;;) {
          const item = queue.take();
          if (!item) break;
          expect(item).toBe(waiting.find(({ caller }) => caller === item.caller));
          waiting = waiting.filter((each) => each !== item);
          for (const [caller, others] of since) {
            if (caller === item.caller || !waiting.some((each) => each.caller === caller)) continue;
            expect(others.has(item.caller), `${item.caller} had two turns while ${caller} waited`).toBe(
              false,
            );
            others.add(item.caller);
          }
          since.set(item.caller, new Set());
        }
        expect([waiting, queue.size]).toEqual([[], 0]);
      },
    ),
  );
});
