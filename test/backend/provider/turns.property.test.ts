/** However requests come and end: never more at once, never more in a minute, none while it is paused, and each in its turn. */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { Turns } from '../../../src/backend/provider/turns.ts';
import { VirtualClock } from '../../../src/clock.ts';

const NEVER = new AbortController().signal;
/** Lets what was resolved go on. */
const settle = () => new Promise<void>((resolve) => setImmediate(resolve));

const step = fc.oneof(
  fc.record({ kind: fc.constant('ask' as const) }),
  fc.record({ kind: fc.constant('end' as const), which: fc.nat(5) }),
  fc.record({ kind: fc.constant('give-up' as const), which: fc.nat(5) }),
  fc.record({ kind: fc.constant('pause' as const), ms: fc.integer({ min: 1, max: 20_000 }) }),
  fc.record({ kind: fc.constant('wait' as const), ms: fc.integer({ min: 1, max: 40_000 }) }),
);

test('limits hold, and nobody is passed over or forgotten', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(step, { maxLength: 40 }),
      fc.integer({ min: 1, max: 3 }),
      fc.option(fc.integer({ min: 1, max: 4 })),
      async (steps, concurrency, requestsPerMinute) => {
        const clock = new VirtualClock();
        const turns = new Turns({ concurrency, requestsPerMinute }, clock);
        const begun: { readonly number: number; readonly at: number }[] = [];
        const under: (() => void)[] = [];
        const waiting = new Map<number, AbortController>();
        let asked = 0;
        let pausedUntil = 0;
        const ask = () => {
          const number = asked++;
          const controller = new AbortController();
          waiting.set(number, controller);
          turns.take(controller.signal).then(
            (done) => {
              waiting.delete(number);
              begun.push({ number, at: clock.monotonic() });
              expect(clock.monotonic()).toBeGreaterThanOrEqual(pausedUntil);
              under.push(done);
              expect(under.length).toBeLessThanOrEqual(concurrency);
            },
            () => waiting.delete(number),
          );
        };
        for (const one of steps) {
          if (one.kind === 'ask') ask();
          if (one.kind === 'end') under.splice(one.which, 1)[0]?.();
          if (one.kind === 'give-up') [...waiting.values()][one.which]?.abort();
          if (one.kind === 'pause') {
            pausedUntil = Math.max(pausedUntil, clock.monotonic() + one.ms);
            turns.pause(one.ms);
          }
          if (one.kind === 'wait') clock.advance(one.ms);
          await settle();
        }
        // In the end all who did not give up have had their turn.
        for (let round = 0; waiting.size > 0 && round < 200; round += 1) {
          for (const done of under.splice(0)) done();
          await settle();
          clock.advance(60_000);
          await settle();
        }
        expect(waiting.size).toBe(0);
        expect(begun.map(({ number }) => number)).toEqual(
          begun.map(({ number }) => number).toSorted((a, b) => a - b),
        );
        for (const { at } of begun) {
          const within = begun.filter((other) => other.at >= at && other.at < at + 60_000).length;
          expect(within).toBeLessThanOrEqual(requestsPerMinute ?? Number.POSITIVE_INFINITY);
        }
      },
    ),
    { numRuns: 60 },
  );
});

test('a turn that is given back twice is one', async () => {
  const turns = new Turns({ concurrency: 1, requestsPerMinute: null }, new VirtualClock());
  const first = await turns.take(NEVER);
  const second = turns.take(NEVER);
  first();
  first();
  await second;
  let third = false;
  void turns.take(NEVER).then(() => {
    third = true;
  });
  await settle();
  expect(third).toBe(false);
});
