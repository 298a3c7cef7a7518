import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { nextTurn, VirtualClock } from '../../src/clock.ts';
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

describe('the budget of bytes', () => {
  it('is never exceeded by those it admits, forgets nobody, and is empty at the end', async () => {
    const step = fc.oneof(
      fc.record({
        kind: fc.constant('take' as const),
        bytes: fc.integer({ min: 0, max: 80 }),
        owner: fc.constantFrom(null, 'a', 'b'),
      }),
      fc.record({ kind: fc.constant('release' as const), which: fc.nat() }),
      fc.record({ kind: fc.constant('leave' as const), which: fc.nat() }),
      fc.record({ kind: fc.constant('pass' as const), ms: fc.integer({ min: 1, max: 2_000 }) }),
    );
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 60 }), async (steps) => {
        const clock = new VirtualClock();
        const budget = budgetOn(clock);
        const shares: Share[] = [];
        const owners = new Map<Share, string | null>();
        const callers: AbortController[] = [];
        let open = 0;
        for (const each of steps) {
          switch (each.kind) {
            case 'take': {
              const caller = new AbortController();
              callers.push(caller);
              open += 1;
              budget
                .take(each.owner, each.bytes, caller.signal)
                .then((share) => {
                  shares.push(share);
                  owners.set(share, each.owner);
                })
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
          await nextTurn();
          expect(budget.held).toBe(shares.reduce((sum, { bytes }) => sum + bytes, 0));
          expect(budget.held).toBeLessThanOrEqual(ALL);
          const large = shares.filter(({ bytes }) => bytes > SMALL);
          expect(large.reduce((sum, { bytes }) => sum + bytes, 0)).toBeLessThanOrEqual(ALL - FOR_SMALL);
          for (const owner of ['a', 'b']) {
            const own = large.filter((share) => owners.get(share) === owner);
            if (own.length > 1)
              expect(own.reduce((sum, { bytes }) => sum + bytes, 0)).toBeLessThanOrEqual(
                (ALL - FOR_SMALL) / 2,
              );
          }
          expect(open).toBe(budget.waiting);
        }
        clock.advance(WAIT_MS);
        for (const share of shares) share.release();
        await nextTurn();
        expect([open, budget.waiting]).toEqual([0, 0]);
        for (const share of shares) share.release();
        expect(budget.held).toBe(0);
      }),
    );
  });

  it('admits in the order of arrival, small ones past large ones that wait', async () => {
    const budget = budgetOn(new VirtualClock());
    const first = await budget.take(null, 70, forever);
    const order: string[] = [];
    const take = (name: string, bytes: number) =>
      budget.take(null, bytes, forever).then((share) => {
        order.push(name);
        return share;
      });
    const large = take('large', 60);
    void take('larger', 15);
    void take('small', 5);
    await nextTurn();
    // 15 would fit, but somebody was there before.
    expect(order).toEqual(['small']);
    first.release();
    await nextTurn();
    expect(order).toEqual(['small', 'large', 'larger']);
    expect(budget.held).toBe(80);
    (await large).release();
    expect(budget.held).toBe(20);
  });

  it('refuses who waited too long, and who finds the line full, with when to come again', async () => {
    const clock = new VirtualClock();
    const budget = budgetOn(clock, 1);
    await budget.take(null, 80, forever);
    const waiting = budget.take(null, 50, forever);
    const refusal = { code: 'BUSY', status: 503, headers: { 'retry-after': '1' } };
    await expect(budget.take(null, 50, forever)).rejects.toMatchObject(refusal);
    const refused = expect(waiting).rejects.toMatchObject(refusal);
    clock.advance(WAIT_MS);
    await refused;
    expect(clock.nextDue()).toBeUndefined();
  });

  it('lets what came without asking exceed it, and tells when it holds again', async () => {
    const budget = budgetOn(new VirtualClock());
    const first = await budget.take(null, 70, forever);
    const growing = budget.force(null, 0);
    expect(growing.add(10)).toBe(true);
    expect(growing.add(50)).toBe(false);
    let room = false;
    void growing.room(forever).then(() => {
      room = true;
    });
    await nextTurn();
    expect([room, budget.held]).toEqual([false, 130]);
    first.release();
    await nextTurn();
    expect([room, budget.held]).toEqual([true, 60]);
  });

  it.each([
    ['large', 10, 8],
    ['small', SMALL, 10],
  ])(
    'lets nobody take more than half of what is for %s ones, or keep others waiting behind',
    async (_what, bytes, all) => {
      const budget = budgetOn(new VirtualClock());
      const admitted: string[] = [];
      const take = (owner: string) =>
        void budget.take(owner, bytes, forever).then(() => admitted.push(owner));
      for (let i = 0; i < 50; i += 1) take('hoarder');
      take('other');
      await nextTurn();
      const share = Math.floor((bytes > SMALL ? ALL - FOR_SMALL : FOR_SMALL) / 2 / bytes);
      expect(admitted).toEqual([...Array(share).fill('hoarder'), 'other']);
      expect(share).toBeLessThan(all);
    },
  );

  it('lets the oldest of those that grow go on, so that they do not wait for each other', async () => {
    const budget = budgetOn(new VirtualClock());
    const [first, second] = [budget.force('one', 0), budget.force('one', 0)];
    first.add(20);
    second.add(20);
    expect([second.add(5), first.add(5)]).toEqual([false, true]);
    let room = false;
    void second.room(forever).then(() => {
      room = true;
    });
    await nextTurn();
    expect(room).toBe(false);
    first.release();
    await nextTurn();
    expect(room).toBe(true);
  });

  it('keeps half of the line for others', async () => {
    const budget = budgetOn(new VirtualClock(), 4);
    const first = await budget.take('other', 80, forever);
    const take = (owner: string) => budget.take(owner, 30, forever);
    const waiting = [take('hoarder'), take('hoarder')];
    await expect(take('hoarder')).rejects.toMatchObject({ code: 'BUSY' });
    const another = take('another');
    first.release();
    await Promise.all([waiting[0], another]);
    expect(budget.waiting).toBe(1);
  });

  it('admits what is larger than all of it when nothing else is there', async () => {
    const budget = budgetOn(new VirtualClock());
    (await budget.take(null, 1_000, forever)).release();
    expect(budget.held).toBe(0);
  });
});
