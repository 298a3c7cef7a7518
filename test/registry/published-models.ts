/**
 * Real models, with the numbers of their published configurations (`config.json` on Hugging Face, or the GGUF metadata that
 * llama.cpp prints at load), under the names that `/api/show` would give them.
 */
import type { ArchitectureFacts } from '../../src/domain/model.ts';

interface Shape {
  readonly layers: number;
  readonly embedding: number;
  readonly heads: number;
  readonly kvHeads: number;
  /** Of a head, where it is not embedding / heads: keys and values. */
  readonly head?: readonly [key: number, value: number];
  readonly feedForward: number;
  readonly vocabulary: number;
  readonly window?: number;
  /** Experts that a token is sent to, and the inner length of one. */
  readonly experts?: readonly [used: number, feedForward: number];
  readonly own?: Readonly<Record<string, number>>;
}

function facts(architecture: string, shape: Shape): ArchitectureFacts {
  const own = Object.entries({
    vocab_size: shape.vocabulary,
    feed_forward_length: shape.feedForward,
    ...(shape.experts && { expert_feed_forward_length: shape.experts[1] }),
    ...shape.own,
  });
  return {
    architecture,
    blockCount: shape.layers,
    embeddingLength: shape.embedding,
    headCount: shape.heads,
    headCountKv: shape.kvHeads,
    ...(shape.head && { keyLength: shape.head[0], valueLength: shape.head[1] }),
    ...(shape.window !== undefined && { slidingWindow: shape.window }),
    ...(shape.experts && { expertUsedCount: shape.experts[0] }),
    other: Object.fromEntries(own.map(([key, value]) => [`${architecture}.${key}`, value])),
  };
}

const DELTA_NET = {
  full_attention_interval: 4,
  'ssm.conv_kernel': 4,
  'ssm.state_size': 128,
  'ssm.group_count': 16,
};

export const PUBLISHED = {
  'mistral-7b-instruct': facts('llama', {
    layers: 32,
    embedding: 4096,
    heads: 32,
    kvHeads: 8,
    feedForward: 14_336,
    vocabulary: 32_000,
  }),
  'mistral-small-24b': facts('llama', {
    layers: 40,
    embedding: 5120,
    heads: 32,
    kvHeads: 8,
    head: [128, 128],
    feedForward: 32_768,
    vocabulary: 131_072,
  }),
  'llama-3.1-8b': facts('llama', {
    layers: 32,
    embedding: 4096,
    heads: 32,
    kvHeads: 8,
    feedForward: 14_336,
    vocabulary: 128_256,
  }),
  'llama-3.2-3b': facts('llama', {
    layers: 28,
    embedding: 3072,
    heads: 24,
    kvHeads: 8,
    head: [128, 128],
    feedForward: 8192,
    vocabulary: 128_256,
  }),
  'llama-3.1-70b': facts('llama', {
    layers: 80,
    embedding: 8192,
    heads: 64,
    kvHeads: 8,
    feedForward: 28_672,
    vocabulary: 128_256,
  }),
  'phi-2': facts('phi2', {
    layers: 32,
    embedding: 2560,
    heads: 32,
    kvHeads: 32,
    feedForward: 10_240,
    vocabulary: 51_200,
  }),
  'phi-3-mini-128k': facts('phi3', {
    layers: 32,
    embedding: 3072,
    heads: 32,
    kvHeads: 32,
    feedForward: 8192,
    vocabulary: 32_064,
    window: 262_144,
  }),
  'phi-3-medium': facts('phi3', {
    layers: 40,
    embedding: 5120,
    heads: 40,
    kvHeads: 10,
    feedForward: 17_920,
    vocabulary: 32_064,
    window: 2047,
  }),
  'qwen2.5-3b': facts('qwen2', {
    layers: 36,
    embedding: 2048,
    heads: 16,
    kvHeads: 2,
    feedForward: 11_008,
    vocabulary: 151_936,
  }),
  'qwen2.5-7b': facts('qwen2', {
    layers: 28,
    embedding: 3584,
    heads: 28,
    kvHeads: 4,
    feedForward: 18_944,
    vocabulary: 152_064,
  }),
  'qwen2.5-14b': facts('qwen2', {
    layers: 48,
    embedding: 5120,
    heads: 40,
    kvHeads: 8,
    feedForward: 13_824,
    vocabulary: 152_064,
  }),
  'qwen3-4b': facts('qwen3', {
    layers: 36,
    embedding: 2560,
    heads: 32,
    kvHeads: 8,
    head: [128, 128],
    feedForward: 9728,
    vocabulary: 151_936,
  }),
  'qwen3-8b': facts('qwen3', {
    layers: 36,
    embedding: 4096,
    heads: 32,
    kvHeads: 8,
    head: [128, 128],
    feedForward: 12_288,
    vocabulary: 151_936,
  }),
  'qwen3-14b': facts('qwen3', {
    layers: 40,
    embedding: 5120,
    heads: 40,
    kvHeads: 8,
    head: [128, 128],
    feedForward: 17_408,
    vocabulary: 151_936,
  }),
  'qwen3-coder-30b-a3b': facts('qwen3moe', {
    layers: 48,
    embedding: 2048,
    heads: 32,
    kvHeads: 4,
    head: [128, 128],
    feedForward: 6144,
    vocabulary: 151_936,
    experts: [8, 768],
  }),
  'qwen3.5-9b': facts('qwen35', {
    layers: 32,
    embedding: 4096,
    heads: 16,
    kvHeads: 4,
    head: [256, 256],
    feedForward: 12_288,
    vocabulary: 248_320,
    own: { ...DELTA_NET, 'ssm.inner_size': 4096 },
  }),
  'qwen3.5-27b': facts('qwen35', {
    layers: 64,
    embedding: 5120,
    heads: 24,
    kvHeads: 4,
    head: [256, 256],
    feedForward: 17_408,
    vocabulary: 248_320,
    own: { ...DELTA_NET, 'ssm.inner_size': 6144 },
  }),
  'gemma-3-4b': facts('gemma3', {
    layers: 34,
    embedding: 2560,
    heads: 8,
    kvHeads: 4,
    head: [256, 256],
    feedForward: 10_240,
    vocabulary: 262_208,
    window: 1024,
  }),
  'gemma-3-12b': facts('gemma3', {
    layers: 48,
    embedding: 3840,
    heads: 16,
    kvHeads: 8,
    head: [256, 256],
    feedForward: 15_360,
    vocabulary: 262_208,
    window: 1024,
  }),
  'gemma-3-27b': facts('gemma3', {
    layers: 62,
    embedding: 5376,
    heads: 32,
    kvHeads: 16,
    head: [128, 128],
    feedForward: 21_504,
    vocabulary: 262_208,
    window: 1024,
  }),
  'gpt-oss-20b': facts('gpt-oss', {
    layers: 24,
    embedding: 2880,
    heads: 64,
    kvHeads: 8,
    head: [64, 64],
    feedForward: 2880,
    vocabulary: 201_088,
    window: 128,
    experts: [4, 2880],
  }),
  'olmoe-1b-7b': facts('olmoe', {
    layers: 16,
    embedding: 2048,
    heads: 16,
    kvHeads: 16,
    feedForward: 1024,
    vocabulary: 50_304,
    experts: [8, 1024],
  }),
  'deepseek-v2': facts('deepseek2', {
    layers: 60,
    embedding: 5120,
    heads: 128,
    kvHeads: 128,
    head: [192, 128],
    feedForward: 12_288,
    vocabulary: 102_400,
    own: { 'attention.kv_lora_rank': 512, 'rope.dimension_count': 64 },
  }),
  'deepseek-r1': facts('deepseek2', {
    layers: 61,
    embedding: 7168,
    heads: 128,
    kvHeads: 1,
    head: [576, 512],
    feedForward: 18_432,
    vocabulary: 129_280,
    own: { 'attention.kv_lora_rank': 512, 'rope.dimension_count': 64, 'attention.key_length_mla': 192 },
  }),
  'bge-small-en': facts('bert', {
    layers: 12,
    embedding: 384,
    heads: 12,
    kvHeads: 12,
    feedForward: 1536,
    vocabulary: 30_522,
  }),
} as const satisfies Record<string, ArchitectureFacts>;

export type PublishedModel = keyof typeof PUBLISHED;
