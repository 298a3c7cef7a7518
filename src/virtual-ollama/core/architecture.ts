/**
 * The shape of a model, as its GGUF header tells it, and everything that Ollama derives from it:
 * `model_info`, the tensor list, the parameter count, and the bytes of its KV cache.
 */
export interface Architecture {
  /** `general.architecture`: llama, qwen2, gemma, phi3, bert, … */
  readonly architecture: string;
  readonly blockCount: number;
  /** The context the model was trained for; a larger `num_ctx` is cut to it. */
  readonly contextLength: number;
  readonly embeddingLength: number;
  readonly feedForwardLength: number;
  readonly headCount: number;
  readonly headCountKv: number;
  readonly vocabSize: number;
  /** Present on embedding models only, and what makes them embedding models. */
  readonly poolingType?: number;
  readonly ropeFrequencyBase?: number;
  /** Output weights share the token embedding. */
  readonly tiedOutput?: boolean;
}

export interface Tensor {
  readonly name: string;
  readonly type: string;
  readonly shape: readonly number[];
}

/** Bytes of one f16 number. */
const F16_BYTES = 2;

export function isEmbeddingArchitecture(facts: Architecture): boolean {
  return facts.poolingType !== undefined;
}

/**
 * Bytes of an f16 KV cache of `contextTokens` (all slots together): 2·layers·kvHeads·headDim·tokens·2, the
 * estimate of Ollama's own pre-flight check.
 */
export function kvCacheBytes(facts: Architecture, contextTokens: number): number {
  const headLength = facts.headCount > 0 ? Math.floor(facts.embeddingLength / facts.headCount) : 0;
  return 2 * facts.blockCount * Math.max(1, facts.headCountKv) * headLength * contextTokens * F16_BYTES;
}

function weight(name: string, type: string, ...shape: number[]): Tensor {
  return { name: `${name}.weight`, type, shape };
}

function bertTensors(facts: Architecture, type: string): Tensor[] {
  const { embeddingLength: e, feedForwardLength: f } = facts;
  const kv = (e / facts.headCount) * facts.headCountKv;
  const norm = (name: string): Tensor[] => [
    weight(name, 'F32', e),
    { name: `${name}.bias`, type: 'F32', shape: [e] },
  ];
  const linear = (name: string, from: number, to: number): Tensor[] => [
    weight(name, type, from, to),
    { name: `${name}.bias`, type: 'F32', shape: [to] },
  ];
  const block = (i: number): Tensor[] => [
    ...linear(`blk.${i}.attn_q`, e, e),
    ...linear(`blk.${i}.attn_k`, e, kv),
    ...linear(`blk.${i}.attn_v`, e, kv),
    ...linear(`blk.${i}.attn_output`, e, e),
    ...norm(`blk.${i}.attn_output_norm`),
    ...linear(`blk.${i}.ffn_up`, e, f),
    ...linear(`blk.${i}.ffn_down`, f, e),
    ...norm(`blk.${i}.layer_output_norm`),
  ];
  return [
    weight('token_embd', type, e, facts.vocabSize),
    weight('token_types', 'F32', e, 2),
    weight('position_embd', 'F32', e, facts.contextLength),
    ...norm('token_embd_norm'),
    ...Array.from({ length: facts.blockCount }, (_, i) => block(i)).flat(),
  ];
}

function decoderTensors(facts: Architecture, type: string): Tensor[] {
  const { embeddingLength: e, feedForwardLength: f, vocabSize: v } = facts;
  const kv = (e / facts.headCount) * facts.headCountKv;
  const block = (i: number): Tensor[] => [
    weight(`blk.${i}.attn_norm`, 'F32', e),
    weight(`blk.${i}.attn_q`, type, e, e),
    weight(`blk.${i}.attn_k`, type, e, kv),
    weight(`blk.${i}.attn_v`, type, e, kv),
    weight(`blk.${i}.attn_output`, type, e, e),
    weight(`blk.${i}.ffn_norm`, 'F32', e),
    weight(`blk.${i}.ffn_gate`, type, e, f),
    weight(`blk.${i}.ffn_up`, type, e, f),
    weight(`blk.${i}.ffn_down`, type, f, e),
  ];
  return [
    weight('token_embd', type, e, v),
    weight('output_norm', 'F32', e),
    ...(facts.tiedOutput ? [] : [weight('output', type, e, v)]),
    ...Array.from({ length: facts.blockCount }, (_, i) => block(i)).flat(),
  ];
}

export function tensorsOf(facts: Architecture, quantization: string): Tensor[] {
  return isEmbeddingArchitecture(facts)
    ? bertTensors(facts, quantization)
    : decoderTensors(facts, quantization);
}

export function parameterCount(facts: Architecture): number {
  return tensorsOf(facts, 'F16').reduce((sum, t) => sum + t.shape.reduce((a, b) => a * b, 1), 0);
}

/** 12312320 → "12.31M", as Ollama writes parameter counts. */
export function humanParameterCount(count: number): string {
  const scaled = (unit: number, digits: number, letter: string) => {
    const value = count / unit;
    return `${Number.isInteger(value) ? value.toFixed(0) : value.toFixed(digits)}${letter}`;
  };
  if (count >= 1e9) return scaled(1e9, 1, 'B');
  if (count >= 1e6) return scaled(1e6, 2, 'M');
  if (count >= 1e3) return `${(count / 1e3).toFixed(0)}K`;
  return String(count);
}

/** `general.file_type` numbers of the quantizations that appear in catalogues. */
const FILE_TYPES: Readonly<Record<string, number>> = {
  F32: 0,
  F16: 1,
  Q4_0: 2,
  Q4_1: 3,
  Q8_0: 7,
  Q4_K_S: 14,
  Q4_K_M: 15,
  Q6_K: 18,
};

export function quantizationOfFileType(fileType: number): string {
  return Object.entries(FILE_TYPES).find(([, id]) => id === fileType)?.[0] ?? 'unknown';
}

function tokenizerInfo(facts: Architecture, verbose: boolean): Record<string, unknown> {
  const { vocabSize } = facts;
  const list = (make: (i: number) => unknown) =>
    verbose ? Array.from({ length: vocabSize }, (_, i) => make(i)) : null;
  const lists = {
    'tokenizer.ggml.pre': 'default',
    'tokenizer.ggml.scores': list(() => 0),
    'tokenizer.ggml.token_type': list(() => 1),
    'tokenizer.ggml.tokens': list((i) => `token${i}`),
  };
  if (isEmbeddingArchitecture(facts)) {
    return {
      ...lists,
      'tokenizer.ggml.bos_token_id': 101,
      'tokenizer.ggml.cls_token_id': 101,
      'tokenizer.ggml.eos_token_id': 102,
      'tokenizer.ggml.mask_token_id': 103,
      'tokenizer.ggml.model': 'bert',
      'tokenizer.ggml.padding_token_id': 0,
      'tokenizer.ggml.seperator_token_id': 102,
      'tokenizer.ggml.token_type_count': 2,
      'tokenizer.ggml.unknown_token_id': 100,
    };
  }
  return {
    ...lists,
    'tokenizer.ggml.add_bos_token': true,
    'tokenizer.ggml.add_eos_token': false,
    'tokenizer.ggml.bos_token_id': 1,
    'tokenizer.ggml.eos_token_id': 2,
    'tokenizer.ggml.model': 'llama',
    'tokenizer.ggml.unknown_token_id': 0,
  };
}

/** The GGUF keys as `/api/show` gives them. Arrays are `null` unless `verbose`. */
export function modelInfo(
  facts: Architecture,
  quantization: string,
  verbose: boolean,
): Record<string, unknown> {
  const key = (name: string) => `${facts.architecture}.${name}`;
  const info: Record<string, unknown> = {
    'general.alignment': 32,
    'general.architecture': facts.architecture,
    'general.file_type': FILE_TYPES[quantization] ?? 1,
    'general.parameter_count': parameterCount(facts),
    'general.quantization_version': 2,
    'general.type': 'model',
    [key('attention.head_count')]: facts.headCount,
    [key('attention.head_count_kv')]: facts.headCountKv,
    [key('block_count')]: facts.blockCount,
    [key('context_length')]: facts.contextLength,
    [key('embedding_length')]: facts.embeddingLength,
    [key('feed_forward_length')]: facts.feedForwardLength,
    ...tokenizerInfo(facts, verbose),
  };
  if (isEmbeddingArchitecture(facts)) {
    info[key('attention.causal')] = false;
    info[key('attention.layer_norm_epsilon')] = 1e-12;
    info[key('normalize_embeddings')] = true;
    info[key('pooling_type')] = facts.poolingType;
  } else {
    info[key('attention.layer_norm_rms_epsilon')] = 0.00001;
    info[key('rope.dimension_count')] = facts.embeddingLength / facts.headCount;
    info[key('rope.freq_base')] = facts.ropeFrequencyBase ?? 10_000;
    info[key('vocab_size')] = facts.vocabSize;
  }
  return Object.fromEntries(Object.entries(info).sort(([a], [b]) => (a < b ? -1 : 1)));
}
