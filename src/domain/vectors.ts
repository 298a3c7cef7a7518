/**
 * The vectors of an embedding, as the backend wrote them: each a JSON list of numbers, in pieces of whole vectors with commas
 * between them. So no digit is lost, nothing is turned into text again for an answer, and a part of them can be read alone.
 */

export interface VectorPiece {
  /** Vectors in it; at least one. */
  readonly count: number;
  /** UTF-8 without line breaks: `[0.5,-1],[2,3]`. */
  readonly bytes: Uint8Array;
}

export interface Vectors {
  readonly count: number;
  /** The length of each vector. */
  readonly dimensions: number;
  /** Of all pieces. */
  readonly bytes: number;
  readonly pieces: readonly VectorPiece[];
}

/** What a piece grows to before the next one begins: little enough to be copied, written and sent without being noticed. */
const PIECE_BYTES = 262_144;

const COMMA = 0x2c;
const CLOSING_BRACKET = 0x5d;

/** Gathers vectors, in order, into pieces. */
export class VectorGatherer {
  readonly #pieces: VectorPiece[] = [];
  #held: Uint8Array[] = [];
  #heldBytes = 0;
  #count = 0;

  get count(): number {
    return this.#count;
  }

  /** @param vector JSON, which the gatherer keeps. */
  add(vector: Uint8Array): void {
    this.#held.push(vector);
    this.#heldBytes += vector.length + 1;
    this.#count += 1;
    if (this.#heldBytes >= PIECE_BYTES) this.#close();
  }

  /** @param dimensions the length of every vector that was added. */
  finish(dimensions: number): Vectors {
    if (this.#held.length > 0) this.#close();
    const bytes = this.#pieces.reduce((sum, piece) => sum + piece.bytes.length, 0);
    return { count: this.#count, dimensions, bytes, pieces: this.#pieces };
  }

  #close(): void {
    const bytes = new Uint8Array(this.#heldBytes - 1);
    let at = 0;
    for (const vector of this.#held) {
      if (at > 0) bytes[at++] = COMMA;
      bytes.set(vector, at);
      at += vector.length;
    }
    this.#pieces.push({ count: this.#held.length, bytes });
    this.#held = [];
    this.#heldBytes = 0;
  }
}

/** Each vector of a piece, as JSON: views of its bytes. */
export function* vectorsIn({ bytes }: VectorPiece): Generator<Uint8Array> {
  // Searched as a Buffer, which is some times as fast.
  const text = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
  for (let start = 0; start < bytes.length; ) {
    // Numbers have no brackets, so the first one ends the vector.
    const end = text.indexOf(CLOSING_BRACKET, start) + 1;
    yield bytes.subarray(start, end);
    start = end + 1;
  }
}

/**
 * What of `pieces` holds up to `count` vectors from the `from`th on; the first one of the first
 * piece is 0. Pieces at both ends are cut.
 */
export function piecesWithin(
  pieces: readonly VectorPiece[],
  from: number,
  count: number,
): readonly VectorPiece[] {
  const found: VectorPiece[] = [];
  let first = 0;
  for (const piece of pieces) {
    const start = Math.max(0, from - first);
    const end = Math.min(piece.count, from + count - first);
    if (start < end) found.push(start === 0 && end === piece.count ? piece : cut(piece, start, end));
    first += piece.count;
  }
  return found;
}

function cut(piece: VectorPiece, start: number, end: number): VectorPiece {
  const wanted = [...vectorsIn(piece)].slice(start, end);
  const [head] = wanted;
  const last = wanted.at(-1);
  if (!head || !last) return { count: 0, bytes: new Uint8Array() };
  // Bytes of their own: a view would take the whole piece along to another thread.
  const offset = head.byteOffset - piece.bytes.byteOffset;
  const bytes = piece.bytes.slice(offset, last.byteOffset + last.length - piece.bytes.byteOffset);
  return { count: wanted.length, bytes };
}
