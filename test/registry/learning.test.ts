import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { bytesOnCards } from '../../src/domain/card-overhead.ts';
import { GiB, MiB } from '../../src/domain/units.ts';
import { batchSize } from '../../src/registry/footprint/batch.ts';
import { computeBufferBytes, reserveRules } from '../../src/registry/footprint/compute-buffers.ts';
import { DRIVER_CONTEXT_BYTES } from '../../src/registry/footprint/predict.ts';
import { linearFit } from '../../src/registry/learned/linear-fit.ts';
import type { LoadMeasurement, Registry } from '../../src/registry/registry.ts';
import { BOX, RIG, registryWith, resolved, SmallStore } from './fixture.ts';
import { LLAMA_8B, model } from './models.ts';

/** What is added to what nobody has measured. */
const CAUTION = 256 * MiB;

const MEASURED = { sizeBytes: 5 * GiB, vramBytes: 5 * GiB, loadMs: 4_000 };

function whole(sizeBytes: number, over: Partial<LoadMeasurement> = {}): LoadMeasurement {
  return { ...MEASURED, sizeBytes, vramBytes: sizeBytes, ...over };
}

async function learn(
  registry: Registry,
  contextLength: number | null,
  measured: LoadMeasurement,
  serverVersion = '0.33.0',
): Promise<void> {
  const { variant, config } = resolved(registry, 'a:1', contextLength);
  await registry.learnFootprint(variant, config, serverVersion, BOX, measured);
}

function estimate(registry: Registry, contextLength: number | null) {
  const state = registry.model('a:1');
  if (!state) throw new Error('a:1 is not there.');
  return registry.vramEstimate(state, contextLength);
}

describe('what a model takes', () => {
  test('is predicted first and then what was measured, with what the driver adds', async () => {
    const registry = registryWith([model('a:1')]);
    expect(estimate(registry, null)).toMatchObject({ measured: false, source: 'PREDICTED' });
    const version = registry.version;
    await learn(registry, null, MEASURED);
    expect(registry.version).toBeGreaterThan(version);
    const bytes = 5 * GiB + DRIVER_CONTEXT_BYTES;
    expect(estimate(registry, null)).toMatchObject({
      bytes,
      measured: true,
      source: 'MEASURED',
      marginBytes: 0,
    });
    expect(resolved(registry, 'a:1')).toMatchObject({ measured: true, footprintBytes: bytes });
  });

  test('survives a restart', async () => {
    const store = new SmallStore();
    await learn(registryWith([model('a:1')], { store }), null, MEASURED);
    const second = registryWith([model('a:1')], { store });
    await second.start();
    expect(estimate(second, null)).toMatchObject({
      source: 'MEASURED',
      bytes: 5 * GiB + DRIVER_CONTEXT_BYTES,
    });
  });

  test('is predicted again when what was stored cannot be read', async () => {
    const store = new SmallStore();
    await learn(registryWith([model('a:1')], { store }), null, MEASURED);
    for (const key of (await store.recall('footprint')).keys())
      await store.remember('footprint', key, { bytes: 'many' });
    const second = registryWith([model('a:1')], { store });
    await second.start();
    expect(resolved(second, 'a:1').measured).toBe(false);
  });

  test('is predicted again when the weights have changed, and kept when only the name or the template has', async () => {
    const registry = registryWith([model('a:1')]);
    await learn(registry, null, MEASURED);
    registry.observe(BOX, [model('a:1', { digest: 'new' })], '0.33.0');
    expect(resolved(registry, 'a:1').measured).toBe(true);
    registry.observe(BOX, [model('a:1', { digest: 'newer', weights: 'new' })], '0.33.0');
    expect(resolved(registry, 'a:1').measured).toBe(false);
  });

  test('on another backend is not what was measured on this one', async () => {
    const registry = registryWith([model('a:1')]);
    registry.observe(RIG, [model('a:1')], '0.33.0');
    await learn(registry, null, MEASURED);
    expect(resolved(registry, 'a:1', null, RIG).measured).toBe(false);
  });

  test('under another version of the server is a hint that only raises the prediction', async () => {
    const registry = registryWith([model('a:1')]);
    const { footprintBytes } = resolved(registry, 'a:1');
    await learn(registry, null, whole(GiB));
    registry.observe(BOX, [model('a:1')], '0.34.0');
    expect(resolved(registry, 'a:1')).toMatchObject({ measured: false, footprintBytes });
    await learn(registry, null, whole(50 * GiB));
    expect(resolved(registry, 'a:1')).toMatchObject({
      measured: false,
      footprintBytes: 50 * GiB + DRIVER_CONTEXT_BYTES + CAUTION,
    });
  });

  test('has a margin until it is measured', async () => {
    const registry = registryWith([model('a:1')]);
    expect(estimate(registry, null)).toMatchObject({ source: 'PREDICTED', marginBytes: CAUTION });
    await learn(registry, null, MEASURED);
    expect(estimate(registry, null)).toMatchObject({ source: 'MEASURED', marginBytes: 0 });
  });

  test('does not become too large by its margin for a card that would hold it, or for all together', () => {
    const registry = registryWith([model('a:1')]);
    const before = estimate(registry, null);
    const cautious = before?.bytes ?? Number.NaN;
    const overTwo = before ? bytesOnCards(before.bytes, before.overhead, 2) : Number.NaN;
    const told = (largestBytes: number, totalBytes = largestBytes) => {
      registry.observeRoom(BOX, {
        largestBytes,
        totalBytes,
        cards: largestBytes === totalBytes ? 1 : 2,
      });
      return estimate(registry, null);
    };
    expect(told(cautious)).toMatchObject({ bytes: cautious, marginBytes: CAUTION });
    expect(told(cautious - 1)).toMatchObject({ bytes: cautious - 1, marginBytes: CAUTION - 1 });
    expect(told(cautious - CAUTION)).toMatchObject({ bytes: cautious - CAUTION, marginBytes: 0 });
    expect(told(cautious - CAUTION - 1)).toMatchObject({ bytes: cautious });
    expect(told(GiB, overTwo - 1)).toMatchObject({ bytes: cautious - 1 });
    // On one card rather than over two of them.
    expect(told(cautious - 1, 2 * cautious)).toMatchObject({ bytes: cautious - 1 });
  });

  test('is the most of the newest five loads', async () => {
    const registry = registryWith([model('a:1')]);
    for (const size of [9, 6, 5, 5, 5, 5]) await learn(registry, null, whole(size * GiB));
    expect(estimate(registry, null)?.bytes).toBe(6 * GiB + DRIVER_CONTEXT_BYTES);
  });

  test('is told for any context, for people', () => {
    const registry = registryWith([model('a:1')]);
    const state = registry.model('a:1');
    if (!state) throw new Error('a:1 is not there.');
    const small = registry.vramEstimate(state, null);
    const large = registry.vramEstimate(state, 65_536);
    expect(small?.bytes).toBe(resolved(registry, 'a:1').footprintBytes);
    expect(large?.bytes).toBeGreaterThan(small?.bytes ?? Number.NaN);
    registry.observe(BOX, []);
    expect(registry.vramEstimate(state, null)).toBeNull();
  });
});

describe('what a model takes at another context', () => {
  test('is the formula raised by one measurement that is above it', async () => {
    const registry = registryWith([model('a:1')]);
    const at4k = resolved(registry, 'a:1', 4096).footprintBytes;
    const at16k = resolved(registry, 'a:1', 16_384).footprintBytes;
    await learn(registry, 4096, whole(at4k - CAUTION - DRIVER_CONTEXT_BYTES + GiB));
    expect(estimate(registry, 16_384)).toMatchObject({ source: 'PREDICTED', bytes: at16k + GiB });
  });

  test('is the formula where one measurement is below it', async () => {
    const registry = registryWith([model('a:1')]);
    const at16k = resolved(registry, 'a:1', 16_384).footprintBytes;
    await learn(registry, 4096, whole(GiB));
    expect(estimate(registry, 16_384)).toMatchObject({ source: 'PREDICTED', bytes: at16k });
  });

  test('is read off the line through two, with a margin, and steps with the batch', async () => {
    const registry = registryWith([model('a:1')]);
    const buffers = (contextLength: number) =>
      computeBufferBytes(LLAMA_8B, {
        tokens: contextLength,
        parallel: 1,
        batch: batchSize(contextLength, contextLength, false),
        flashAttention: null,
        embedding: false,
        reserve: reserveRules('0.33.0'),
      });
    const real = (contextLength: number) => 4 * GiB + 100_000 * contextLength + buffers(contextLength);
    await learn(registry, 4096, whole(real(4096)));
    await learn(registry, 16_384, whole(real(16_384)));
    const found = estimate(registry, 65_536);
    expect(found).toMatchObject({ measured: false, source: 'FITTED', marginBytes: 256 * MiB });
    expect(Math.abs((found?.bytes ?? 0) - (real(65_536) + DRIVER_CONTEXT_BYTES + 256 * MiB))).toBeLessThan(2);
  });

  test('has a margin of two deviations where measurements disagree', async () => {
    const registry = registryWith([model('a:1')]);
    for (const size of [4, 8]) await learn(registry, 4096, whole(size * GiB));
    for (const size of [6, 10]) await learn(registry, 16_384, whole(size * GiB));
    expect(estimate(registry, 32_768)?.marginBytes).toBe(Math.ceil(2 * Math.sqrt((4 * (2 * GiB) ** 2) / 2)));
  });

  test('is not read off measurements with another version of the server', async () => {
    const registry = registryWith([model('a:1')]);
    await learn(registry, 4096, whole(5 * GiB), '0.32.0');
    await learn(registry, 16_384, whole(7 * GiB));
    expect(estimate(registry, 65_536)?.source).toBe('PREDICTED');
  });
});

describe('a line', () => {
  const value = fc.double({ min: -1e12, max: 1e12, noNaN: true });

  test('needs two different places', () => {
    expect(linearFit([])).toBeNull();
    expect(
      linearFit([
        { x: 1, y: 1 },
        { x: 1, y: 2 },
      ]),
    ).toBeNull();
  });

  test('goes through points that are on one, and has no deviation', () => {
    const xs = fc.uniqueArray(fc.integer({ min: 0, max: 1_000_000 }), { minLength: 2, maxLength: 9 });
    fc.assert(
      fc.property(
        xs,
        fc.integer({ min: 0, max: 1e10 }),
        fc.integer({ min: 0, max: 1e6 }),
        (places, intercept, slope) => {
          const line = linearFit(places.map((x) => ({ x, y: intercept + slope * x })));
          expect(line?.slope).toBeCloseTo(slope, 0);
          for (const x of places) {
            const off = (line?.intercept ?? 0) + (line?.slope ?? 0) * x - (intercept + slope * x);
            expect(Math.abs(off)).toBeLessThan(1 + 1e-6 * (intercept + slope * x));
          }
        },
      ),
    );
  });

  test('never falls', () => {
    const points = fc.array(fc.record({ x: fc.integer({ min: 0, max: 1e6 }), y: value }), { maxLength: 9 });
    fc.assert(
      fc.property(points, (given) => {
        expect(linearFit(given)?.slope ?? 0).toBeGreaterThanOrEqual(0);
      }),
    );
  });
});

describe('what the driver takes for a process', () => {
  test('is what the GPUs showed beyond what the server told, on that backend', async () => {
    const registry = registryWith([model('a:1'), model('b:1')]);
    registry.observe(RIG, [model('b:1')], '0.33.0');
    const [here, there] = [resolved(registry, 'b:1'), resolved(registry, 'b:1', null, RIG)];
    await learn(registry, null, whole(5 * GiB, { probedBytes: 5 * GiB + 300 * MiB }));
    expect(estimate(registry, null)?.bytes).toBe(5 * GiB + 300 * MiB);
    expect(here.footprintBytes - resolved(registry, 'b:1').footprintBytes).toBe(
      DRIVER_CONTEXT_BYTES - 300 * MiB,
    );
    expect(resolved(registry, 'b:1', null, RIG).footprintBytes).toBe(there.footprintBytes);
  });

  test('can be told after the load, of its newest measurement', async () => {
    const registry = registryWith([model('a:1')]);
    await learn(registry, null, whole(5 * GiB));
    const { variant, config } = resolved(registry, 'a:1');
    await registry.learnProbed(variant, config, BOX, {
      probedBytes: 5 * GiB + 300 * MiB,
      cards: 1,
    });
    expect(estimate(registry, null)?.bytes).toBe(5 * GiB + 300 * MiB);
    expect(resolved(registry, 'a:1').driverBytes).toBe(300 * MiB);
  });

  test('is not learned where something else grew or shrank meanwhile', async () => {
    const registry = registryWith([model('a:1')]);
    await learn(registry, null, whole(5 * GiB, { probedBytes: 9 * GiB }));
    await learn(registry, null, whole(5 * GiB, { probedBytes: 4 * GiB }));
    expect(estimate(registry, null)?.bytes).toBe(5 * GiB + DRIVER_CONTEXT_BYTES);
  });
});

describe('a load that spilled', () => {
  const SPILLED = { sizeBytes: 6 * GiB, vramBytes: 4 * GiB, loadMs: 20_000, roomBytes: 5 * GiB };

  test('is no measurement, but a sign that the variant does not fit', async () => {
    const store = new SmallStore();
    const registry = registryWith([model('a:1')], { store });
    expect(resolved(registry, 'a:1').misfit).toBeNull();
    await learn(registry, null, SPILLED);
    expect(resolved(registry, 'a:1').measured).toBe(false);
    expect(resolved(registry, 'a:1').footprintBytes).toBeGreaterThanOrEqual(6 * GiB + DRIVER_CONTEXT_BYTES);
    const misfit = { sizeBytes: 6 * GiB, roomBytes: 5 * GiB, times: 1 };
    expect(resolved(registry, 'a:1').misfit).toMatchObject(misfit);
    registry.observe(RIG, [model('a:1')], '0.33.0');
    expect(resolved(registry, 'a:1', null, RIG).misfit).toBeNull();
    expect(resolved(registry, 'a:1', 8192).misfit).toBeNull();
    await learn(registry, null, SPILLED);
    expect(resolved(registry, 'a:1').misfit).toMatchObject({ times: 2 });
    const second = registryWith([model('a:1')], { store });
    await second.start();
    expect(resolved(second, 'a:1').misfit).toMatchObject({ ...misfit, times: 2 });
  });

  test('is forgotten once the variant went in whole, and leaves older measurements alone', async () => {
    const registry = registryWith([model('a:1')]);
    await learn(registry, null, MEASURED);
    await learn(registry, null, SPILLED);
    expect(estimate(registry, null)?.bytes).toBe(5 * GiB + DRIVER_CONTEXT_BYTES);
    await learn(registry, null, MEASURED);
    expect(resolved(registry, 'a:1').misfit).toBeNull();
  });

  test('wholly to the CPU is one where there are GPUs, and none on a host without', async () => {
    const registry = registryWith([model('a:1')]);
    await learn(registry, null, { ...SPILLED, vramBytes: 0 });
    expect(resolved(registry, 'a:1').misfit).not.toBeNull();
    await learn(registry, null, { sizeBytes: 6 * GiB, vramBytes: 0, loadMs: 20_000 });
    expect(resolved(registry, 'a:1').misfit).toBeNull();
    expect(resolved(registry, 'a:1').measured).toBe(true);
  });
});
