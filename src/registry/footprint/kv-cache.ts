/**
 * The memory of attention, layer by layer: Σ cells · (key width · bytes + value width · bytes) over the layers that attend, plus
 * the fixed states of those that do not. Cells are tokens, padded as llama.cpp pads them. Where a model does not tell enough, the
 * larger figure is taken.
 */
import type { ArchitectureFacts, InstanceConfig, KeyValueWidth } from '../../domain/model.ts';
import { type Family, familyOf, looksBackFully, type WindowPattern } from './families.ts';

/** Bytes of one element in blocks of 32 with their scales. */
const ELEMENT_BYTES: Readonly<Record<InstanceConfig['kvCacheType'], number>> = {
  f16: 2,
  q8_0: 34 / 32,
  q4_0: 18 / 32,
};
/** States of recurrent layers are in 32-bit numbers, whatever the type of the cache. */
const STATE_ELEMENT_BYTES = 4;
/** A cache has a multiple of so many cells (llama.cpp, with flash attention). */
const CELLS = 256;

const EVERYTHING: Family = { cache: 'heads' };

export interface CacheShape {
  /** Tokens of one slot. */
  readonly contextLength: number;
  readonly parallel: number;
  readonly batch: number;
  readonly kvCacheType: InstanceConfig['kvCacheType'];
}

/** Bytes for all slots together; null when the model tells too little. Never falls when the context grows. */
export function kvCacheBytes(facts: ArchitectureFacts, shape: CacheShape): number | null {
  const family = familyOf(facts.architecture) ?? EVERYTHING;
  const states = recurrentLayers(facts, family) * stateElements(facts) * STATE_ELEMENT_BYTES * shape.parallel;
  if (family.cache === 'none') return Math.ceil(states);
  const layers = attendingLayers(facts, family);
  if (layers === null) return null;
  const elementBytes = ELEMENT_BYTES[shape.kvCacheType];
  let cache = 0;
  for (const { width, full } of layers) {
    const cells = full ? padded(shape.contextLength) : windowCells(facts, family, shape);
    cache += cells * shape.parallel * (width.key + width.value) * elementBytes;
  }
  return Math.ceil(cache + states);
}

function padded(tokens: number): number {
  return Math.ceil(tokens / CELLS) * CELLS;
}

/** A window keeps the tokens of one batch besides, because they are written before the oldest are let go; for each slot its own. */
function windowCells(facts: ArchitectureFacts, family: Family, shape: CacheShape): number {
  const whole = padded(shape.contextLength);
  const window = facts.slidingWindow ?? family.window?.defaultTokens ?? null;
  return window === null ? whole : Math.min(whole, padded(window + shape.batch));
}

interface AttendingLayer {
  readonly width: KeyValueWidth;
  /** It looks back over the whole context. */
  readonly full: boolean;
}

function attendingLayers(facts: ArchitectureFacts, family: Family): readonly AttendingLayer[] | null {
  const full = (layer: number) => isFull(family.window, facts, layer);
  const told = facts.tensors?.attention;
  if (told && family.cache === 'heads')
    return told.flatMap((width, layer) => (width ? [{ width, full: full(layer) }] : []));
  const width = tokenWidth(facts, family);
  if (facts.blockCount === undefined || width === null) return null;
  const count = attendingCount(facts, facts.blockCount);
  return Array.from({ length: count }, (_, layer) => ({ width, full: full(layer) }));
}

function isFull(window: WindowPattern | undefined, facts: ArchitectureFacts, layer: number): boolean {
  if (!window || (facts.slidingWindow ?? window.defaultTokens ?? 0) === 0) return true;
  return looksBackFully(window, layer);
}

/** Numbers that one token leaves in one layer; null when the model tells too little. */
function tokenWidth(facts: ArchitectureFacts, family: Family): KeyValueWidth | null {
  const own = (name: string) => facts.other[`${facts.architecture}.${name}`];
  if (family.cache === 'latent' && keepsLatent(facts)) {
    const latent = own('attention.kv_lora_rank');
    const rope = own('rope.dimension_count');
    // Values are a view of the compressed keys and have no cache of their own.
    if (latent !== undefined && rope !== undefined) return { key: latent + rope, value: 0 };
  }
  const { embeddingLength, headCount } = facts;
  const headLength = embeddingLength !== undefined && headCount ? embeddingLength / headCount : undefined;
  const keyLength = facts.keyLength ?? headLength;
  const valueLength = facts.valueLength ?? headLength;
  // Absent also when it differs from layer to layer: then every head counts.
  const heads = facts.headCountKv ?? headCount;
  if (keyLength === undefined || valueLength === undefined || heads === undefined) return null;
  return { key: heads * keyLength, value: heads * valueLength };
}

/** Files from before the format knew compressed attention are run with all heads expanded: many times the memory. */
function keepsLatent(facts: ArchitectureFacts): boolean {
  return (
    facts.other[`${facts.architecture}.attention.key_length_mla`] !== undefined ||
    (facts.tensors?.latentAttention ?? false)
  );
}

/** Some hybrids attend in every nth layer only. */
function attendingCount(facts: ArchitectureFacts, layers: number): number {
  const every = facts.other[`${facts.architecture}.full_attention_interval`];
  return every ? Math.ceil(layers / every) : layers;
}

function recurrentLayers(facts: ArchitectureFacts, family: Family): number {
  if (facts.tensors && facts.tensors.recurrentLayers > 0) return facts.tensors.recurrentLayers;
  const layers = facts.blockCount ?? 0;
  const attending = family.cache === 'none' ? 0 : attendingCount(facts, layers);
  return attending < layers ? layers - attending : layers;
}

/**
 * Numbers of one recurrent layer's state for one slot: the last inputs of its convolution, and the state itself (llama.cpp's
 * `n_embd_r` and `n_embd_s`); 0 for models that have none.
 */
function stateElements(facts: ArchitectureFacts): number {
  const own = (name: string) => facts.other[`${facts.architecture}.${name}`];
  const shortConvolution = own('shortconv.l_cache');
  if (shortConvolution !== undefined) return (shortConvolution - 1) * (facts.embeddingLength ?? 0);
  const inner = own('ssm.inner_size');
  const state = own('ssm.state_size');
  if (inner === undefined || state === undefined) return 0;
  const convolution = (own('ssm.conv_kernel') ?? 4) - 1;
  const groups = own('ssm.group_count') ?? 0;
  return convolution * (inner + 2 * groups * state) + state * inner;
}
