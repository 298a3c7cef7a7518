import { type Architecture, quantizationOfFileType } from './architecture.ts';

/** What a GGUF file's header says of a model. */
export interface GgufHeader {
  readonly facts: Architecture;
  readonly quantization: string;
  readonly chatTemplate: string;
}

const KIND = {
  u8: 0,
  i8: 1,
  u16: 2,
  i16: 3,
  u32: 4,
  i32: 5,
  f32: 6,
  bool: 7,
  string: 8,
  array: 9,
  u64: 10,
  i64: 11,
  f64: 12,
};
const FIXED_BYTES: Readonly<Record<number, number>> = {
  0: 1,
  1: 1,
  2: 2,
  3: 2,
  4: 4,
  5: 4,
  6: 4,
  7: 1,
  10: 8,
  11: 8,
  12: 8,
};

class Reader {
  readonly #view: DataView;
  #at = 8;

  constructor(bytes: Uint8Array) {
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }

  count(): number {
    this.#at += 8;
    return Number(this.#view.getBigUint64(this.#at - 8, true));
  }

  kind(): number {
    this.#at += 4;
    return this.#view.getUint32(this.#at - 4, true);
  }

  text(): string {
    const length = this.count();
    const text = new TextDecoder().decode(
      new Uint8Array(this.#view.buffer, this.#view.byteOffset + this.#at, length),
    );
    this.#at += length;
    return text;
  }

  /** A number, text or truth; of a list its length. */
  value(kind: number): unknown {
    if (kind === KIND.string) return this.text();
    if (kind === KIND.array) return this.#listLength();
    const bytes = FIXED_BYTES[kind];
    if (bytes === undefined) throw new Error(`invalid type: ${kind}`);
    const at = this.#at;
    this.#at += bytes;
    if (kind === KIND.u32) return this.#view.getUint32(at, true);
    if (kind === KIND.i32) return this.#view.getInt32(at, true);
    if (kind === KIND.f32) return this.#view.getFloat32(at, true);
    if (kind === KIND.f64) return this.#view.getFloat64(at, true);
    if (kind === KIND.u64 || kind === KIND.i64) return Number(this.#view.getBigUint64(at, true));
    if (bytes === 2) return this.#view.getUint16(at, true);
    return this.#view.getUint8(at);
  }

  /** A vocabulary has a quarter of a million of them, and nobody wants one. */
  #skipText(): void {
    const length = this.count();
    this.#at += length;
  }

  #listLength(): number {
    const kind = this.kind();
    const length = this.count();
    const bytes = FIXED_BYTES[kind];
    if (bytes !== undefined) this.#at += bytes * length;
    else if (kind === KIND.string) for (let i = 0; i < length; i++) this.#skipText();
    else for (let i = 0; i < length; i++) this.value(kind);
    return length;
  }
}

/**
 * Reads the header of a GGUF file (version 2 and later).
 * @throws Error when it is not one, or cut off.
 */
export function readGguf(head: Uint8Array): GgufHeader {
  if (new TextDecoder().decode(head.subarray(0, 4)) !== 'GGUF') throw new Error('invalid file magic');
  const reader = new Reader(head);
  reader.count(); // tensors
  const pairs = reader.count();
  const values = new Map<string, unknown>();
  for (let i = 0; i < pairs; i++) {
    const key = reader.text();
    values.set(key, reader.value(reader.kind()));
  }
  const architecture = String(values.get('general.architecture') ?? 'unknown');
  const number = (name: string, otherwise = 0) => Number(values.get(`${architecture}.${name}`) ?? otherwise);
  const pooling = values.get(`${architecture}.pooling_type`);
  const headCount = number('attention.head_count', 1);
  return {
    facts: {
      architecture,
      blockCount: number('block_count'),
      contextLength: number('context_length', 2_048),
      embeddingLength: number('embedding_length'),
      feedForwardLength: number('feed_forward_length'),
      headCount,
      headCountKv: number('attention.head_count_kv', headCount),
      vocabSize: Number(values.get('tokenizer.ggml.tokens') ?? number('vocab_size')),
      ropeFrequencyBase: number('rope.freq_base', 10_000),
      ...(pooling === undefined ? {} : { poolingType: Number(pooling) }),
    },
    quantization: quantizationOfFileType(Number(values.get('general.file_type') ?? 0)),
    chatTemplate: String(values.get('tokenizer.chat_template') ?? ''),
  };
}
