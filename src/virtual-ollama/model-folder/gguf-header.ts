import { tensorsOf } from '../core/architecture.ts';
import type { CatalogModel } from '../core/catalog.ts';

/** Numbers of the GGUF format (version 3). */
const VERSION = 3;
const U32 = 4;
const F32 = 6;
const BOOL = 7;
const TEXT = 8;
const ALIGNMENT = 32;
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
/** Tensor type → its number, the elements of a block, the bytes of a block. */
const TENSOR_TYPES: Readonly<Record<string, readonly [id: number, elements: number, bytes: number]>> = {
  F32: [0, 1, 4],
  F16: [1, 1, 2],
  Q4_0: [2, 32, 18],
  Q8_0: [8, 32, 34],
};
const SOME_QUANTIZED: readonly [number, number, number] = [2, 32, 18];

class Writer {
  readonly #parts: Buffer[] = [];

  u32(value: number): this {
    const bytes = Buffer.alloc(4);
    bytes.writeUInt32LE(value);
    return this.#add(bytes);
  }

  u64(value: number): this {
    const bytes = Buffer.alloc(8);
    bytes.writeBigUInt64LE(BigInt(value));
    return this.#add(bytes);
  }

  f32(value: number): this {
    const bytes = Buffer.alloc(4);
    bytes.writeFloatLE(value);
    return this.#add(bytes);
  }

  text(value: string): this {
    const bytes = Buffer.from(value, 'utf8');
    return this.u64(bytes.length).#add(bytes);
  }

  byte(value: number): this {
    return this.#add(Buffer.from([value]));
  }

  magic(): this {
    return this.#add(Buffer.from('GGUF', 'latin1'));
  }

  bytes(): Buffer {
    return Buffer.concat(this.#parts);
  }

  #add(bytes: Buffer): this {
    this.#parts.push(bytes);
    return this;
  }
}

type Pair = readonly [key: string, kind: number, value: number | string | boolean];

function pairsOf(model: CatalogModel): readonly Pair[] {
  const { facts } = model;
  const key = (name: string) => `${facts.architecture}.${name}`;
  const embedding = facts.poolingType !== undefined;
  return [
    ['general.architecture', TEXT, facts.architecture],
    ['general.name', TEXT, model.name.model],
    ['general.type', TEXT, 'model'],
    ['general.file_type', U32, FILE_TYPES[model.quantization] ?? 1],
    ['general.quantization_version', U32, 2],
    ['general.alignment', U32, ALIGNMENT],
    [key('context_length'), U32, facts.contextLength],
    [key('embedding_length'), U32, facts.embeddingLength],
    [key('block_count'), U32, facts.blockCount],
    [key('feed_forward_length'), U32, facts.feedForwardLength],
    [key('attention.head_count'), U32, facts.headCount],
    [key('attention.head_count_kv'), U32, facts.headCountKv],
    [key('vocab_size'), U32, facts.vocabSize],
    ...(embedding
      ? ([
          [key('attention.causal'), BOOL, false],
          [key('pooling_type'), U32, facts.poolingType ?? 1],
        ] as const)
      : ([[key('rope.freq_base'), F32, facts.ropeFrequencyBase ?? 10_000]] as const)),
    ['tokenizer.ggml.model', TEXT, embedding ? 'bert' : 'llama'],
    ...(model.chatTemplate ? ([['tokenizer.chat_template', TEXT, model.chatTemplate]] as const) : []),
  ];
}

function writePair(writer: Writer, [key, kind, value]: Pair): void {
  writer.text(key).u32(kind);
  if (typeof value === 'string') writer.text(value);
  else if (typeof value === 'boolean') writer.byte(Number(value));
  else if (kind === F32) writer.f32(value);
  else writer.u32(value);
}

const padded = (bytes: number) => Math.ceil(bytes / ALIGNMENT) * ALIGNMENT;

/** The beginning of a GGUF file of this shape. It has no vocabulary: nothing that looks at headers wants one. */
export function ggufHeader(model: CatalogModel): Buffer {
  const pairs = pairsOf(model);
  const tensors = tensorsOf(model.facts, model.quantization);
  const writer = new Writer().magic().u32(VERSION).u64(tensors.length).u64(pairs.length);
  for (const pair of pairs) writePair(writer, pair);
  let offset = 0;
  for (const { name, type, shape } of tensors) {
    const [id, elements, bytes] = TENSOR_TYPES[type] ?? SOME_QUANTIZED;
    writer.text(name).u32(shape.length);
    for (const length of shape) writer.u64(length);
    writer.u32(id).u64(offset);
    offset += padded((shape.reduce((a, b) => a * b, 1) / elements) * bytes);
  }
  return writer.bytes();
}
