import type { ArchitectureFacts, ModelInfo } from '../../src/domain/model.ts';

/** Shapes as the models' published configurations have them. */
export const LLAMA_8B: ArchitectureFacts = {
  architecture: 'llama',
  blockCount: 32,
  embeddingLength: 4096,
  headCount: 32,
  headCountKv: 8,
  other: { 'llama.vocab_size': 128_256 },
};
export const GEMMA3_27B: ArchitectureFacts = {
  architecture: 'gemma3',
  blockCount: 62,
  embeddingLength: 5376,
  headCount: 32,
  headCountKv: 16,
  keyLength: 128,
  valueLength: 128,
  slidingWindow: 1024,
  other: { 'gemma3.vocab_size': 262_144 },
};
export const QWEN3_30B: ArchitectureFacts = {
  architecture: 'qwen3moe',
  blockCount: 48,
  embeddingLength: 2048,
  headCount: 32,
  headCountKv: 4,
  keyLength: 128,
  valueLength: 128,
  other: { 'qwen3moe.vocab_size': 151_936 },
};
export const BERT: ArchitectureFacts = {
  architecture: 'bert',
  blockCount: 6,
  embeddingLength: 384,
  headCount: 12,
  headCountKv: 12,
  other: { 'bert.vocab_size': 30_522 },
};

export function model(name: string, over: Partial<ModelInfo> = {}): ModelInfo {
  return {
    name,
    digest: `digest-${name}`,
    weights: `weights-${name}`,
    diskBytes: 4_920_000_000,
    family: 'llama',
    parameterSize: '8B',
    quantization: 'Q4_K_M',
    contextLength: 131_072,
    defaultContextLength: null,
    capabilities: ['completion'],
    facts: LLAMA_8B,
    ...over,
  };
}
