import { describe, expect, test } from 'vitest';
import { showFacts } from '../../../src/backend/ollama/show-facts.ts';
import { type ListedTensor, tensorFacts } from '../../../src/backend/ollama/tensor-facts.ts';
import { showAnswer } from '../../../src/backend/ollama/wire.ts';

const tensor = (name: string, type: string, ...shape: number[]): ListedTensor => ({ name, type, shape });

const LLAMA = [
  tensor('token_embd.weight', 'Q4_K', 256, 1000),
  tensor('output.weight', 'q6_K', 256, 1000),
  tensor('output_norm.weight', 'F32', 256),
  ...[0, 1].flatMap((layer) => [
    tensor(`blk.${layer}.attn_k.weight`, 'Q8_0', 256, 64),
    tensor(`blk.${layer}.attn_v.weight`, 'Q8_0', 256, 32),
  ]),
];

describe('a list of tensors', () => {
  test('tells bytes by type, whatever the case', () => {
    expect(tensorFacts(LLAMA, 2)).toEqual({
      weightBytes: 1000 * 144 + 1000 * 210 + 256 * 4 + 2 * (64 * 8 * 34 + 32 * 8 * 34),
      encoderBytes: 0,
      embeddingBytes: 1000 * 144,
      outputTied: false,
      attention: [
        { key: 64, value: 32 },
        { key: 64, value: 32 },
      ],
      recurrentLayers: 0,
      latentAttention: false,
    });
  });

  test('tells an encoder in the same file apart from the weights', () => {
    const facts = tensorFacts(
      [...LLAMA, tensor('v.blk.0.attn_k.weight', 'F16', 10, 10), tensor('mm.0.weight', 'F16', 5, 5)],
      2,
    );
    expect(facts?.encoderBytes).toBe(250);
    expect(facts?.weightBytes).toBe(tensorFacts(LLAMA, 2)?.weightBytes);
  });

  test('tells which layers attend, and which keep a state', () => {
    const hybrid = [
      tensor('token_embd.weight', 'F16', 8, 8),
      tensor('blk.0.ssm_in.weight', 'F16', 8, 8),
      tensor('blk.0.ssm_out.weight', 'F16', 8, 8),
      tensor('blk.1.attn_k.weight', 'F16', 8, 16),
      tensor('blk.2.ssm_in.weight', 'F16', 8, 8),
    ];
    const facts = tensorFacts(hybrid, 3);
    expect(facts?.attention).toEqual([null, { key: 16, value: 16 }, null]);
    expect(facts?.recurrentLayers).toBe(2);
    expect(facts?.outputTied).toBe(true);
  });

  test('does not tell widths where keys are fused or compressed', () => {
    const fused = [tensor('blk.0.attn_qkv.weight', 'F16', 8, 24)];
    expect(tensorFacts(fused, 1)?.attention).toBeUndefined();
    const latent = [
      tensor('blk.0.attn_kv_a_mqa.weight', 'F16', 8, 576),
      tensor('blk.0.attn_k_b.weight', 'F16', 8, 8),
    ];
    expect(tensorFacts(latent, 1)).toMatchObject({ latentAttention: true });
    expect(tensorFacts(latent, 1)?.attention).toBeUndefined();
  });

  test('tells nothing when it is empty, or has a type that nobody knows', () => {
    expect(tensorFacts([], 2)).toBeNull();
    expect(tensorFacts([...LLAMA, tensor('x', 'Q9_Z', 32)], 2)).toBeNull();
  });

  test('comes with what `/api/show` tells, and is absent where the server gives none', () => {
    const model_info = { 'general.architecture': 'llama', 'llama.block_count': 2 };
    const told = showFacts(showAnswer.parse({ model_info, tensors: LLAMA }));
    expect(told.facts?.tensors?.attention).toHaveLength(2);
    expect(told.facts?.other['llama.vocab_size']).toBe(1000);
    for (const tensors of [null, undefined, []])
      expect(showFacts(showAnswer.parse({ model_info, tensors })).facts).not.toHaveProperty('tensors');
  });
});
