/** A server that takes memory for other slots, or in caches of another type, than was said: its loads show it. */
import { describe, expect, test } from 'vitest';
import type { InstanceConfig, ModelInfo } from '../../src/domain/model.ts';
import { queueKey } from '../../src/domain/queue-key.ts';
import { MiB } from '../../src/domain/units.ts';
import { predictFootprint } from '../../src/registry/footprint/predict.ts';
import type { Registry } from '../../src/registry/registry.ts';
import type { FixtureOptions } from './fixture.ts';
import { BOX, RIG, registryWith, resolved } from './fixture.ts';
import { BERT, GEMMA3_27B, LLAMA_8B, model, QWEN3_30B } from './models.ts';

const MODELS = [
  model('llama:8b'),
  model('gemma:27b', { facts: GEMMA3_27B, diskBytes: 17e9 }),
  model('qwen:30b', { facts: QWEN3_30B, diskBytes: 18e9 }),
  model('bert', { facts: BERT, capabilities: ['embedding'], diskBytes: 1e8 }),
];
const CONTEXT = 32_768;

/** As the server takes it, and as far off as a prediction may be. */
function truth(
  info: ModelInfo,
  contextLength: number,
  slots: number,
  kv: InstanceConfig['kvCacheType'],
  off = 1,
) {
  const config = { parallel: slots, kvCacheType: kv, flashAttention: null };
  const question = {
    model: info,
    contextLength,
    config,
    embedding: false,
    serverVersion: '0.33.0',
    driverBytes: 0,
  };
  return Math.round(predictFootprint(question).totalBytes * off);
}

async function afterLoads(
  slots: number,
  kv: InstanceConfig['kvCacheType'],
  loads: readonly (readonly [name: string, contextLength: number, off?: number])[],
  options: FixtureOptions = {},
) {
  const registry = registryWith(MODELS, options);
  for (const [name, contextLength, off] of loads) {
    const { variant, config, info } = resolved(registry, name, contextLength);
    const sizeBytes = truth(info, contextLength, slots, kv, off);
    await registry.learnFootprint(variant, config, '0.33.0', BOX, {
      sizeBytes,
      vramBytes: sizeBytes,
      loadMs: 1,
    });
  }
  return registry;
}

const TWO = [
  ['llama:8b', CONTEXT, 1.02],
  ['llama:8b', 2 * CONTEXT, 0.98],
] as const;

describe.each([
  [4, 'f16'],
  [2, 'f16'],
  [8, 'f16'],
  [1, 'q8_0'],
  [1, 'q4_0'],
] as const)('a server of which nobody said that it takes memory for %i in %s', (slots, kv) => {
  test('is predicted by what two loads took', async () => {
    const registry = await afterLoads(slots, kv, TWO);
    const {
      footprintBytes,
      marginBytes = 0,
      driverBytes = 0,
      info,
    } = resolved(registry, 'qwen:30b', CONTEXT);
    const real = truth(info, CONTEXT, slots, kv);
    const predicted = footprintBytes - marginBytes - driverBytes;
    expect(Math.abs(predicted - real) / real).toBeLessThan(0.03);
  });
});

describe('an engine that takes as much more or less of every model', () => {
  const small = (name: string, blockCount: number, embeddingLength: number, diskBytes: number) =>
    model(name, { diskBytes, facts: { ...LLAMA_8B, blockCount, embeddingLength, headCountKv: 4 } });
  const SMALL = [small('one:1b', 22, 2048, 620e6), small('other:1.5b', 28, 1536, 1003e6), model('large:8b')];

  test.each([240, 220, -150])('by %i MiB is not taken for one with other slots or caches', async (mib) => {
    const registry = registryWith(SMALL, { parallel: 4 });
    const told = resolved(registry, 'large:8b', CONTEXT).footprintBytes;
    for (const name of ['one:1b', 'other:1.5b']) {
      const { variant, config, info } = resolved(registry, name, 2048);
      const sizeBytes = truth(info, 2048, 4, 'f16') + mib * MiB;
      await registry.learnFootprint(variant, config, '0.33.0', BOX, {
        sizeBytes,
        vramBytes: sizeBytes,
        loadMs: 1,
      });
      expect(resolved(registry, 'large:8b', CONTEXT).footprintBytes).toBe(told);
    }
  });
});

describe('nothing is taken to be otherwise', () => {
  const told = resolved(registryWith(MODELS), 'qwen:30b', CONTEXT).footprintBytes;
  test.each([
    ['after one load alone', 4, 'f16', TWO.slice(0, 1)],
    ['where loads are as predicted', 1, 'f16', TWO],
    [
      'where one model only is off',
      1,
      'f16',
      [
        ['llama:8b', CONTEXT, 2],
        ['gemma:27b', CONTEXT, 1],
      ],
    ],
    [
      'where nothing explains all',
      1,
      'f16',
      [
        ['llama:8b', CONTEXT, 2.9],
        ['gemma:27b', CONTEXT, 1.3],
      ],
    ],
    [
      'by models whose slots are always one',
      4,
      'f16',
      [
        ['bert', 512],
        ['bert', 256],
      ],
    ],
  ] as const)('%s', async (_, slots, kv, loads) => {
    const registry = await afterLoads(slots, kv, loads);
    expect(resolved(registry, 'qwen:30b', CONTEXT).footprintBytes).toBe(told);
  });

  test('of the type of the cache where somebody has named it', async () => {
    const rules = { kvCacheType: 'f16', kvCacheNamed: true } as const;
    const registry = await afterLoads(1, 'q8_0', TWO, { rules });
    expect(resolved(registry, 'qwen:30b', CONTEXT).footprintBytes).toBe(told);
  });
});

test('an 8B model at its whole context is not refused for a cache that is half as large', async () => {
  const registry = await afterLoads(1, 'q8_0', TWO);
  const before = resolved(registryWith(MODELS), 'llama:8b', 131_072).footprintBytes;
  expect(resolved(registry, 'llama:8b', 131_072).footprintBytes).toBeLessThan(before * 0.75);
});

test('What more slots would take is told of servers that others run, of models that can have several', () => {
  const more = (registry: Registry) => resolved(registry, 'a:1', 8192).withMoreSlots ?? [];
  const told = more(registryWith([model('a:1')]));
  expect(told.map(({ slots }) => slots)).toEqual([2, 4, 8]);
  const kvBytes = 8192 * 131_072;
  for (const [i, { slots, bytes }] of told.entries()) {
    const before = told[i - 1];
    if (before) expect(bytes - before.bytes).toBeGreaterThanOrEqual((slots - before.slots) * kvBytes);
  }
  expect(more(registryWith([model('a:1')], { rules: { ownProcess: true } }))).toEqual([]);
  expect(more(registryWith([model('a:1', { capabilities: ['embedding'], facts: BERT })]))).toEqual([]);
});

test('A model of which only the name is known is awaited, on the server that lists it', () => {
  const registry = registryWith([model('a:1', { pending: true }), model('b:1')]);
  const awaited = (name: string, backend = BOX) =>
    registry.isAwaited?.(queueKey({ model: name, contextLength: null }), backend);
  expect(awaited('a:1')).toBe(true);
  expect(awaited('b:1')).toBe(false);
  expect(awaited('c:1')).toBe(false);
  expect(awaited('a:1', RIG)).toBe(false);
});
