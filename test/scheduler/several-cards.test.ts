/** On which cards a model is loaded: on one wherever one can hold it, on several where none can or where it takes nothing from anybody. */

import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { seededRandom } from '../../src/clock.ts';
import { bytesOnCards } from '../../src/domain/card-overhead.ts';
import { stableId } from '../../src/domain/ids.ts';
import { bytesOn, totalBytes } from '../../src/domain/instance.ts';
import { GiB } from '../../src/domain/units.ts';
import { mostPlaceable, place, placeWhole } from '../../src/scheduler/decide/placement.ts';
import type { ClusterModel } from './cluster-models.ts';
import { SimulatedCluster } from './simulated-cluster.ts';

const OVERHEAD = { aloneBytes: GiB, splitBytes: 1.5 * GiB };
const model = (name: string, gib: number, runMs = 1_000): ClusterModel => ({
  name,
  bytes: gib * GiB,
  overhead: OVERHEAD,
  loadMs: 2_000,
  runMs,
});
type Mode = 'MANAGED' | 'ATTACHED';

function cluster(mode: Mode, cards: readonly number[], models: readonly ClusterModel[]): SimulatedCluster {
  const servers = [{ name: 'rig', mode, cards: cards.map((gib) => gib * GiB) }];
  return new SimulatedCluster({ servers, models, random: seededRandom(1) });
}

/** Cards that it lies on. */
function cardsOf({ loop }: SimulatedCluster, name: string): number {
  const found = [...loop.state.instances.values()].find(({ variant }) => variant.modelName === name);
  return found?.footprint.length ?? 0;
}

describe.each<Mode>(['MANAGED', 'ATTACHED'])('%s, two cards', (mode) => {
  test.each([
    ['two idle models', [14, 14], 12],
    ['idle models of two sizes', [20, 10], 16],
    ['four idle models', [11, 11, 11, 11], 10],
  ])('a model that one card can hold has few of %s leave, and is not cut', (_what, before, gib) => {
    const old = before.map((size, i) => model(`old${i}`, size));
    const w = cluster(mode, [24, 24], [...old, model('new', gib)]);
    for (const { name } of old) {
      w.submit({ model: name });
      w.runUntilDone(60_000);
    }
    w.submit({ model: 'new' });
    w.runUntilDone(60_000);
    expect(cardsOf(w, 'new')).toBe(1);
    // One makes room. On the card of the oldest the other one's frozen record would still say that there is none, so both leave.
    const leave = mode === 'ATTACHED' && before.length === 4 ? 2 : 1;
    expect(w.residents('rig')).toHaveLength(before.length + 1 - leave);
    expect(w.rules.violations).toEqual([]);
  });

  test('a model that no card can hold is cut, with what each card needs for itself', () => {
    const w = cluster(mode, [24, 24], [model('large', 40)]);
    w.submit({ model: 'large' });
    w.runUntilDone(60_000);
    expect(cardsOf(w, 'large')).toBe(2);
    const [instance] = w.loop.state.instances.values();
    expect(totalBytes(instance?.footprint ?? []) / GiB).toBeCloseTo(42, 3);
    expect(w.rules.violations).toEqual([]);
  });

  test.each([45.5, 46.5, 47.5])(
    'a model of %f GiB that fits only without what further cards cost is refused',
    (gib) => {
      const w = cluster(mode, [24, 24], [model('huge', gib + 1)]);
      w.submit({ model: 'huge' });
      w.runUntilDone(120_000);
      expect(w.loads).toEqual([]);
      expect([...w.refused.values()].join()).toContain('GiB');
    },
  );

  test('a model that one card could hold but for a pinned one is cut', () => {
    const w = cluster(mode, [24, 24], [model('pinned0', 12), model('pinned1', 12), model('new', 16)]);
    for (const name of ['pinned0', 'pinned1']) {
      const pin = { modelName: name, backendId: null, until: null, askedAt: w.clock.now() };
      w.loop.handle({ type: 'wish', change: { kind: 'pin', pin } });
      w.run(20_000);
    }
    w.submit({ model: 'new' });
    w.runUntilDone(60_000);
    expect(cardsOf(w, 'new')).toBe(2);
    expect(w.rules.violations).toEqual([]);
  });
});

describe('beside residents with work', () => {
  const busy = () => {
    const w = cluster(
      'MANAGED',
      [24, 24],
      [model('a', 14, 300_000), model('b', 14, 300_000), model('c', 12), model('d', 12)],
    );
    for (const name of ['a', 'b']) w.submit({ model: name });
    for (const name of ['a', 'b']) for (let i = 0; i < 3; i += 1) w.submit({ model: name });
    w.run(20_000);
    return w;
  };

  test('a model is cut over what is free where nobody else waits for it', () => {
    const w = busy();
    w.submit({ model: 'c' });
    w.run(10_000);
    expect(cardsOf(w, 'c')).toBe(2);
    expect(w.rules.violations).toEqual([]);
  });

  test('models that wait together are not: the one would keep the other out', () => {
    const w = busy();
    w.submit({ model: 'c' });
    w.submit({ model: 'd' });
    w.run(10_000);
    expect([cardsOf(w, 'c'), cardsOf(w, 'd')]).toEqual([0, 0]);
    w.runUntilDone(7_200_000);
    expect(w.jobs.unfinished).toBe(0);
    expect(w.rules.violations).toEqual([]);
  });
});

test('An engine that cuts by what it sees as free overdraws no card, whatever of what moves or is reserved it sees', () => {
  const gib = (most: number) => fc.integer({ min: 0, max: most * 1024 }).map((mib) => mib * 1024 ** 2);
  const card = fc.record({
    freeBytes: gib(24),
    headroomBytes: gib(1),
    reservedBytes: gib(8),
    movingBytes: gib(8),
    seen: fc.boolean(),
  });
  const load = fc.record({ shared: gib(80), aloneBytes: gib(2), more: gib(2) });
  fc.assert(
    fc.property(fc.array(card, { minLength: 1, maxLength: 5 }), load, (cards, one) => {
      const gpus = cards.map((one, i) => ({ ...one, id: stableId('gpu', `${i}`) }));
      const overhead = { aloneBytes: one.aloneBytes, splitBytes: one.aloneBytes + one.more };
      const needed = { footprintBytes: one.shared + one.aloneBytes, overhead };
      const placement = place(needed, gpus, { oneInstancePerWeights: false });
      if (!placement || placement.length < 2) return;
      expect(placeWhole(needed, gpus)).toBeNull();
      const all = bytesOnCards(needed.footprintBytes, overhead, placement.length);
      expect(totalBytes(placement)).toBeGreaterThan(all - placement.length);
      const mine = gpus.filter(({ id }) => placement.some(({ gpuId }) => gpuId === id));
      const seen = mine.map(
        (gpu) => gpu.freeBytes + gpu.headroomBytes + (gpu.seen ? gpu.reservedBytes + gpu.movingBytes : 0),
      );
      const room = seen.reduce((sum, bytes) => sum + bytes, 0);
      for (const [i, { id, freeBytes }] of mine.entries()) {
        const booked = bytesOn(id, placement);
        expect(booked).toBeLessThanOrEqual(freeBytes);
        const taken =
          overhead.splitBytes +
          Math.floor(((all - placement.length * overhead.splitBytes) * (seen[i] ?? 0)) / room);
        expect(taken).toBeLessThanOrEqual(booked + 1);
      }
    }),
    { numRuns: 1_000 },
  );
});

test('What can be placed of a model that is too large for all cards is as much as they hold, beside what each needs for itself', () => {
  const bytes = (most: number) => fc.integer({ min: 0, max: most * 1024 }).map((mib) => mib * 1024 ** 2);
  const card = fc.record({ freeBytes: bytes(24), reservedBytes: bytes(4) });
  fc.assert(
    fc.property(
      fc.array(card, { minLength: 1, maxLength: 4 }),
      bytes(2),
      fc.boolean(),
      (cards, aloneBytes, all) => {
        const gpus = cards.map((one, i) => ({
          ...one,
          id: stableId('gpu', `${i}`),
          movingBytes: 0,
          headroomBytes: GiB / 2,
        }));
        const overhead = { aloneBytes, splitBytes: 1.5 * aloneBytes };
        const chooser = { oneInstancePerWeights: all };
        const most = mostPlaceable(overhead, gpus, chooser);
        if (most > 0) expect(place({ footprintBytes: most, overhead }, gpus, chooser)).not.toBeNull();
        const more = Math.ceil(most * 1.001) + 16;
        expect(place({ footprintBytes: more, overhead }, gpus, chooser)).toBeNull();
      },
    ),
  );
});
