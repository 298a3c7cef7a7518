/** A least-recently-used map from query texts, bounded by the characters that it holds: a count would not bound memory. */
const LARGEST_SHARE = 16;

export class TextCache<Value> {
  readonly #entries = new Map<string, Value>();
  readonly #maxCharacters: number;
  #characters = 0;

  constructor(maxCharacters: number) {
    this.#maxCharacters = maxCharacters;
  }

  get characters(): number {
    return this.#characters;
  }

  get(text: string): Value | undefined {
    const value = this.#entries.get(text);
    if (value === undefined) return undefined;
    // A Map iterates in the order of insertion, so the oldest use comes first.
    this.#entries.delete(text);
    this.#entries.set(text, value);
    return value;
  }

  /** Texts that would push out much of the others are not kept. */
  set(text: string, value: Value): void {
    if (text.length > this.#maxCharacters / LARGEST_SHARE) return;
    if (!this.#entries.delete(text)) this.#characters += text.length;
    this.#entries.set(text, value);
    for (const oldest of this.#entries.keys()) {
      if (this.#characters <= this.#maxCharacters) return;
      this.#entries.delete(oldest);
      this.#characters -= oldest.length;
    }
  }
}
