/**
 * What a GGUF file tells of itself at its beginning: its metadata and the list of its tensors. The format is that of
 * https://github.com/ggml-org/ggml/blob/master/docs/gguf.md, versions 2 and 3, little-endian.
 */
import { type FileHandle, open } from 'node:fs/promises';
import { MiB } from '../../domain/units.ts';
import type { ListedTensor } from '../ollama/tensor-facts.ts';

export interface GgufHead {
  /** Numbers, texts and truth values by their full name; lists are left out. */
  readonly metadata: Readonly<Record<string, unknown>>;
  readonly tensors: readonly ListedTensor[];
}

/** It is no GGUF file, or a version that is not known. */
export class NotGgufError extends Error {}

/** The vocabulary lies before the tensors, and takes some MiB. */
const FIRST_BYTES = 8 * MiB;
const MOST_BYTES = 512 * MiB;

/** @throws NotGgufError | an error of the file system's */
export async function readGgufHead(path: string): Promise<GgufHead> {
  await using file = await open(path);
  const { size } = await file.stat();
  for (let bytes = FIRST_BYTES; ; bytes *= 4) {
    const start = await readStart(file, Math.min(bytes, size));
    try {
      return parse(new Cursor(start));
    } catch (error) {
      if (!(error instanceof TooShort)) throw error;
      if (bytes >= size || bytes >= MOST_BYTES) throw new NotGgufError('it ends in the middle of its header');
    }
  }
}

async function readStart(file: FileHandle, bytes: number): Promise<Buffer> {
  const buffer = Buffer.alloc(bytes);
  let filled = 0;
  while (filled < bytes) {
    const { bytesRead } = await file.read(buffer, filled, bytes - filled, filled);
    if (bytesRead === 0) break;
    filled += bytesRead;
  }
  return buffer.subarray(0, filled);
}

class TooShort extends Error {}

class Cursor {
  readonly #bytes: Buffer;
  #at = 0;

  constructor(bytes: Buffer) {
    this.#bytes = bytes;
  }

  take(count: number): Buffer {
    const end = this.#at + count;
    if (end > this.#bytes.length) throw new TooShort();
    const taken = this.#bytes.subarray(this.#at, end);
    this.#at = end;
    return taken;
  }

  u32(): number {
    return this.take(4).readUInt32LE();
  }

  u64(): number {
    const value = this.take(8).readBigUInt64LE();
    if (value > BigInt(Number.MAX_SAFE_INTEGER)) throw new NotGgufError('a count in its header is too large');
    return Number(value);
  }

  text(): string {
    return this.take(this.u64()).toString('utf8');
  }
}

/** By the number of a value's type: how it is read. */
const VALUES: readonly ((cursor: Cursor) => number | string | boolean)[] = [
  (cursor) => cursor.take(1).readUInt8(),
  (cursor) => cursor.take(1).readInt8(),
  (cursor) => cursor.take(2).readUInt16LE(),
  (cursor) => cursor.take(2).readInt16LE(),
  (cursor) => cursor.u32(),
  (cursor) => cursor.take(4).readInt32LE(),
  (cursor) => cursor.take(4).readFloatLE(),
  (cursor) => cursor.take(1).readUInt8() !== 0,
  (cursor) => cursor.text(),
  () => {
    throw new NotGgufError('a list stands where one value should');
  },
  (cursor) => Number(cursor.take(8).readBigUInt64LE()),
  (cursor) => Number(cursor.take(8).readBigInt64LE()),
  (cursor) => cursor.take(8).readDoubleLE(),
];
const LIST = 9;
const TEXT = 8;
const SIZES = [1, 1, 2, 2, 4, 4, 4, 1, 0, 0, 8, 8, 8];

function parse(cursor: Cursor): GgufHead {
  if (cursor.take(4).toString('latin1') !== 'GGUF') throw new NotGgufError('it does not begin with GGUF');
  const version = cursor.u32();
  if (version !== 2 && version !== 3) throw new NotGgufError(`it has version ${version} of the format`);
  const tensorCount = cursor.u64();
  const pairs = cursor.u64();
  const metadata: Record<string, unknown> = {};
  for (let i = 0; i < pairs; i += 1) {
    const key = cursor.text();
    const type = cursor.u32();
    if (type === LIST) skipList(cursor);
    else metadata[key] = readValue(type, cursor);
  }
  const tensors: ListedTensor[] = [];
  for (let i = 0; i < tensorCount; i += 1) tensors.push(tensorOf(cursor));
  return { metadata, tensors };
}

function readValue(type: number, cursor: Cursor): number | string | boolean {
  const read = VALUES[type];
  if (!read) throw new NotGgufError(`it has a value of the unknown type ${type}`);
  return read(cursor);
}

function skipList(cursor: Cursor): void {
  const type = cursor.u32();
  const count = cursor.u64();
  if (type === LIST) for (let i = 0; i < count; i += 1) skipList(cursor);
  else if (type === TEXT) for (let i = 0; i < count; i += 1) cursor.take(cursor.u64());
  else cursor.take((SIZES[type] ?? 0) * count);
}

function tensorOf(cursor: Cursor): ListedTensor {
  const name = cursor.text();
  const sides = cursor.u32();
  const shape = Array.from({ length: sides }, () => cursor.u64());
  const type = TENSOR_TYPES[cursor.u32()] ?? 'unknown';
  // Where its numbers lie.
  cursor.u64();
  return { name, type, shape };
}

/** `ggml_type`; numbers without a name are of types that are gone. */
const TENSOR_TYPES: Readonly<Record<number, string>> = {
  0: 'F32',
  1: 'F16',
  2: 'Q4_0',
  3: 'Q4_1',
  6: 'Q5_0',
  7: 'Q5_1',
  8: 'Q8_0',
  10: 'Q2_K',
  11: 'Q3_K',
  12: 'Q4_K',
  13: 'Q5_K',
  14: 'Q6_K',
  15: 'Q8_K',
  16: 'IQ2_XXS',
  17: 'IQ2_XS',
  18: 'IQ3_XXS',
  19: 'IQ1_S',
  20: 'IQ4_NL',
  21: 'IQ3_S',
  22: 'IQ2_S',
  23: 'IQ4_XS',
  24: 'I8',
  25: 'I16',
  26: 'I32',
  27: 'I64',
  28: 'F64',
  29: 'IQ1_M',
  30: 'BF16',
  39: 'MXFP4',
};
