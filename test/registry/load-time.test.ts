import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { VirtualClock } from '../../src/clock.ts';
import { GiB } from '../../src/domain/units.ts';
import { PageCache } from '../../src/registry/learned/page-cache.ts';
import type { Registry } from '../../src/registry/registry.ts';
import { BOX, RIG, registryWith, resolved, SmallStore } from './fixture.ts';
import { model } from './models.ts';

const HOUR_MS = 3_600_000;
const MODELS = [
  model('a:1', { diskBytes: 4 * GiB }),
  model('b:1', { diskBytes: 10 * GiB }),
  model('c:1', { diskBytes: 7 * GiB }),
];

async function load(registry: Registry, name: string, loadMs: number): Promise<void> {
  const { variant, config } = resolved(registry, name);
  const bytes = 5 * GiB;
  await registry.learnFootprint(variant, config, '0.33.0', BOX, {
    sizeBytes: bytes,
    vramBytes: bytes,
    loadMs,
  });
}

describe('how long a load takes', () => {
  test('is longer the larger the file is, and as long as others took there', async () => {
    const registry = registryWith(MODELS);
    const guessed = resolved(registry, 'b:1').loadMs;
    expect(guessed).toBeGreaterThan(resolved(registry, 'a:1').loadMs);
    await load(registry, 'a:1', 60_000);
    expect(resolved(registry, 'b:1').loadMs).toBeGreaterThan(guessed);
  });

  test('is kept apart for files in the page cache and on disk', async () => {
    const clock = new VirtualClock();
    const registry = registryWith(MODELS, { clock, ramBytes: 64 * GiB });
    await load(registry, 'a:1', 10_100);
    expect(resolved(registry, 'a:1').loadMs).toBeLessThan(10_100);
    await load(registry, 'a:1', 600);
    expect(resolved(registry, 'a:1').loadMs).toBe(600);
    clock.advance(HOUR_MS);
    expect(resolved(registry, 'a:1').loadMs).toBe(10_100);
  });

  test('is cold again when half of the RAM was read since', async () => {
    const registry = registryWith(MODELS, { ramBytes: 32 * GiB });
    await load(registry, 'a:1', 10_000);
    await load(registry, 'a:1', 800);
    await load(registry, 'b:1', 20_000);
    await load(registry, 'b:1', 2_000);
    expect(resolved(registry, 'a:1').loadMs).toBe(800);
    await load(registry, 'c:1', 15_000);
    expect(resolved(registry, 'a:1').loadMs).toBe(10_000);
    expect(resolved(registry, 'b:1').loadMs).toBe(2_000);
  });

  test('takes part of the newest and keeps part of the older ones', async () => {
    const registry = registryWith(MODELS);
    for (const loadMs of [20_000, 1_000, 11_000]) await load(registry, 'a:1', loadMs);
    expect(resolved(registry, 'a:1').loadMs).toBe(5_000);
  });

  test('is cold on a host whose disk has not been read, whatever another host did', async () => {
    const registry = registryWith(MODELS);
    registry.observe(RIG, MODELS, '0.33.0');
    const before = resolved(registry, 'a:1', null, RIG).loadMs;
    await load(registry, 'a:1', 600);
    expect(resolved(registry, 'a:1', null, RIG).loadMs).toBe(before);
  });

  test('is remembered over a restart, and what is warm with it', async () => {
    const store = new SmallStore();
    const clock = new VirtualClock();
    const first = registryWith(MODELS, { store, clock });
    await load(first, 'a:1', 9_000);
    await load(first, 'a:1', 700);
    clock.advance(60_000);
    const second = registryWith(MODELS, { store, clock });
    await second.start();
    expect(resolved(second, 'a:1').loadMs).toBe(700);
    clock.advance(HOUR_MS);
    expect(resolved(second, 'a:1').loadMs).toBe(9_000);
  });

  test('is not learned from a load that spilled', async () => {
    const registry = registryWith(MODELS);
    const before = resolved(registry, 'b:1').loadMs;
    const { variant, config } = resolved(registry, 'a:1');
    const spilled = { sizeBytes: 5 * GiB, vramBytes: GiB, loadMs: 500_000 };
    await registry.learnFootprint(variant, config, '0.33.0', BOX, spilled);
    expect(resolved(registry, 'b:1').loadMs).toBe(before);
  });

  test('changes the version when a file cools, once', async () => {
    const clock = new VirtualClock();
    const registry = registryWith(MODELS, { clock });
    await load(registry, 'a:1', 9_000);
    const version = registry.version;
    clock.advance(HOUR_MS - 1);
    expect(registry.version).toBe(version);
    clock.advance(1);
    expect(registry.version).toBe(version + 1);
    expect(registry.version).toBe(version + 1);
  });
});

describe('a page cache', () => {
  test('holds what was read last, and nothing once half of the RAM was read after it', () => {
    const read = fc.record({
      name: fc.constantFrom('a', 'b', 'c', 'd'),
      bytes: fc.integer({ min: 1, max: 60 }),
    });
    fc.assert(
      fc.property(fc.array(read, { minLength: 1 }), (reads) => {
        const cache = new PageCache(100);
        reads.forEach(({ name, bytes }, i) => {
          cache.read(name, bytes, i);
        });
        const now = reads.length;
        expect(cache.isWarm(reads.at(-1)?.name ?? '', now)).toBe(true);
        for (const name of ['a', 'b', 'c', 'd']) {
          const last = reads.findLastIndex((each) => each.name === name);
          const after = new Map(reads.slice(last + 1).map((each) => [each.name, each.bytes]));
          const bytes = [...after.values()].reduce((sum, each) => sum + each, 0);
          expect(cache.isWarm(name, now)).toBe(last >= 0 && bytes < 50);
        }
      }),
    );
  });

  test('never holds a file larger than the RAM', () => {
    const cache = new PageCache(100);
    cache.read('a', 101, 0);
    expect(cache.isWarm('a', 1)).toBe(false);
    expect(cache.nextCoolingAt(1)).toBeNull();
  });
});
