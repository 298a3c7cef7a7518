/**
 * What differs from architecture to architecture in the memory of attention: one table. The patterns of sliding windows are in
 * no metadata; they are those that llama.cpp sets when it loads a model of the family (its `set_swa_pattern`).
 */

export interface Family {
  /**
   * `heads`: keys and values of every head. `latent`: compressed, where the file is prepared for it. `none`: encoders and
   * recurrent models keep nothing from token to token.
   */
  readonly cache: 'heads' | 'latent' | 'none';
  /** Layers that look back over a window only; absent where all look back over everything, whatever window the model names. */
  readonly window?: WindowPattern;
}

export interface WindowPattern {
  /** Every nth layer looks back over the whole context, the last of its group, or the first. */
  readonly fullEvery: number;
  readonly fullIs: 'last' | 'first';
  /** Tokens, where the model names none. */
  readonly defaultTokens: number | null;
}

const WHOLE: Family = { cache: 'heads' };
const LATENT: Family = { cache: 'latent' };
const WITHOUT: Family = { cache: 'none' };

function windowed(fullEvery: number, defaultTokens: number | null = null): Family {
  return { cache: 'heads', window: { fullEvery, fullIs: 'last', defaultTokens } };
}

const FAMILIES: Readonly<Record<string, Family>> = {
  llama: WHOLE,
  mistral3: WHOLE,
  mllama: WHOLE,
  qwen2: WHOLE,
  qwen2moe: WHOLE,
  qwen2vl: WHOLE,
  qwen25vl: WHOLE,
  qwen3: WHOLE,
  qwen3moe: WHOLE,
  qwen3vl: WHOLE,
  qwen3vlmoe: WHOLE,
  gemma: WHOLE,
  phi2: WHOLE,
  // Its window is named in the metadata and used in no layer: llama.cpp says at load that it is disabled.
  phi3: WHOLE,
  phimoe: WHOLE,
  olmoe: WHOLE,
  olmo2: WHOLE,
  falcon: WHOLE,
  starcoder2: WHOLE,
  stablelm: WHOLE,
  'command-r': WHOLE,
  granite: WHOLE,
  granitemoe: WHOLE,
  chatglm: WHOLE,
  glm4: WHOLE,
  glm4moe: WHOLE,
  gemma2: windowed(2, 4096),
  gemma3: windowed(6),
  gemma3n: windowed(5),
  gemma4: windowed(6),
  gptoss: windowed(2, 128),
  'gpt-oss': windowed(2, 128),
  cohere2: windowed(4, 4096),
  exaone4: windowed(4),
  // Chunks instead of windows, of the same size in memory.
  llama4: windowed(4, 8192),
  smallthinker: { cache: 'heads', window: { fullEvery: 4, fullIs: 'first', defaultTokens: 4096 } },
  deepseek2: LATENT,
  // Hybrids: which layers attend is in the tensors, or in `full_attention_interval`; without both, all are taken to.
  qwen3next: WHOLE,
  qwen35: WHOLE,
  qwen35moe: WHOLE,
  jamba: WHOLE,
  'falcon-h1': WHOLE,
  granitehybrid: WHOLE,
  nemotron_h: WHOLE,
  nemotron_h_moe: WHOLE,
  lfm2: WHOLE,
  lfm2moe: WHOLE,
  mamba: WITHOUT,
  mamba2: WITHOUT,
  bert: WITHOUT,
  'nomic-bert': WITHOUT,
  'nomic-bert-moe': WITHOUT,
  'jina-bert-v2': WITHOUT,
  'modern-bert': WITHOUT,
  'gemma-embedding': WITHOUT,
};

/** Null for an architecture that nobody has looked at. */
export function familyOf(architecture: string): Family | null {
  return FAMILIES[architecture] ?? null;
}

/** Whether this layer, counted from 0, looks back over the whole context. */
export function looksBackFully(pattern: WindowPattern, layer: number): boolean {
  const place = layer % pattern.fullEvery;
  return pattern.fullIs === 'first' ? place === 0 : place === pattern.fullEvery - 1;
}
