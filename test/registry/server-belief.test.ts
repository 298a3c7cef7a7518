import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { ArchitectureFacts } from '../../src/domain/model.ts';
import { GiB, MiB } from '../../src/domain/units.ts';
import { kvCacheBytes } from '../../src/registry/footprint/kv-cache.ts';
import { predictedByOllama } from '../../src/registry/server-belief.ts';
import { predictBytes } from '../../src/virtual-ollama/core/admission.ts';
import {
  type Architecture,
  humanParameterCount,
  parameterCount,
} from '../../src/virtual-ollama/core/architecture.ts';
import { describeModel } from '../../src/virtual-ollama/core/catalog.ts';
import { registryWith, resolved } from './fixture.ts';
import { BERT, GEMMA3_27B, LLAMA_8B, model, QWEN3_30B } from './models.ts';

const BATCH = 512;

/** How many times the real cache Ollama expects. */
function factor(facts: ArchitectureFacts, contextLength: number): number {
  const info = model('a:1', { facts });
  const expected = predictedByOllama(info, contextLength, 1, BATCH) - info.diskBytes;
  const real = kvCacheBytes(facts, { contextLength, parallel: 1, batch: BATCH, kvCacheType: 'f16' });
  return expected / (real ?? Number.NaN);
}

describe('what Ollama expects a model to take', () => {
  test('is a cache 6.5 times too large for gemma 3 27B at 32k', () => {
    expect(factor(GEMMA3_27B, 32_768)).toBeCloseTo(6.5, 1);
  });

  test('is a cache half as large as it is for qwen 3 30B-A3B', () => {
    expect(factor(QWEN3_30B, 32_768)).toBe(0.5);
  });

  test('is exact for the cache of llama 3.1 8B', () => {
    expect(factor(LLAMA_8B, 32_768)).toBe(1);
  });

  test('grows with slots, and no further than the context that the model was trained for', () => {
    const info = model('a:1', { contextLength: 8192 });
    const cache = (contextLength: number, parallel: number) =>
      predictedByOllama(info, contextLength, parallel, BATCH) - info.diskBytes;
    expect(cache(4096, 4)).toBe(4 * cache(4096, 1));
    expect(cache(100_000, 2)).toBe(cache(8192, 2));
  });

  test.each([
    [512, 0],
    [1023, 0],
    [1024, 768 * MiB],
    [2048, 2 * GiB],
  ])('has for a batch of %i a surcharge of %i bytes, but not for embedding models', (batch, surcharge) => {
    const info = model('a:1');
    expect(predictedByOllama(info, 4096, 1, batch) - predictedByOllama(info, 4096, 1, 1)).toBe(surcharge);
    const embedder = model('e:1', { capabilities: ['embedding'], facts: BERT });
    expect(predictedByOllama(embedder, 512, 1, batch)).toBe(predictedByOllama(embedder, 512, 1, 1));
  });

  test('is the file alone where the model tells nothing, and counts one head where heads are not told', () => {
    expect(predictedByOllama(model('a:1', { facts: null }), 8192, 4, BATCH)).toBe(4_920_000_000);
    const { headCountKv: _, ...untold } = LLAMA_8B;
    const info = model('a:1', { facts: untold });
    expect(predictedByOllama(info, 1024, 1, BATCH) - info.diskBytes).toBe(2 * 32 * 128 * 1024 * 2);
  });

  test('is what the virtual Ollama expects of any decoder', () => {
    const facts = fc.record({
      blockCount: fc.integer({ min: 1, max: 128 }),
      contextLength: fc.integer({ min: 512, max: 262_144 }),
      embeddingLength: fc.integer({ min: 64, max: 16_384 }),
      headCount: fc.integer({ min: 1, max: 128 }),
      headCountKv: fc.integer({ min: 0, max: 64 }),
    });
    const size = fc.integer({ min: 1e6, max: 1e11 });
    const tokens = fc.integer({ min: 4, max: 300_000 });
    fc.assert(
      fc.property(
        facts,
        size,
        tokens,
        fc.integer({ min: 1, max: 8 }),
        (shape, bytes, contextLength, slots) => {
          const architecture: Architecture = {
            ...shape,
            architecture: 'llama',
            feedForwardLength: 64,
            vocabSize: 64,
          };
          const virtual = describeModel(
            { name: 'a:1', weightsBytes: bytes, facts: architecture },
            0,
            (told) => humanParameterCount(parameterCount(told)),
          );
          const { contextLength: trained, ...told } = shape;
          const info = model('a:1', {
            diskBytes: bytes,
            contextLength: trained,
            facts: { architecture: 'llama', ...told, other: {} },
          });
          expect(predictedByOllama(info, contextLength, slots, BATCH)).toBe(
            predictBytes(virtual, contextLength, slots),
          );
        },
      ),
    );
  });

  test('comes with every resolved model, for all slots, with the surcharge only of a batch that is named', () => {
    const info = model('a:1');
    const free = resolved(registryWith([info], { parallel: 4 }), 'a:1', 16_384);
    expect(free.predictedByServerBytes).toBe(predictedByOllama(info, 16_384, 4, 512));
    const named = resolved(registryWith([info], { parallel: 4, rules: { ownProcess: true } }), 'a:1', 16_384);
    expect(named.predictedByServerBytes).toBe(predictedByOllama(info, 16_384, 4, 2048));
  });
});
