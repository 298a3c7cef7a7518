import type { Architecture } from './architecture.ts';
import type { ModelDescription } from './catalog.ts';

const GB = 1e9;

function decoder(
  name: string,
  gigabytes: number,
  architecture: string,
  parameterSize: string,
  shape: readonly [
    layers: number,
    embedding: number,
    heads: number,
    kvHeads: number,
    feedForward: number,
    vocabulary: number,
  ],
  contextLength: number,
): ModelDescription {
  const [blockCount, embeddingLength, headCount, headCountKv, feedForwardLength, vocabSize] = shape;
  const facts: Architecture = {
    architecture,
    blockCount,
    contextLength,
    embeddingLength,
    feedForwardLength,
    headCount,
    headCountKv,
    vocabSize,
  };
  return { name, weightsBytes: Math.round(gigabytes * GB), parameterSize, facts };
}

function embedder(
  name: string,
  gigabytes: number,
  architecture: string,
  parameterSize: string,
  shape: readonly [layers: number, embedding: number, heads: number, feedForward: number],
  contextLength: number,
): ModelDescription {
  const [layers, embedding, heads, feedForward] = shape;
  const base = decoder(
    name,
    gigabytes,
    architecture,
    parameterSize,
    [layers, embedding, heads, heads, feedForward, 30_522],
    contextLength,
  );
  return { ...base, facts: { ...base.facts, poolingType: 1 } };
}

/** Calls tools, as the published template says. */
const withTools = (model: ModelDescription): ModelDescription => ({
  ...model,
  capabilities: ['completion', 'tools'],
});

/** Ten small models with the shapes of their published configurations; sizes in GB, somewhat larger than the published files. */
export const DEFAULT_CATALOG: readonly ModelDescription[] = [
  decoder('smollm:360m', 0.24, 'llama', '361.82M', [32, 960, 15, 5, 2_560, 49_152], 2_048),
  embedder('all-minilm:latest', 0.11, 'bert', '23M', [6, 384, 12, 1_536], 512),
  embedder('nomic-embed-text:latest', 0.33, 'nomic-bert', '137M', [12, 768, 12, 3_072], 2_048),
  withTools(decoder('qwen2.5:0.5b', 0.61, 'qwen2', '494.03M', [24, 896, 14, 2, 4_864, 151_936], 32_768)),
  decoder('tinyllama:1.1b', 0.73, 'llama', '1.1B', [22, 2_048, 32, 4, 5_632, 32_000], 2_048),
  decoder('smollm:1.7b', 1.21, 'llama', '1.7B', [24, 2_048, 32, 32, 8_192, 49_152], 2_048),
  withTools(decoder('llama3.2:1b', 1.57, 'llama', '1.2B', [16, 2_048, 32, 8, 8_192, 128_256], 131_072)),
  decoder('gemma:2b', 1.7, 'gemma', '2.5B', [18, 2_048, 8, 1, 16_384, 256_000], 8_192),
  withTools(decoder('qwen2.5:1.5b', 1.82, 'qwen2', '1.5B', [28, 1_536, 12, 2, 8_960, 151_936], 32_768)),
  decoder('phi3:mini', 2.66, 'phi3', '3.8B', [32, 3_072, 32, 32, 8_192, 32_064], 131_072),
];
