import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { type BackendId, type GpuId, stableId } from '../../src/domain/ids.ts';
import { totalBytes } from '../../src/domain/instance.ts';
import { place } from '../../src/scheduler/decide/placement.ts';
import { type BudgetGpu, type BudgetModel, memoryBudget } from '../../src/view/memory-budget.ts';

const backendIds = ['one', 'two'].map((name) => stableId('bkd', name) as BackendId);
const gpuIds = Array.from({ length: 4 }, (_, i) => stableId('gpu', String(i)) as GpuId);
const [BOX, RIG] = backendIds as [BackendId, BackendId];
const [G0, G1, G2] = gpuIds as [GpuId, GpuId, GpuId];

function gpu(id: GpuId, capacityBytes: number, backendId = BOX): BudgetGpu {
  return {
    ...{ id, backendId, freeBytes: capacityBytes, oneInstancePerWeights: false },
    ...{ headroomBytes: 0, reservedBytes: 0, movingBytes: 0 },
  };
}

function model(
  modelName: string,
  footprintBytes: number | null,
  over: Partial<BudgetModel> = {},
): BudgetModel {
  return {
    modelName,
    weights: `w-${modelName}`,
    footprintBytes,
    measured: true,
    backendIds: [BOX],
    fixed: null,
    ...over,
  };
}

/** Which GPUs each model got. */
function places(models: readonly BudgetModel[], gpus: readonly BudgetGpu[]) {
  return memoryBudget(models, gpus).lines.map((line) => line.placement.map((part) => part.gpuId));
}

describe('models', () => {
  test('that fit get a GPU each', () => {
    const budget = memoryBudget([model('a', 6), model('b', 5)], [gpu(G0, 8), gpu(G1, 8)]);
    expect(budget).toMatchObject({ fits: true, exact: true, capacityBytes: 16, requiredBytes: 11 });
    expect(budget.lines.map((line) => line.placement)).toEqual([
      [{ gpuId: G0, bytes: 6 }],
      [{ gpuId: G1, bytes: 5 }],
    ]);
  });

  test('are packed whole where the first place that comes would leave one of them for the gaps', () => {
    // Largest first leaves gaps of 1 and 1 for the last 2; 5+3+2 and 4+4+2 leave none.
    const models = [5, 4, 4, 3, 2, 2].map((bytes, i) => model(`m${i}`, bytes));
    const given = places(models, [gpu(G0, 10), gpu(G1, 10)]);
    expect(given.map((gpus) => gpus.length)).toEqual([1, 1, 1, 1, 1, 1]);
  });

  test('too large for one GPU go over all of their backend, and only then', () => {
    const gpus = [gpu(G0, 8), gpu(G1, 8), gpu(G2, 8, RIG)];
    expect(memoryBudget([model('big', 12), model('small', 3)], gpus).lines).toMatchObject([
      { placement: [{ gpuId: G0 }, { gpuId: G1 }] },
      { placement: [{ gpuId: expect.anything(), bytes: 3 }] },
    ]);
    expect(memoryBudget([model('huge', 17)], gpus)).toMatchObject({ fits: false, exact: true });
    expect(memoryBudget([model('big', 12, { backendIds: [RIG] })], gpus).fits).toBe(false);
  });

  test('that share weights count once and stand in one place', () => {
    const alias = model('alias', 6, { weights: 'w-a' });
    const budget = memoryBudget([model('a', 6), alias], [gpu(G0, 8)]);
    expect(budget).toMatchObject({ fits: true, requiredBytes: 6 });
    expect(budget.lines[1]?.placement).toEqual(budget.lines[0]?.placement);
  });

  test('that are pinned stay where they are', () => {
    const pinned = model('a', 6, { fixed: [{ gpuId: G1, bytes: 6 }] });
    expect(places([pinned, model('b', 7)], [gpu(G0, 8), gpu(G1, 12)])).toEqual([[G1], [G0]]);
    expect(memoryBudget([pinned, model('b', 9)], [gpu(G0, 8), gpu(G1, 12)]).lines).toMatchObject([
      { placement: [{ gpuId: G1, bytes: 6 }] },
      { placement: [{ gpuId: G0 }, { gpuId: G1 }] },
    ]);
  });

  test('of which too little is known do not fit, as nobody can tell', () => {
    const budget = memoryBudget([model('a', null), model('b', 1)], [gpu(G0, 8)]);
    expect(budget).toMatchObject({ fits: false, requiredBytes: 1 });
    expect(places([model('a', null), model('b', 1)], [gpu(G0, 8)])).toEqual([[], [G0]]);
  });

  test('fit nowhere without a GPU, and none of them fits anywhere', () => {
    expect(memoryBudget([model('a', 1)], []).fits).toBe(false);
    expect(memoryBudget([], []).fits).toBe(true);
  });

  test('that cannot all be placed leave out as few as possible', () => {
    expect(places([model('big', 10), model('a', 4), model('b', 4)], [gpu(G0, 10)])).toEqual([[], [G0], [G0]]);
  });

  test('in such numbers that not all ways can be tried are placed largest first, and the answer says so', () => {
    const models = Array.from({ length: 40 }, (_, i) => model(`m${i}`, 3 + (i % 5)));
    const budget = memoryBudget(models, [gpu(G0, 60), gpu(G1, 60)]);
    expect(budget).toMatchObject({ fits: false, exact: false });
  });
});

const world = fc
  .record({
    capacities: fc.array(fc.integer({ min: 0, max: 24 }), { maxLength: 4 }),
    owners: fc.array(fc.constantFrom(BOX, RIG), { minLength: 4, maxLength: 4 }),
    models: fc.array(
      fc.record({
        bytes: fc.integer({ min: 1, max: 30 }),
        at: fc.constantFrom([BOX], [RIG], [BOX, RIG]),
      }),
      { maxLength: 5 },
    ),
  })
  .map(({ capacities, owners, models }) => ({
    gpus: capacities.map((bytes, i) => gpu(gpuIds[i] as GpuId, bytes, owners[i])),
    models: models.map(({ bytes, at }, i) => model(`m${i}`, bytes, { backendIds: at })),
  }));

test('what is placed fits: no GPU gets more than it holds, and every model all of its bytes on its backends', () => {
  fc.assert(
    fc.property(world, ({ models, gpus }) => {
      const { lines, fits } = memoryBudget(models, gpus);
      const parts = lines.flatMap((line) => line.placement);
      for (const { id, freeBytes } of gpus) {
        const taken = parts.filter((part) => part.gpuId === id).reduce((sum, part) => sum + part.bytes, 0);
        expect(taken).toBeLessThanOrEqual(freeBytes);
      }
      for (const [i, { placement, footprintBytes }] of lines.entries()) {
        if (placement.length === 0) continue;
        // Each part is rounded down.
        const missing = (footprintBytes ?? 0) - totalBytes(placement);
        expect(missing).toBeGreaterThanOrEqual(0);
        expect(missing).toBeLessThan(placement.length);
        const owners = new Set(
          placement.map((part) => gpus.find((each) => each.id === part.gpuId)?.backendId),
        );
        expect(owners.size).toBe(1);
        expect(models[i]?.backendIds).toContain([...owners][0]);
      }
      expect(fits).toBe(lines.every((line) => line.placement.length > 0));
    }),
  );
});

/** The most models that any way places, found by trying every subset in every way. */
function mostPlaced(models: readonly BudgetModel[], gpus: readonly BudgetGpu[]): number {
  const [first, ...rest] = models;
  if (!first) return 0;
  const bytes = first.footprintBytes ?? 0;
  let best = mostPlaced(rest, gpus);
  for (const target of gpus) {
    if (!first.backendIds.includes(target.backendId) || target.freeBytes < bytes) continue;
    const left = gpus.map((each) =>
      each === target ? { ...each, freeBytes: each.freeBytes - bytes } : each,
    );
    best = Math.max(best, 1 + mostPlaced(rest, left));
  }
  return best;
}

test('one model fits where the scheduler would place it on cards without instances, and as it would cut it', () => {
  const bytes = fc.integer({ min: 0, max: 40 });
  const card = fc.record({ freeBytes: bytes, headroomBytes: bytes, reservedBytes: bytes });
  fc.assert(
    fc.property(
      fc.array(card, { minLength: 1, maxLength: 4 }),
      fc.integer({ min: 1, max: 120 }),
      fc.record({ aloneBytes: fc.nat(5), splitBytes: fc.nat(5) }),
      fc.boolean(),
      (cards, footprintBytes, overhead, oneInstancePerWeights) => {
        const gpus = cards.map((each, i) => ({
          ...gpu(gpuIds[i] as GpuId, 0),
          ...each,
          oneInstancePerWeights,
        }));
        const [line] = memoryBudget([model('m', footprintBytes, { overhead })], gpus).lines;
        const expected = place({ footprintBytes, overhead }, gpus, { oneInstancePerWeights });
        expect(line?.placement).toHaveLength(expected?.length ?? 0);
        if (expected && expected.length > 1) expect(new Set(line?.placement)).toEqual(new Set(expected));
      },
    ),
    { numRuns: 500 },
  );
});

test('no way without parts places more', () => {
  fc.assert(
    fc.property(world, ({ models, gpus }) => {
      const placed = memoryBudget(models, gpus).lines.filter((line) => line.placement.length > 0).length;
      expect(placed).toBeGreaterThanOrEqual(mostPlaced(models, gpus));
    }),
  );
});

test('more memory never makes what fitted not fit', () => {
  fc.assert(
    fc.property(
      world,
      fc.nat({ max: 3 }),
      fc.integer({ min: 1, max: 10 }),
      ({ models, gpus }, which, more) => {
        const larger = gpus.map((each, i) =>
          i === which ? { ...each, freeBytes: each.freeBytes + more } : each,
        );
        if (memoryBudget(models, gpus).fits) expect(memoryBudget(models, larger).fits).toBe(true);
      },
    ),
  );
});
