import { describe, expect, test } from 'vitest';
import type { ArchitectureFacts, TensorFacts } from '../../src/domain/model.ts';
import { MiB } from '../../src/domain/units.ts';
import { batchSize } from '../../src/registry/footprint/batch.ts';
import { kvCacheBytes } from '../../src/registry/footprint/kv-cache.ts';
import { BERT, GEMMA3_27B, LLAMA_8B, QWEN3_30B } from './models.ts';

function kv(facts: ArchitectureFacts, contextLength: number, parallel = 1): number {
  const batch = batchSize(contextLength * parallel, contextLength, false);
  return kvCacheBytes(facts, { contextLength, parallel, batch, kvCacheType: 'f16' }) ?? Number.NaN;
}

const TENSORS: TensorFacts = {
  weightBytes: 1,
  encoderBytes: 0,
  embeddingBytes: 0,
  outputTied: false,
  recurrentLayers: 0,
  latentAttention: false,
};

describe('the attention cache', () => {
  test('of llama 3.1 8B is 128 KiB a token, in cells of 256 tokens', () => {
    expect(kv(LLAMA_8B, 8192)).toBe(8192 * 128 * 1024);
    expect(kv(LLAMA_8B, 1)).toBe(256 * 128 * 1024);
  });

  test('of an encoder is nothing', () => {
    expect(kv(BERT, 512)).toBe(0);
  });

  test('of a model that tells no heads is unknown', () => {
    expect(kv({ architecture: 'llama', blockCount: 32, other: {} }, 4096)).toBeNaN();
  });

  test('with latent attention is what it is compressed to, in files that are prepared for it', () => {
    const other = { 'deepseek2.attention.kv_lora_rank': 512, 'deepseek2.rope.dimension_count': 64 };
    const lite: ArchitectureFacts = {
      architecture: 'deepseek2',
      blockCount: 27,
      embeddingLength: 2048,
      headCount: 16,
      headCountKv: 16,
      keyLength: 192,
      valueLength: 128,
      other,
    };
    const prepared = 27 * 4096 * 576 * 2;
    expect(kv({ ...lite, other: { ...other, 'deepseek2.attention.key_length_mla': 192 } }, 4096)).toBe(
      prepared,
    );
    expect(kv({ ...lite, tensors: { ...TENSORS, latentAttention: true } }, 4096)).toBe(prepared);
    expect(kv(lite, 4096)).toBe(27 * 4096 * 16 * (192 + 128) * 2);
  });

  test('of a hybrid grows with the context in every nth layer only', () => {
    const other = {
      'qwen3next.full_attention_interval': 4,
      'qwen3next.ssm.inner_size': 4096,
      'qwen3next.ssm.state_size': 128,
    };
    const hybrid = { ...LLAMA_8B, architecture: 'qwen3next', other };
    const grown = kv(hybrid, 8192) - kv(hybrid, 4096);
    expect(grown).toBe((kv(LLAMA_8B, 8192) - kv(LLAMA_8B, 4096)) / 4);
    expect(kv(hybrid, 4096)).toBeGreaterThan(kv(LLAMA_8B, 4096) / 4);
  });

  test('counts the layers that attend where the tensors tell them, each with its own width', () => {
    const attention = [{ key: 1024, value: 1024 }, null, { key: 512, value: 256 }, null];
    const facts = { ...LLAMA_8B, blockCount: 4, tensors: { ...TENSORS, attention } };
    expect(kv(facts, 4096)).toBe(4096 * (2048 + 768) * 2);
  });

  test('of a window ends with the window and one batch, for each slot', () => {
    const sliding = 52 * (1024 + 512) * 8192;
    const whole = 10 * 4096 * 8192;
    expect(kv(GEMMA3_27B, 4096)).toBe(sliding + whole);
    expect(kv(GEMMA3_27B, 2048, 2)).toBe(2 * (52 * 1536 + 10 * 2048) * 8192);
    expect(kv(GEMMA3_27B, 512)).toBe(62 * 512 * 8192);
  });

  test('of a model that names a window and does not use it is whole', () => {
    const phi3 = { ...LLAMA_8B, architecture: 'phi3', slidingWindow: 2047 };
    expect(kv(phi3, 8192)).toBe(kv(LLAMA_8B, 8192));
  });

  test('is there once for every slot', () => {
    expect(kv(LLAMA_8B, 4096, 4)).toBe(4 * kv(LLAMA_8B, 4096));
    expect(kv(LLAMA_8B, 4096)).toBe(512 * MiB);
    expect(kv(QWEN3_30B, 4096)).toBe(384 * MiB);
  });
});
