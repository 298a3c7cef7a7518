/**
 * JSON as Go's decoder reads it: the first value of the text counts, what follows it is ignored, and mistakes
 * are told in Go's words.
 */
export class GoJsonError extends Error {}

const DEEPEST = 10_000;
const SPACE = /[ \t\r\n]/;
const ESCAPES: Readonly<Record<string, string>> = { "'": "\\'", '"': '"' };

function quoteCharacter(character: string): string {
  const known = ESCAPES[character];
  if (known) return `'${known}'`;
  // Go looks at bytes: of a character beyond ASCII it names the first one.
  const byte = Buffer.from(character).at(0) ?? 0;
  const json = JSON.stringify(byte < 0x80 ? character : String.fromCharCode(byte)).slice(1, -1);
  return `'${json}'`;
}

class Scanner {
  readonly #text: string;
  #at = 0;

  constructor(text: string) {
    this.#text = text;
  }

  get offset(): number {
    return this.#at;
  }

  skipSpace(): void {
    while (SPACE.test(this.#text.charAt(this.#at))) this.#at++;
  }

  get atEnd(): boolean {
    return this.#at >= this.#text.length;
  }

  #peek(): string {
    if (this.atEnd) throw new GoJsonError('unexpected EOF');
    return this.#text.charAt(this.#at);
  }

  #unexpected(where: string): GoJsonError {
    return new GoJsonError(`invalid character ${quoteCharacter(this.#peek())} ${where}`);
  }

  value(depth = 0): void {
    if (depth > DEEPEST) throw new GoJsonError('exceeded max depth');
    this.skipSpace();
    const first = this.#peek();
    if (first === '{') this.#object(depth);
    else if (first === '[') this.#array(depth);
    else if (first === '"') this.#string();
    else if (first === '-' || /\d/.test(first)) this.#number();
    else if (first === 't') this.#literal('true');
    else if (first === 'f') this.#literal('false');
    else if (first === 'n') this.#literal('null');
    else throw this.#unexpected('looking for beginning of value');
  }

  #object(depth: number): void {
    this.#at++;
    this.skipSpace();
    if (this.#peek() === '}') {
      this.#at++;
      return;
    }
    for (;;) {
      this.skipSpace();
      if (this.#peek() !== '"') throw this.#unexpected('looking for beginning of object key string');
      this.#string();
      this.skipSpace();
      if (this.#peek() !== ':') throw this.#unexpected('after object key');
      this.#at++;
      this.value(depth + 1);
      this.skipSpace();
      const next = this.#peek();
      if (next !== ',' && next !== '}') throw this.#unexpected('after object key:value pair');
      this.#at++;
      if (next === '}') return;
    }
  }

  #array(depth: number): void {
    this.#at++;
    this.skipSpace();
    if (this.#peek() === ']') {
      this.#at++;
      return;
    }
    for (;;) {
      this.value(depth + 1);
      this.skipSpace();
      const next = this.#peek();
      if (next !== ',' && next !== ']') throw this.#unexpected('after array element');
      this.#at++;
      if (next === ']') return;
    }
  }

  #string(): void {
    this.#at++;
    for (;;) {
      const next = this.#peek();
      if (next === '"') {
        this.#at++;
        return;
      }
      if (next < ' ') throw this.#unexpected('in string literal');
      this.#at++;
      if (next === '\\') this.#escape();
    }
  }

  #escape(): void {
    const kind = this.#peek();
    if (!'"\\/bfnrtu'.includes(kind)) throw this.#unexpected('in string escape code');
    this.#at++;
    if (kind !== 'u') return;
    for (let digit = 0; digit < 4; digit++) {
      if (!/[0-9a-fA-F]/.test(this.#peek())) throw this.#unexpected('in \\u hexadecimal character escape');
      this.#at++;
    }
  }

  #digits(where: string): void {
    if (!/\d/.test(this.#peek())) throw this.#unexpected(where);
    while (/\d/.test(this.#text.charAt(this.#at))) this.#at++;
  }

  #number(): void {
    if (this.#peek() === '-') this.#at++;
    if (this.#peek() === '0') this.#at++;
    else this.#digits('in numeric literal');
    if (this.#text.charAt(this.#at) === '.') {
      this.#at++;
      this.#digits('after decimal point in numeric literal');
    }
    if (/[eE]/.test(this.#text.charAt(this.#at))) {
      this.#at++;
      if (/[+-]/.test(this.#peek())) this.#at++;
      this.#digits('in exponent of numeric literal');
    }
  }

  #literal(word: string): void {
    for (const letter of word) {
      if (this.#peek() !== letter) throw this.#unexpected(`in literal ${word} (expecting '${letter}')`);
      this.#at++;
    }
  }
}

/**
 * The first JSON value of `text`; undefined when there is nothing but white space.
 * @throws GoJsonError with Go's text.
 */
export function parseGoJson(text: string): unknown {
  const scanner = new Scanner(text);
  scanner.skipSpace();
  if (scanner.atEnd) return undefined;
  const start = scanner.offset;
  scanner.value();
  return JSON.parse(text.slice(start, scanner.offset));
}

/** JSON as Go's encoder writes it: `<`, `>`, `&` and the two line separators escaped. */
export function stringifyGo(value: unknown): string {
  return JSON.stringify(value).replace(
    /[<>&\u2028\u2029]/g,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}

/** A time as Go prints it in JSON: RFC 3339 in UTC, without trailing zeros. */
export function goTime(epochMs: number): string {
  const whole = Math.floor(epochMs);
  const fraction = Math.round((epochMs - whole) * 1e6);
  const iso = new Date(whole).toISOString();
  const nanoseconds = `${iso.slice(-4, -1)}${String(fraction).padStart(6, '0')}`.replace(/0+$/, '');
  return `${iso.slice(0, -5).replace(/^([+-])0*/, '')}${nanoseconds ? `.${nanoseconds}` : ''}Z`;
}
