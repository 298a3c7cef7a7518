/** A value that is JSON already, and large: it goes into an answer as it is, where the answer is written by `answerText`. */
export class RawJson {
  readonly #json: string | Uint8Array;

  /** @param json text, or UTF-8. */
  constructor(json: string | Uint8Array) {
    this.#json = json;
  }

  get text(): string {
    if (typeof this.#json === 'string') return this.#json;
    const { buffer, byteOffset, length } = this.#json;
    return Buffer.from(buffer, byteOffset, length).toString('utf8');
  }

  /** For whoever writes the answer otherwise. */
  toJSON(): unknown {
    return JSON.parse(this.text);
  }
}

/** As `JSON.stringify`, with every `RawJson` as it is. */
export function answerText(value: unknown): string {
  const parts: string[] = [];
  write(value, parts);
  return parts.join('');
}

function write(value: unknown, parts: string[]): void {
  if (value instanceof RawJson) {
    parts.push(value.text);
  } else if (Array.isArray(value)) {
    let before = '[';
    for (const item of value) {
      parts.push(before);
      write(item ?? null, parts);
      before = ',';
    }
    parts.push(before === '[' ? '[]' : ']');
  } else if (isPlain(value)) {
    let before = '{';
    for (const [name, member] of Object.entries(value)) {
      if (member === undefined) continue;
      parts.push(before, JSON.stringify(name), ':');
      write(member, parts);
      before = ',';
    }
    parts.push(before === '{' ? '{}' : '}');
  } else {
    parts.push(JSON.stringify(value));
  }
}

/** Objects of results have no prototype; what has a `toJSON` writes itself. */
function isPlain(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !('toJSON' in value);
}
