/** On which cards a model is loaded: on one wherever one can hold it, on several where none can or where it takes nothing from anybody. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { seededRandom } from '../../src/clock.ts';
import { bytesOnCards } from '../../src/domain/card-overhead.ts';
import { type GpuId, stableId } from '../../src/domain/ids.ts';
import { GiB } from '../../src/domain/units.ts';
import { place, placeWhole, totalBytes } from '../../src/scheduler/decide/placement.ts';
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
  ])('a model that one card can hold has one of %s leave, and is not cut', (_what, before, gib) => {
    const old = before.map((size, i) => model(`old${i}`, size));
    const w = cluster(mode, [24, 24], [...old, model('new', gib)]);
    for (const { name } of old) {
      w.submit({ model: name });
      w.runUntilDone(60_000);
    }
    w.submit({ model: 'new' });
    w.runUntilDone(60_000);
    expect(cardsOf(w, 'new')).toBe(1);
    expect(w.residents('rig')).toHaveLength(before.length);
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
      w.loop.handle({ type: 'steer', change: { kind: 'pin', pin } });
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

test('As few cards are taken as hold it, and an engine that cuts by what is free overdraws none', () => {
  const gib = (most: number) => fc.integer({ min: 0, max: most * 1024 }).map((mib) => mib * 1024 ** 2);
  const card = fc.record({ freeBytes: gib(24), headroom: gib(1), reservedBytes: gib(8) });
  const load = fc.record({ shared: gib(80), aloneBytes: gib(2), more: gib(2) });
  fc.assert(
    fc.property(
      fc.array(card, { minLength: 1, maxLength: 5 }),
      load,
      fc.boolean(),
      (cards, one, ownerUses) => {
        const gpus = cards.map(({ freeBytes, headroom, reservedBytes }, i) => ({
          id: stableId('gpu', `${i}`) as GpuId,
          freeBytes,
          reservedBytes,
          emptyBytes: 40 * GiB - headroom,
          totalBytes: 40 * GiB,
        }));
        const overhead = { aloneBytes: one.aloneBytes, splitBytes: one.aloneBytes + one.more };
        const footprintBytes = one.shared + one.aloneBytes;
        const placement = place({ footprintBytes, overhead }, gpus, { oneInstancePerWeights: false });
        if (!placement || placement.length < 2) return;
        expect(placeWhole({ footprintBytes, overhead }, gpus)).toBeNull();
        const count = placement.length;
        const all = bytesOnCards(footprintBytes, overhead, count);
        expect(totalBytes(placement)).toBeGreaterThan(all - count);
        const mine = placement.flatMap((part) => {
          const gpu = gpus.find(({ id }) => id === part.gpuId);
          return gpu ? [{ part, gpu }] : [];
        });
        const seen = mine.map(({ gpu }) => {
          const open = gpu.freeBytes + gpu.totalBytes - gpu.emptyBytes;
          return ownerUses ? open : open + gpu.reservedBytes;
        });
        const room = seen.reduce((sum, bytes) => sum + bytes, 0);
        for (const [i, { part, gpu }] of mine.entries()) {
          expect(part.bytes).toBeLessThanOrEqual(gpu.freeBytes);
          const taken =
            overhead.splitBytes + Math.floor(((all - count * overhead.splitBytes) * (seen[i] ?? 0)) / room);
          // Never more than it has room for: headroom that the engine sees as free is spread by it, too.
          if (!ownerUses) expect(taken).toBeLessThanOrEqual(part.bytes + 1);
        }
      },
    ),
  );
});
