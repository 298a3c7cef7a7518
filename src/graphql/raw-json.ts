/** A value that is JSON already, and large: it goes into an answer as it is, where the answer is written by `answerPieces`. */
export class RawJson {
  readonly json: string | Uint8Array;

  /** @param json text, or UTF-8. */
  constructor(json: string | Uint8Array) {
    this.json = json;
  }

  /** For whoever writes the answer otherwise. */
  toJSON(): unknown {
    const { json } = this;
    return JSON.parse(
      typeof json === 'string' ? json : Buffer.from(json.buffer, json.byteOffset, json.length).toString(),
    );
  }
}

/** Of text that is written at once, in UTF-16 code units. */
const LONGEST_PIECE = 16_384;

/** As `JSON.stringify`, with every `RawJson` as it is: text and UTF-8 in small pieces, so that whoever writes a large answer can pause. */
export function* answerPieces(value: unknown): Generator<string | Uint8Array, void> {
  if (value instanceof RawJson) {
    if (typeof value.json === 'string') yield* slicesOf(value.json);
    else yield value.json;
  } else if (typeof value === 'string' && value.length > LONGEST_PIECE) {
    yield '"';
    for (const slice of slicesOf(value)) yield JSON.stringify(slice).slice(1, -1);
    yield '"';
  } else if (Array.isArray(value)) {
    let before = '[';
    for (const item of value) {
      yield before;
      yield* answerPieces(item ?? null);
      before = ',';
    }
    yield before === '[' ? '[]' : ']';
  } else if (isPlain(value)) {
    let before = '{';
    for (const [name, member] of Object.entries(value)) {
      if (member === undefined) continue;
      yield `${before}${JSON.stringify(name)}:`;
      yield* answerPieces(member);
      before = ',';
    }
    yield before === '{' ? '{}' : '}';
  } else {
    yield JSON.stringify(value);
  }
}

/** No slice ends within a surrogate pair, whose halves have no UTF-8 of their own. */
function* slicesOf(text: string): Generator<string, void> {
  for (let start = 0; start < text.length; ) {
    const end = Math.min(start + LONGEST_PIECE, text.length);
    const cutsPair = end < text.length && isHighSurrogate(text.charCodeAt(end - 1));
    yield text.slice(start, cutsPair ? end - 1 : end);
    start = cutsPair ? end - 1 : end;
  }
}

function isHighSurrogate(unit: number): boolean {
  return unit >= 0xd800 && unit <= 0xdbff;
}

/** Objects of results have no prototype; what has a `toJSON` writes itself. */
function isPlain(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !('toJSON' in value);
}
