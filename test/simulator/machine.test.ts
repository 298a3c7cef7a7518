import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { EventClock } from '../../src/simulator/event-clock.ts';
import { type Loaded, Machine } from '../../src/simulator/machine/machine.ts';
import type { MachineSettings } from '../../src/simulator/machine/settings.ts';
import type { SimulatedJob, SimulatedModel } from '../../src/simulator/workload/workload.ts';
import { GB, model, SMALL } from './support.ts';

function start(settings: Partial<MachineSettings> = {}) {
  const clock = new EventClock();
  const machine = new Machine(clock, { ...SMALL, ...settings });
  const seen: [string, number][] = [];
  const see = (what: string) => seen.push([what, Math.round(clock.monotonic()) / 1_000]);
  const load = (of: SimulatedModel, gpu = 0, then: (loaded: Loaded) => void = () => {}) =>
    machine.load(of, [{ gpu, bytes: of.bytes }], (loaded) => {
      see(`${of.name} ready`);
      then(loaded);
    });
  const work = (loaded: Loaded, seconds: number, name: string) =>
    machine.run(loaded, { workMs: seconds * 1_000 } as SimulatedJob, () => see(`${name} done`));
  const end = () => {
    while (clock.step());
    return seen;
  };
  return { clock, machine, load, work, end };
}

describe('a machine', () => {
  test('shares a model between its requests, by the exponent', () => {
    const { load, work, end } = start({ batchExponent: 0.5, slots: 4 });
    load(model('a', 1), 0, (a) => {
      for (const name of ['one', 'two', 'three', 'four']) work(a, 1, name);
    });
    // Each of four gets 4^(−0.5) = ½.
    expect(end().map(([, at]) => at)).toEqual([2, 4, 4, 4, 4]);
  });

  test('gives the rest more when one of them has ended', () => {
    const { load, work, end } = start();
    load(model('a', 1), 0, (a) => {
      work(a, 1, 'short');
      work(a, 3, 'long');
    });
    // At half speed until the short one is done at 4, with two seconds of the long one left.
    expect(end()).toEqual([
      ['a ready', 2],
      ['short done', 4],
      ['long done', 6],
    ]);
  });

  test('shares a card between the models that work on it, and no card with another', () => {
    const { load, work, end } = start({ gpuBytes: [10 * GB, 10 * GB], loadsShareDisk: false });
    for (const [name, gpu] of [
      ['a', 0],
      ['b', 0],
      ['c', 1],
    ] as const)
      load(model(name, 1), gpu, (loaded) => work(loaded, 1, name));
    expect(end()).toEqual([
      ['a ready', 2],
      ['b ready', 2],
      ['c ready', 2],
      ['c done', 3],
      ['a done', 4],
      ['b done', 4],
    ]);
  });

  test('shares the disk between loads: the first to end is there sooner than after one another', () => {
    const { load, end } = start();
    load(model('a', 2));
    load(model('b', 4));
    // Both read from 1 on; a has its 2 GB at 5, b its last 2 GB at 7.
    expect(end()).toEqual([
      ['a ready', 5],
      ['b ready', 7],
    ]);
  });

  test('takes memory when a load begins, and gives it back after the lag', () => {
    const { clock, machine, load, end } = start();
    load(model('a', 6), 0, (a) => {
      machine.unload(a, () => {
        expect([clock.monotonic(), machine.freeBytes(0)]).toEqual([7_500, 10 * GB]);
      });
      expect(machine.freeBytes(0)).toBe(4 * GB);
    });
    expect(machine.freeBytes(0)).toBe(4 * GB);
    expect(load(model('b', 5))).toBeNull();
    end();
    expect.assertions(4);
  });

  test('is seen to be ready at the next look', () => {
    const { load, end } = start({ readyPollMs: 750 });
    load(model('a', 1));
    expect(end()).toEqual([['a ready', 2.25]]);
  });

  test('refuses what no server would do', () => {
    const { machine, load, work, end } = start();
    load(model('a', 1), 0, (a) => {
      work(a, 1, 'one');
      work(a, 1, 'two');
      expect(() => work(a, 1, 'three')).toThrow('no free slot');
      expect(() => machine.unload(a, () => {})).toThrow('while it ran 2 jobs');
    });
    end();
    expect.assertions(2);
  });

  test('does all work once, whenever it comes', () => {
    const jobs = fc.array(fc.record({ at: fc.nat(20), work: fc.integer({ min: 1, max: 9 }) }), {
      minLength: 1,
      maxLength: 30,
    });
    fc.assert(
      fc.property(jobs, fc.double({ min: 0, max: 1, noNaN: true }), (drafts, batchExponent) => {
        const { clock, load, work, end } = start({ slots: 100, batchExponent });
        load(model('a', 1), 0, (a) => {
          for (const [i, { at, work: seconds }] of drafts.entries())
            clock.after(at * 1_000, () => work(a, seconds, String(i)));
        });
        const seen = new Map(end());
        expect(seen.size).toBe(drafts.length + 1);
        // Nobody is done sooner than alone, and nothing later than after one another.
        const total = drafts.reduce((sum, { work: seconds }) => sum + seconds, 0);
        for (const [i, { at, work: seconds }] of drafts.entries()) {
          const tookSeconds = (seen.get(`${i} done`) ?? 0) - 2 - at;
          expect(tookSeconds).toBeGreaterThan(seconds - 0.01);
          expect(tookSeconds).toBeLessThan(total + 0.01);
        }
      }),
      { numRuns: 50 },
    );
  });
});
