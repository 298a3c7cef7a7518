import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { nextTurn } from '../../src/clock.ts';
import { Gate } from '../../src/executor/gate.ts';

const never = new AbortController().signal;

describe('the gate of an instance', () => {
  it('lets many in together, and whoever has to be alone when nobody is there, in the order of coming', async () => {
    const gate = new Gate<object>();
    const inside: string[] = [];
    const come = async (name: string, alone = false) => {
      const leave = await gate.enter({}, alone, never);
      inside.push(name);
      return () => {
        inside.splice(inside.indexOf(name), 1);
        leave();
      };
    };
    const [leaveA, leaveB] = await Promise.all([come('a'), come('b')]);
    const alone = come('alone', true);
    const later = come('later');
    await nextTurn();
    expect(inside).toEqual(['a', 'b']);
    leaveA();
    leaveB();
    const leaveAlone = await alone;
    await nextTurn();
    expect(inside).toEqual(['alone']);
    leaveAlone();
    await later;
    expect(inside).toEqual(['later']);
  });

  it('does not wait for one who gave up waiting', async () => {
    const gate = new Gate<object>();
    const leave = await gate.enter({}, false, never);
    const patience = new AbortController();
    const gaveUp = gate.enter({}, true, patience.signal).catch((error: Error) => error.message);
    const next = gate.enter({}, false, never);
    patience.abort(new Error('enough'));
    expect(await gaveUp).toBe('enough');
    await next;
    expect(gate.inside.size).toBe(2);
    leave();
    leave();
    expect(gate.inside.size).toBe(1);
  });

  it('refuses everyone who waits, and nobody who comes later', async () => {
    const gate = new Gate<object>();
    const leave = await gate.enter({}, true, never);
    const refused = [gate.enter({}, false, never), gate.enter({}, true, never)].map((entry) =>
      entry.catch((error: Error) => error.message),
    );
    gate.turnAway(new Error('gone'));
    expect(await Promise.all(refused)).toEqual(['gone', 'gone']);
    leave();
    await gate.enter({}, false, never);
  });

  it('never has one who is to be alone beside another, and lets everybody in at last', async () => {
    const entrant = fc.record({ alone: fc.boolean(), staysTurns: fc.nat(3), givesUp: fc.boolean() });
    await fc.assert(
      fc.asyncProperty(fc.array(entrant, { maxLength: 12 }), async (entrants) => {
        const gate = new Gate<object>();
        let inside = 0;
        let done = 0;
        const visits = entrants.map(async ({ alone, staysTurns, givesUp }) => {
          const patience = new AbortController();
          const entry = gate.enter({}, alone, patience.signal);
          if (givesUp) patience.abort(new Error('enough'));
          const leave = await entry.catch(() => null);
          if (!leave) return;
          inside += 1;
          if (alone) expect(inside).toBe(1);
          for (let turn = 0; turn < staysTurns; turn += 1) {
            await nextTurn();
            if (alone) expect(inside).toBe(1);
          }
          inside -= 1;
          done += 1;
          leave();
        });
        await Promise.all(visits);
        expect(gate.inside.size).toBe(0);
        expect(done).toBeGreaterThanOrEqual(entrants.filter(({ givesUp }) => !givesUp).length);
      }),
    );
  });
});
