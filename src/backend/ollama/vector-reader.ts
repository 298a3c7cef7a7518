/**
 * Reads the answer of `/api/embed` as it comes in. Ten thousand vectors are a hundred megabytes of text: parsed as one they
 * would hold everybody up for seconds and take a gigabyte. Here each vector is parsed, checked and kept by itself.
 */
import { BackendError } from '../../domain/errors.ts';
import type { JsonObject } from '../../domain/json.ts';
import { VectorGatherer, type Vectors } from '../../domain/vectors.ts';
import { TooLongError } from './ndjson.ts';

/** The longest vectors that models make have 16,384 numbers of 22 characters at most. */
const LONGEST_VECTOR_BYTES = 1024 ** 2;
const LONGEST_REST_BYTES = 1024 ** 2;

const QUOTE = 0x22;
const COMMA = 0x2c;
const OPENING_BRACKET = 0x5b;
const BACKSLASH = 0x5c;
const CLOSING_BRACKET = 0x5d;
const OPENING_BRACE = 0x7b;
const CLOSING_BRACE = 0x7d;
const SPACE = 0x20;

const KEY = '"embeddings"';
const EMPTY_LIST = Buffer.from('[]');

/**
 * Where the reader is.
 * - `rest`: in what is no vector; it is kept, to be parsed at the end with an empty list in place of the vectors.
 * - `text`: in a string of the rest, where brackets mean nothing.
 * - `list`: in the list of vectors, between two.
 * - `vector`: in a vector.
 */
type Place = 'rest' | 'text' | 'list' | 'vector';

export class VectorReader {
  readonly #gatherer = new VectorGatherer();
  readonly #rest: Buffer[] = [];
  #restBytes = 0;
  #vector: Buffer[] = [];
  #vectorBytes = 0;
  #dimensions = 0;
  #place: Place = 'rest';
  #depth = 0;
  #escaped = false;
  /** The string of the rest that is being read, or was read last, at the top level; cut where it is longer than the key. */
  #name = '';
  #found = false;

  /** @throws BackendError, TooLongError */
  push(chunk: Uint8Array): void {
    const bytes = Buffer.from(chunk.buffer, chunk.byteOffset, chunk.length);
    let at = 0;
    while (at < bytes.length) {
      switch (this.#place) {
        case 'rest':
          at = this.#readRest(bytes, at);
          break;
        case 'text':
          at = this.#readText(bytes, at);
          break;
        case 'list':
          at = this.#readList(bytes, at);
          break;
        case 'vector':
          at = this.#readVector(bytes, at);
          break;
        default:
          this.#place satisfies never;
      }
    }
  }

  /**
   * One vector for each of `inputs` texts, and what came beside them.
   * @throws BackendError
   */
  end(inputs: number): { readonly vectors: Vectors; readonly rest: JsonObject } {
    const answer = parsed(Buffer.concat(this.#rest));
    if (answer === null || typeof answer !== 'object' || Array.isArray(answer))
      throw unusable('they did not come in a JSON object');
    if (!this.#found) throw unusable('they are missing');
    const { embeddings: _, ...rest } = answer as JsonObject;
    const vectors = this.#gatherer.finish(this.#dimensions);
    if (vectors.count !== inputs) throw unusable(`${vectors.count} came for ${inputs} texts`);
    return { vectors, rest };
  }

  #readRest(bytes: Buffer, from: number): number {
    for (let at = from; at < bytes.length; at += 1) {
      switch (bytes[at]) {
        case QUOTE:
          this.#name = '"';
          this.#place = 'text';
          return this.#keep(bytes, from, at + 1);
        case OPENING_BRACKET:
          if (this.#depth === 1 && this.#name === KEY && !this.#found) {
            this.#found = true;
            this.#keep(bytes, from, at);
            this.#keep(EMPTY_LIST, 0, EMPTY_LIST.length);
            this.#place = 'list';
            return at + 1;
          }
          this.#depth += 1;
          break;
        case OPENING_BRACE:
          this.#depth += 1;
          break;
        case CLOSING_BRACKET:
        case CLOSING_BRACE:
          this.#depth -= 1;
          break;
        case COMMA:
          // A value is over: what follows has another name.
          this.#name = '';
          break;
        default:
          // It is kept as it is, with the rest.
          break;
      }
    }
    return this.#keep(bytes, from, bytes.length);
  }

  #readText(bytes: Buffer, from: number): number {
    for (let at = from; at < bytes.length; at += 1) {
      const byte = bytes[at] ?? 0;
      if (this.#name.length <= KEY.length) this.#name += String.fromCharCode(byte);
      if (this.#escaped) this.#escaped = false;
      else if (byte === BACKSLASH) this.#escaped = true;
      else if (byte === QUOTE) {
        this.#place = 'rest';
        return this.#keep(bytes, from, at + 1);
      }
    }
    return this.#keep(bytes, from, bytes.length);
  }

  #readList(bytes: Buffer, from: number): number {
    for (let at = from; at < bytes.length; at += 1) {
      const byte = bytes[at] ?? 0;
      if (byte === COMMA || byte <= SPACE) continue;
      if (byte === CLOSING_BRACKET) this.#place = 'rest';
      else if (byte === OPENING_BRACKET) this.#place = 'vector';
      else throw unusable('they hold something else than vectors');
      return byte === OPENING_BRACKET ? at : at + 1;
    }
    return bytes.length;
  }

  #readVector(bytes: Buffer, from: number): number {
    const end = bytes.indexOf(CLOSING_BRACKET, from);
    const to = end < 0 ? bytes.length : end + 1;
    this.#vectorBytes += to - from;
    if (this.#vectorBytes > LONGEST_VECTOR_BYTES) {
      throw new TooLongError(`A vector of the answer is longer than ${LONGEST_VECTOR_BYTES} bytes.`);
    }
    this.#vector.push(bytes.subarray(from, to));
    if (end < 0) return to;
    this.#add(
      this.#vector.length === 1 ? Buffer.from(bytes.subarray(from, to)) : Buffer.concat(this.#vector),
    );
    this.#vector = [];
    this.#vectorBytes = 0;
    this.#place = 'list';
    return to;
  }

  /** Finite numbers, as many as in the first one: anything else would poison whoever compares them. */
  #add(json: Buffer): void {
    const numbers = parsed(json);
    if (!Array.isArray(numbers) || !numbers.every((one) => typeof one === 'number' && Number.isFinite(one))) {
      throw notFinite();
    }
    if (numbers.length === 0) throw unusable('they are empty');
    if (this.#gatherer.count === 0) this.#dimensions = numbers.length;
    else if (numbers.length !== this.#dimensions) throw unusable('they differ in length');
    // Written anew only where it was not written tightly.
    this.#gatherer.add(json.some((byte) => byte <= SPACE) ? Buffer.from(JSON.stringify(numbers)) : json);
  }

  #keep(bytes: Buffer, from: number, to: number): number {
    if (to > from) {
      this.#restBytes += to - from;
      if (this.#restBytes > LONGEST_REST_BYTES) {
        throw new TooLongError(`The answer has more than ${LONGEST_REST_BYTES} bytes beside its vectors.`);
      }
      this.#rest.push(Buffer.from(bytes.subarray(from, to)));
    }
    return to;
  }
}

/** The same input gives the same numbers, however often it is asked. */
function notFinite(): BackendError {
  return new BackendError(
    'REQUEST_REJECTED',
    'none',
    'The embeddings from Ollama hold something else than finite numbers. Change the input, or take another model.',
  );
}

function unusable(why: string): BackendError {
  return new BackendError('BACKEND_ERROR', 'retry', `The embeddings from Ollama cannot be used: ${why}.`);
}

/** Undefined when it is not JSON. */
function parsed(json: Buffer): unknown {
  try {
    return JSON.parse(json.toString('utf8'));
  } catch {
    return undefined;
  }
}
