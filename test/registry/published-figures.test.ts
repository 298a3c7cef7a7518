/**
 * The formulas against figures that others have published. Caches are sizes that llama.cpp prints and must be met within a
 * hundredth; buffers and whole instances within a tenth or 256 MiB. Most figures are a part only, so that part is tested.
 */
import { describe, expect, test } from 'vitest';
import type { Capability, InstanceConfig, TensorFacts } from '../../src/domain/model.ts';
import { MiB } from '../../src/domain/units.ts';
import {
  computeBufferBytes,
  reserveRules,
  splitComputeBufferBytes,
} from '../../src/registry/footprint/compute-buffers.ts';
import { kvCacheBytes } from '../../src/registry/footprint/kv-cache.ts';
import { predictFootprint } from '../../src/registry/footprint/predict.ts';
import { BUFFERS, CACHES, HEXAGON, INSTANCES, SPLIT_BUFFERS } from './published-figures.ts';
import { PUBLISHED, type PublishedModel } from './published-models.ts';

type Cache = InstanceConfig['kvCacheType'];

function kv(name: PublishedModel, contextLength: number, kvCacheType: Cache, batch = 512): number {
  return (
    (kvCacheBytes(PUBLISHED[name], { contextLength, parallel: 1, batch, kvCacheType }) ?? Number.NaN) / MiB
  );
}

describe('the predicted cache is what was published', () => {
  test.each(CACHES)('of %s at %i tokens in %s: %d MiB (%s)', (name, tokens, type, published) => {
    expect(Math.abs(kv(name, tokens, type) / published - 1)).toBeLessThan(0.01);
  });

  test(`of gpt-oss-20b at 8192 tokens in q8_0: 102 and 3.19 MiB (${HEXAGON})`, () => {
    expect(kv('gpt-oss-20b', 8192, 'q8_0', 128)).toBeCloseTo(102 + 3.19, 1);
  });

  // "iSWA support for gemma 3" on r/LocalLLaMA (1krupm7): sizes of the local part by batch, and of the global part by context.
  test.each([
    ['gemma-3-27b', 512, 624],
    ['gemma-3-27b', 2048, 1248],
    ['gemma-3-12b', 512, 480],
    ['gemma-3-12b', 2048, 960],
    ['gemma-3-4b', 512, 174],
    ['gemma-3-4b', 2048, 348],
  ] as const)('of the sliding layers of %s with a batch of %i: %d MiB', (name, batch, published) => {
    const local = 2 * kv(name, 16_384, 'f16', batch) - kv(name, 32_768, 'f16', batch);
    expect(local).toBeCloseTo(published, 1);
  });

  test.each([
    ['gemma-3-27b', 4096, 320],
    ['gemma-3-27b', 131_072, 10_240],
    ['gemma-3-12b', 4096, 256],
    ['gemma-3-12b', 65_536, 4096],
  ] as const)('of the global layers of %s at %i tokens: %d MiB', (name, tokens, published) => {
    const perToken = (kv(name, 65_536, 'f16') - kv(name, 32_768, 'f16')) / 32_768;
    expect(perToken * tokens).toBeCloseTo(published, 1);
  });
});

describe('the predicted buffers are what was published', () => {
  test.each(BUFFERS)('of $name at $tokens tokens, batch $batch: $published MiB ($source)', (row) => {
    const { name, tokens, batch, flashAttention, serverVersion, published, embedding = false } = row;
    const reserve = reserveRules(serverVersion);
    const shape = { tokens, parallel: 1, batch, flashAttention, embedding, reserve };
    const predicted = computeBufferBytes(PUBLISHED[name], shape) / MiB;
    expect(Math.abs(predicted - published)).toBeLessThan(Math.max(0.1 * published, 256));
    // Buffers are small beside weights: a figure that is off by less than 256 MiB must still be no other thing altogether.
    expect(predicted).toBeGreaterThan(0.85 * published);
    expect(predicted).toBeLessThan(1.25 * published);
  });
});

test.each(SPLIT_BUFFERS)(
  'The buffers of $name on each of $cards cards are $published MiB as published ($source)',
  ({ name, tokens, batch, flashAttention, serverVersion, published }) => {
    const reserve = reserveRules(serverVersion);
    const shape = { tokens, parallel: 1, batch, flashAttention, embedding: false, reserve };
    const predicted = splitComputeBufferBytes(PUBLISHED[name], shape) / MiB;
    expect(Math.abs(predicted / published - 1)).toBeLessThan(0.05);
  },
);

describe('a predicted instance is what was published', () => {
  test.each(INSTANCES)('of $name at $tokens tokens: weights $weights MiB, $total MiB ($source)', (row) => {
    const tensors: TensorFacts = {
      weightBytes: row.fileMiB * MiB,
      encoderBytes: 0,
      embeddingBytes: (row.hostMiB ?? 304) * MiB,
      outputTied: row.hostMiB === null,
      recurrentLayers: 0,
      latentAttention: false,
    };
    const capabilities: readonly Capability[] = ['completion'];
    const predicted = predictFootprint({
      model: { diskBytes: row.fileMiB * MiB, facts: { ...PUBLISHED[row.name], tensors }, capabilities },
      contextLength: row.tokens,
      config: { parallel: 1, kvCacheType: row.cache, flashAttention: true },
      embedding: false,
      serverVersion: row.serverVersion,
      batch: row.batch,
    });
    expect(predicted.weightsBytes / MiB).toBeCloseTo(row.weights, 1);
    if (Number.isNaN(row.total)) return;
    const totalMiB = (predicted.totalBytes - predicted.driverBytes) / MiB;
    expect(Math.abs(totalMiB - row.total)).toBeLessThan(Math.max(0.05 * row.total, 128));
  });
});

test('At least fifteen models are held against published figures', () => {
  const held = new Set([...CACHES.map(([name]) => name), ...BUFFERS.map(({ name }) => name)]);
  expect(held.size).toBeGreaterThanOrEqual(15);
});
