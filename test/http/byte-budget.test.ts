import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { VirtualClock } from '../../src/clock.ts';
import { ByteBudget, type Share } from '../../src/http/byte-budget.ts';

const ALL = 100;
const FOR_SMALL = 20;
const SMALL = 5;
const WAIT_MS = 1_000;

function budgetOn(clock: VirtualClock, places = 1_000): ByteBudget {
  const options = { bytes: ALL, reservedBytes: FOR_SMALL, smallBytes: SMALL, places, waitMs: WAIT_MS, clock };
  return new ByteBudget(options);
}

const forever = new AbortController().signal;
const settled = () => new Promise((resolve) => setImmediate(resolve));

describe('the budget of bytes', () => {
  it('is never exceeded by those it admits, forgets nobody, and is empty at the end', async () => {
    const step = fc.oneof(
      fc.record({ kind: fc.constant('take' as const), bytes: fc.integer({ min: 0, max: 80 }) }),
      fc.record({ kind: fc.constant('release' as const), which: fc.nat() }),
      fc.record({ kind: fc.constant('leave' as const), which: fc.nat() }),
      fc.record({ kind: fc.constant('pass' as const), ms: fc.integer({ min: 1, max: 2_000 }) }),
    );
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 60 }), async (steps) => {
        const clock = new VirtualClock();
        const budget = budgetOn(clock);
        const shares: Share[] = [];
        const callers: AbortController[] = [];
        let open = 0;
        for (const each of steps) {
          switch (each.kind) {
            case 'take': {
              const caller = new AbortController();
              callers.push(caller);
              open += 1;
              budget
                .take(each.bytes, caller.signal)
                .then((share) => shares.push(share))
                .catch(() => {})
                .finally(() => {
                  open -= 1;
                });
              break;
            }
            case 'release':
              if (shares.length > 0) shares.splice(each.which % shares.length, 1)[0]?.release();
              break;
            case 'leave':
              if (callers.length > 0) callers[each.which % callers.length]?.abort();
              break;
            case 'pass':
              clock.advance(each.ms);
              break;
          }
          await settled();
          expect(budget.held).toBe(shares.reduce((sum, { bytes }) => sum + bytes, 0));
          expect(budget.held).toBeLessThanOrEqual(ALL);
          const large = shares.filter(({ bytes }) => bytes > SMALL);
          expect(large.reduce((sum, { bytes }) => sum + bytes, 0)).toBeLessThanOrEqual(ALL - FOR_SMALL);
          expect(open).toBe(budget.waiting);
        }
        clock.advance(WAIT_MS);
        for (const share of shares) share.release();
        await settled();
        expect([open, budget.waiting]).toEqual([0, 0]);
        for (const share of shares) share.release();
        expect(budget.held).toBe(0);
      }),
    );
  });

  it('admits in the order of arrival, small ones past large ones that wait', async () => {
    const budget = budgetOn(new VirtualClock());
    const first = await budget.take(70, forever);
    const order: string[] = [];
    const take = (name: string, bytes: number) =>
      budget.take(bytes, forever).then((share) => {
        order.push(name);
        return share;
      });
    const large = take('large', 60);
    void take('larger', 15);
    void take('small', 5);
    await settled();
    // 15 would fit, but somebody was there before.
    expect(order).toEqual(['small']);
    first.release();
    await settled();
    expect(order).toEqual(['small', 'large', 'larger']);
    expect(budget.held).toBe(80);
    (await large).release();
    expect(budget.held).toBe(20);
  });

  it('refuses who waited too long, and who finds the line full, with when to come again', async () => {
    const clock = new VirtualClock();
    const budget = budgetOn(clock, 1);
    await budget.take(80, forever);
    const waiting = budget.take(50, forever);
    const refusal = { code: 'BUSY', status: 503, headers: { 'retry-after': '1' } };
    await expect(budget.take(50, forever)).rejects.toMatchObject(refusal);
    const refused = expect(waiting).rejects.toMatchObject(refusal);
    clock.advance(WAIT_MS);
    await refused;
    expect(clock.nextDue()).toBeUndefined();
  });

  it('lets what came without asking exceed it, and tells when it holds again', async () => {
    const budget = budgetOn(new VirtualClock());
    const first = await budget.take(70, forever);
    const growing = budget.force(0);
    expect(growing.add(10)).toBe(true);
    expect(growing.add(50)).toBe(false);
    let room = false;
    void growing.room(forever).then(() => {
      room = true;
    });
    await settled();
    expect([room, budget.held]).toEqual([false, 130]);
    first.release();
    await settled();
    expect([room, budget.held]).toEqual([true, 60]);
  });

  it('admits what is larger than all of it when nothing else is there', async () => {
    const budget = budgetOn(new VirtualClock());
    (await budget.take(1_000, forever)).release();
    expect(budget.held).toBe(0);
  });
});
