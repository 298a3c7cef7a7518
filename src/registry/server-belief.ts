/**
 * What Ollama (v0.30 and later) expects a model to take, before it loads it beside others: a rough figure that it evicts by. It
 * looks at neither the type of the cache, nor the length of heads, nor sliding windows, nor projectors. To be mirrored, never to
 * be believed.
 */
import { type ModelInfo, onlyEmbeds } from '../domain/model.ts';
import { GiB, MiB } from '../domain/units.ts';
import { weightsFileBytes } from './footprint/weights.ts';

const F16_BYTES = 2;

/**
 * Bytes: the weights' file + 2 · layers · key-value heads · (embedding / heads) · context · slots · 2, and a surcharge by batch
 * for models that write text. `contextLength` is of one slot and is cut to what the model was trained for.
 */
export function predictedByOllama(
  info: Pick<ModelInfo, 'diskBytes' | 'facts' | 'capabilities' | 'contextLength'>,
  contextLength: number,
  parallel: number,
  batch: number,
): number {
  const tokens = Math.min(contextLength, info.contextLength ?? contextLength) * Math.max(1, parallel);
  return weightsFileBytes(info) + cacheByOllama(info.facts, tokens) + surcharge(info, batch);
}

function cacheByOllama(facts: ModelInfo['facts'], tokens: number): number {
  if (!facts) return 0;
  // It takes the least of all layers, and 1 for none: so also for hybrids, whose heads differ and are not told.
  const heads = Math.max(1, facts.headCountKv ?? 1);
  const headLength = facts.headCount
    ? Math.floor((facts.embeddingLength ?? 0) / facts.headCount)
    : (facts.keyLength ?? 0);
  return 2 * (facts.blockCount ?? 0) * heads * headLength * tokens * F16_BYTES;
}

function surcharge(info: Pick<ModelInfo, 'capabilities'>, batch: number): number {
  if (onlyEmbeds(info) || batch < 1024) return 0;
  return batch < 2048 ? 768 * MiB : 2 * GiB;
}

/**
 * The batch that decides whether Ollama evicts. Where it may choose, it makes the batch smaller until the model fits, and evicts
 * only if the smallest is too much; one that was asked for stays.
 */
export function decidingBatch(asked: number | undefined): number {
  return asked ?? 512;
}
