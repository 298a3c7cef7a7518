/** What a model takes that lies on several cards: predicted, and learned by their number. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { bytesOnCards, bytesOnOneCard, NO_OVERHEAD } from '../../src/domain/card-overhead.ts';
import { GiB, MiB } from '../../src/domain/units.ts';
import { DRIVER_CONTEXT_BYTES } from '../../src/registry/footprint/predict.ts';
import type { Registry } from '../../src/registry/registry.ts';
import { BOX, registryWith, resolved, SmallStore } from './fixture.ts';
import { model } from './models.ts';

const VERSION = '0.33.0';

async function learn(registry: Registry, sizeBytes: number, cards: number): Promise<void> {
  const { variant, config } = resolved(registry, 'a:1');
  const measured = { sizeBytes, vramBytes: sizeBytes, loadMs: 4_000, cards };
  await registry.learnFootprint(variant, config, VERSION, BOX, measured);
}

/** With what the driver takes on each. */
function bytesOn(registry: Registry, cards: number, contextLength: number | null = null): number {
  const { footprintBytes, overhead } = resolved(registry, 'a:1', contextLength);
  return bytesOnCards(footprintBytes, overhead ?? NO_OVERHEAD, cards);
}

describe('each further card', () => {
  test('costs compute buffers and a process of the driver, before anything was measured', () => {
    const registry = registryWith([model('a:1')]);
    const further = [1, 2, 3].map((cards) => bytesOn(registry, cards + 1) - bytesOn(registry, cards));
    for (const bytes of further) expect(bytes).toBeGreaterThan(DRIVER_CONTEXT_BYTES + 100 * MiB);
    // With the second one the engine begins to keep several batches, on the first as well.
    expect(further[0]).toBeGreaterThan(further[1] ?? 0);
    expect(further[1]).toBe(further[2]);
  });

  test('costs more at a longer context, whose mask is kept for several batches', () => {
    const registry = registryWith([model('a:1')]);
    const further = (contextLength: number) =>
      bytesOn(registry, 2, contextLength) - bytesOn(registry, 1, contextLength);
    expect(further(131_072)).toBeGreaterThan(further(4096) + 256 * MiB);
  });

  test('costs something of a model that tells nothing', () => {
    const registry = registryWith([model('a:1', { facts: null })]);
    expect(bytesOn(registry, 2) - bytesOn(registry, 1)).toBeGreaterThan(DRIVER_CONTEXT_BYTES);
  });
});

describe('what was measured', () => {
  test.each([2, 3, 4])('on %i cards is what it takes on as many, and less on one', async (cards) => {
    const registry = registryWith([model('a:1')]);
    await learn(registry, 9 * GiB, cards);
    expect(bytesOn(registry, cards)).toBe(9 * GiB + cards * DRIVER_CONTEXT_BYTES);
    expect(bytesOn(registry, 1)).toBeLessThan(9 * GiB + DRIVER_CONTEXT_BYTES);
    expect(bytesOn(registry, cards + 1)).toBeGreaterThan(bytesOn(registry, cards) + DRIVER_CONTEXT_BYTES);
  });

  test('on one card and on two tells what each of three takes', async () => {
    const registry = registryWith([model('a:1')]);
    await learn(registry, 8 * GiB, 1);
    await learn(registry, 9 * GiB, 2);
    expect(bytesOn(registry, 1)).toBe(8 * GiB + DRIVER_CONTEXT_BYTES);
    expect(Math.abs(bytesOn(registry, 2) - 9 * GiB - 2 * DRIVER_CONTEXT_BYTES)).toBeLessThan(2);
    const third = bytesOn(registry, 3) - bytesOn(registry, 2);
    expect(third).toBeGreaterThan(GiB / 2 + DRIVER_CONTEXT_BYTES);
    expect(third).toBeLessThan(GiB + DRIVER_CONTEXT_BYTES);
  });

  test('on one card is not forgotten by any number of loads on two', async () => {
    const registry = registryWith([model('a:1')]);
    await learn(registry, 8 * GiB, 1);
    for (let i = 0; i < 9; i += 1) await learn(registry, 9 * GiB, 2);
    expect(bytesOn(registry, 1)).toBe(8 * GiB + DRIVER_CONTEXT_BYTES);
  });

  test('is of as many cards as a reading of them shows', async () => {
    const registry = registryWith([model('a:1')]);
    await learn(registry, 9 * GiB, 1);
    const { variant, config } = resolved(registry, 'a:1');
    await registry.learnProbed(variant, config, BOX, { probedBytes: 9 * GiB + 600 * MiB, cards: 2 });
    expect(resolved(registry, 'a:1').driverBytes).toBe(300 * MiB);
    expect(bytesOn(registry, 2)).toBe(9 * GiB + 600 * MiB);
  });

  test('by a version that did not tell the cards counts as on one', async () => {
    const store = new SmallStore();
    await learn(registryWith([model('a:1')], { store }), 8 * GiB, 1);
    for (const [key, value] of await store.recall('footprint'))
      await store.remember(
        'footprint',
        key,
        JSON.parse(JSON.stringify(value).replaceAll(/"cards":1,?/g, '')),
      );
    const second = registryWith([model('a:1')], { store });
    await second.start();
    expect(bytesOn(second, 1)).toBe(8 * GiB + DRIVER_CONTEXT_BYTES);
  });
});

test('Bytes on one card and on several are told from each other', () => {
  const bytes = fc.integer({ min: 0, max: 64 * GiB });
  fc.assert(
    fc.property(
      bytes,
      bytes,
      bytes,
      fc.integer({ min: 1, max: 16 }),
      (all, aloneBytes, splitBytes, cards) => {
        const overhead = { aloneBytes, splitBytes };
        expect(bytesOnOneCard(bytesOnCards(all, overhead, cards), overhead, cards)).toBe(all);
      },
    ),
  );
});
