import type { GpuShare, GpuState } from '../gpu-memory.ts';
import { MIB, type VirtualOllamaSettings } from '../settings.ts';
import { isEmbeddingArchitecture, kvCacheBytes } from './architecture.ts';
import type { CatalogModel } from './catalog.ts';
import type { RunnerOptions } from './options.ts';

/** Free memory that the classic regime leaves on every card. */
export const CLASSIC_RESERVE_BYTES = 457 * MIB;

/** What an engine will hold, and where. */
export interface Footprint {
  /** Everything it takes: weights, KV cache, compute buffers. */
  readonly totalBytes: number;
  /** Of that, on cards. */
  readonly vramBytes: number;
  /** The part of its layers on cards, 0 to 1. */
  readonly gpuPart: number;
  readonly shares: readonly GpuShare[];
}

/** Bytes of a number in a KV cache, blocks and their scales included, against 2 of f16. */
const KV_BYTES: Readonly<Record<string, number>> = {
  f32: 4,
  f16: 2,
  bf16: 2,
  q8_0: 34 / 32,
  q5_1: 24 / 32,
  q5_0: 22 / 32,
  q4_1: 20 / 32,
  q4_0: 18 / 32,
};
const F16_BYTES = 2;
const SCORE_BYTES = 4;

export function isKnownKvType(type: string): boolean {
  return type in KV_BYTES;
}

/** Bytes of an instance with all its slots. */
export function instanceBytes(
  model: CatalogModel,
  options: RunnerOptions,
  parallel: number,
  settings: VirtualOllamaSettings,
): number {
  const { facts } = model;
  if (isEmbeddingArchitecture(facts)) return model.weightsBytes + settings.computeBytes;
  const contextTokens = options.numCtx * parallel;
  const perNumber = (KV_BYTES[settings.kvCacheType] ?? F16_BYTES) / F16_BYTES;
  const kvBytes = Math.ceil(kvCacheBytes(facts, contextTokens) * perNumber);
  const scoreBytes = settings.flashAttention
    ? 0
    : SCORE_BYTES * options.numBatch * contextTokens * facts.headCount;
  return model.weightsBytes + kvBytes + scoreBytes + settings.computeBytes;
}

/** What an engine that chooses its layers itself may take of what is free. */
function roomForFit(freeBytes: number, cards: number, settings: VirtualOllamaSettings): number {
  if (settings.regime === 'classic') return Math.max(0, freeBytes - cards * CLASSIC_RESERVE_BYTES);
  if (settings.fitTargetBytes === undefined) return freeBytes * 0.95;
  return Math.max(0, freeBytes - cards * settings.fitTargetBytes);
}

/**
 * Places an engine on `cards` by what is free now. With an explicit `num_gpu` the layers go where they were
 * told to (`out of memory` if they cannot); without one the engine keeps on the CPU what does not fit.
 */
export function placeEngine(
  model: CatalogModel,
  options: RunnerOptions,
  parallel: number,
  cards: readonly GpuState[],
  settings: VirtualOllamaSettings,
): Footprint | 'out of memory' {
  // Every card that it is cut over needs compute buffers of its own.
  const ownBytes = cards.length > 1 ? settings.computeBytes : 0;
  const totalBytes =
    instanceBytes(model, options, parallel, settings) + ownBytes * Math.max(0, cards.length - 1);
  if (cards.length === 0 || options.numGpu === 0) return { totalBytes, vramBytes: 0, gpuPart: 0, shares: [] };
  const contextBytes = settings.contextBytes * cards.length;
  const freeBytes = Math.max(0, cards.reduce((sum, card) => sum + card.freeBytes, 0) - contextBytes);
  const layers = model.facts.blockCount + 1;
  const part =
    options.numGpu > 0
      ? Math.min(1, options.numGpu / layers)
      : Math.floor(Math.min(1, roomForFit(freeBytes, cards.length, settings) / totalBytes) * layers) / layers;
  const vramBytes = Math.round(totalBytes * part);
  if (vramBytes > freeBytes) return 'out of memory';
  if (vramBytes === 0) return { totalBytes, vramBytes: 0, gpuPart: 0, shares: [] };
  const own = Math.min(vramBytes / cards.length, ownBytes);
  const shared = vramBytes - own * cards.length;
  const shares = cards
    .filter((card) => card.freeBytes > 0)
    .map((card) => ({
      gpu: card.index,
      bytes: Math.floor((shared * card.freeBytes) / (freeBytes + contextBytes) + own) + settings.contextBytes,
    }));
  return { totalBytes, vramBytes, gpuPart: part, shares };
}
