import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { ArchitectureFacts, Capability, InstanceConfig } from '../../src/domain/model.ts';
import { GiB } from '../../src/domain/units.ts';
import { DRIVER_CONTEXT_BYTES, predictFootprint } from '../../src/registry/footprint/predict.ts';
import { model } from './models.ts';

const CONFIG: InstanceConfig = { parallel: 1, kvCacheType: 'f16', flashAttention: null };

const facts: fc.Arbitrary<ArchitectureFacts> = fc.record(
  {
    architecture: fc.constantFrom('llama', 'gemma2', 'gemma3', 'gptoss', 'deepseek2', 'qwen3next', 'bert'),
    blockCount: fc.integer({ min: 1, max: 128 }),
    embeddingLength: fc.integer({ min: 64, max: 16_384 }),
    headCount: fc.integer({ min: 1, max: 128 }),
    headCountKv: fc.integer({ min: 0, max: 64 }),
    keyLength: fc.integer({ min: 16, max: 512 }),
    valueLength: fc.integer({ min: 16, max: 512 }),
    slidingWindow: fc.integer({ min: 0, max: 8192 }),
    other: fc.dictionary(
      fc.constantFrom(
        'deepseek2.attention.kv_lora_rank',
        'deepseek2.rope.dimension_count',
        'qwen3next.full_attention_interval',
        'qwen3next.ssm.inner_size',
        'qwen3next.ssm.state_size',
        'llama.vocab_size',
      ),
      fc.integer({ min: 1, max: 4096 }),
    ),
  },
  { requiredKeys: ['architecture', 'other'] },
);
const question = fc.record({
  facts: fc.option(facts),
  diskBytes: fc.integer({ min: 1, max: 200 * GiB }),
  capabilities: fc.subarray<Capability>(['completion', 'vision', 'embedding']),
  config: fc.record({
    parallel: fc.integer({ min: 1, max: 16 }),
    kvCacheType: fc.constantFrom('f16' as const, 'q8_0' as const, 'q4_0' as const),
    flashAttention: fc.constantFrom(null, true, false),
  }),
  embedding: fc.boolean(),
});
const context = fc.integer({ min: 4, max: 300_000 });

describe('the predicted footprint', () => {
  test('never falls when the context grows', () => {
    fc.assert(
      fc.property(question, context, context, (asked, a, b) => {
        const at = (contextLength: number) =>
          predictFootprint({
            model: asked,
            contextLength,
            config: asked.config,
            embedding: asked.embedding,
            serverVersion: null,
          }).totalBytes;
        expect(at(Math.max(a, b))).toBeGreaterThanOrEqual(at(Math.min(a, b)));
      }),
    );
  });

  test('never falls when slots are added', () => {
    fc.assert(
      fc.property(question, context, (asked, contextLength) => {
        const at = (parallel: number) =>
          predictFootprint({
            model: asked,
            contextLength,
            config: { ...asked.config, parallel },
            embedding: asked.embedding,
            serverVersion: null,
          }).totalBytes;
        expect(at(asked.config.parallel + 1)).toBeGreaterThanOrEqual(at(asked.config.parallel));
      }),
    );
  });

  test('is a whole number, the sum of its parts, and more than the file', () => {
    fc.assert(
      fc.property(question, context, (asked, contextLength) => {
        const parts = predictFootprint({
          model: asked,
          contextLength,
          config: asked.config,
          embedding: asked.embedding,
          serverVersion: null,
        });
        const { weightsBytes, kvBytes, computeBytes, driverBytes, marginBytes, totalBytes } = parts;
        expect(totalBytes).toBe(weightsBytes + kvBytes + computeBytes + driverBytes + marginBytes);
        expect(Number.isSafeInteger(totalBytes)).toBe(true);
        expect(totalBytes).toBeGreaterThanOrEqual(asked.diskBytes + DRIVER_CONTEXT_BYTES);
      }),
    );
  });

  test('of a model that tells nothing is its file and a third, at every context', () => {
    const unknown = { ...model('x'), facts: null };
    const at = (contextLength: number) =>
      predictFootprint({
        model: unknown,
        contextLength,
        config: CONFIG,
        embedding: false,
        serverVersion: null,
      }).totalBytes;
    expect(at(4096)).toBe(Math.ceil(4_920_000_000 * 1.3) + DRIVER_CONTEXT_BYTES);
    expect(at(131_072)).toBe(at(4096));
  });

  test('of an 8B model in 4 bits at 4096 tokens is between 5.5 and 6.5 GB', () => {
    const { totalBytes } = predictFootprint({
      model: model('llama3.1:8b'),
      contextLength: 4096,
      config: CONFIG,
      embedding: false,
      serverVersion: null,
    });
    expect(totalBytes).toBeGreaterThan(5.5e9);
    expect(totalBytes).toBeLessThan(6.5e9);
  });

  test('needs less for quantised caches, and more without flash attention', () => {
    const at = (over: Partial<InstanceConfig>) =>
      predictFootprint({
        model: model('x'),
        contextLength: 32_768,
        config: { ...CONFIG, ...over },
        embedding: false,
        serverVersion: null,
      }).totalBytes;
    expect(at({ kvCacheType: 'q8_0' })).toBeLessThan(at({}));
    expect(at({ kvCacheType: 'q4_0' })).toBeLessThan(at({ kvCacheType: 'q8_0' }));
    expect(at({ flashAttention: false })).toBeGreaterThan(at({ flashAttention: true }));
  });
});
