import { type Overflow, type ScannedJson, scanJson, scanWholeJson } from './json-scanner.ts';

/** A value's kind, as Go names it in its errors. */
export type JsonKind = 'object' | 'array' | 'string' | 'number' | 'bool' | 'null';

const KINDS: Readonly<Record<string, JsonKind>> = {
  '{': 'object',
  '[': 'array',
  '"': 'string',
  t: 'bool',
  f: 'bool',
  n: 'null',
};

interface Document {
  readonly text: string;
  readonly overflows: readonly Overflow[];
}

const SPACE = /[ \t\r\n]*/y;
const SCALAR = /[^ \t\r\n,\]}]*/y;
const STRUCTURE = /["[\]{}]/g;

function endOfMatch(pattern: RegExp, text: string, from: number): number {
  pattern.lastIndex = from;
  pattern.test(text);
  return pattern.lastIndex;
}

/** The end of the string that begins at `start`. */
function endOfString(text: string, start: number): number {
  for (let at = start + 1; ; at++) {
    at = text.indexOf('"', at);
    let backslashes = 0;
    while (text.charAt(at - 1 - backslashes) === '\\') backslashes++;
    if (backslashes % 2 === 0) return at + 1;
  }
}

/** The end of the value that begins at `start`. */
function endOfValue(text: string, start: number): number {
  const first = text.charAt(start);
  if (first === '"') return endOfString(text, start);
  if (first !== '{' && first !== '[') return endOfMatch(SCALAR, text, start);
  let at = start;
  let depth = 0;
  do {
    STRUCTURE.lastIndex = at;
    at = (STRUCTURE.exec(text)?.index ?? text.length) + 1;
    const found = text.charAt(at - 1);
    if (found === '"') at = endOfString(text, at - 1);
    else depth += found === '{' || found === '[' ? 1 : -1;
  } while (depth > 0);
  return at;
}

/**
 * A JSON value that is known to be good, still in its text: members and elements are found when they are asked for, so that each can be
 * read by its own type, with its number as it was written.
 */
export class JsonText {
  readonly #document: Document;
  readonly #start: number;
  readonly #end: number;

  private constructor(document: Document, start: number, end: number) {
    this.#document = document;
    this.#start = start;
    this.#end = end;
  }

  /** The first value of a text; undefined when there is none. @throws GoJsonError */
  static read(text: string): JsonText | undefined {
    const scanned = scanJson(text);
    return scanned && JsonText.#of(text, scanned);
  }

  /** The only value of a text that holds nothing else. @throws GoJsonError */
  static only(text: string): JsonText {
    return JsonText.#of(text, scanWholeJson(text));
  }

  static #of(text: string, { overflows, start, end }: ScannedJson): JsonText {
    return new JsonText({ text, overflows }, start, end);
  }

  get kind(): JsonKind {
    return KINDS[this.#document.text.charAt(this.#start)] ?? 'number';
  }

  /** As it was written. */
  get text(): string {
    return this.#document.text.slice(this.#start, this.#end);
  }

  /** The first number in it that is too large. */
  get overflow(): string | undefined {
    return this.#document.overflows.find(({ at }) => at >= this.#start && at < this.#end)?.literal;
  }

  value(): unknown {
    return JSON.parse(this.text);
  }

  /** The members of an object, in their order; a name may come more than once. */
  *members(): Generator<readonly [name: string, value: JsonText]> {
    const { text } = this.#document;
    let at = endOfMatch(SPACE, text, this.#start + 1);
    while (text.charAt(at) === '"') {
      const nameEnd = endOfString(text, at);
      const name: string = JSON.parse(text.slice(at, nameEnd));
      const value = this.#valueAt(endOfMatch(SPACE, text, nameEnd) + 1);
      yield [name, value];
      at = this.#next(value);
    }
  }

  /** The elements of a list. */
  *elements(): Generator<JsonText> {
    const { text } = this.#document;
    let at = endOfMatch(SPACE, text, this.#start + 1);
    while (text.charAt(at) !== ']') {
      const value = this.#valueAt(at);
      yield value;
      at = this.#next(value);
    }
  }

  #valueAt(from: number): JsonText {
    const { text } = this.#document;
    const start = endOfMatch(SPACE, text, from);
    return new JsonText(this.#document, start, endOfValue(text, start));
  }

  /** The beginning of what follows: over a comma, or at the closing bracket. */
  #next(value: JsonText): number {
    const { text } = this.#document;
    const at = endOfMatch(SPACE, text, value.#end);
    return text.charAt(at) === ',' ? endOfMatch(SPACE, text, at + 1) : at;
  }
}
