import { quoteGoByte } from './go-quote.ts';

/** A text is not JSON, in Go's words. */
export class GoJsonError extends Error {}

/** Go's own limit. */
const DEEPEST = 10_000;
const SPACE = /[ \t\r\n]*/y;
const DIGITS = /\d*/y;
/** Everything but control characters, the quote and the backslash. */
const PLAIN_TEXT = /[ !#-[\]-\uffff]*/y;
/** Shorter numbers without an exponent are never too large. */
const LONG_NUMBER = 300;

/** A number that no 64-bit floating point can hold, where it stands. */
export interface Overflow {
  readonly at: number;
  readonly literal: string;
}

export interface ScannedJson {
  readonly start: number;
  readonly end: number;
  readonly overflows: readonly Overflow[];
}

/**
 * Checks one JSON value as Go does. It keeps its own stack, so that 10,000 nested lists are no deep recursion.
 */
class Scanner {
  readonly #text: string;
  readonly #open: ('{' | '[')[] = [];
  readonly #overflows: Overflow[] = [];
  #at = 0;

  constructor(text: string) {
    this.#text = text;
  }

  /** The first value; undefined when there is nothing but white space. @throws GoJsonError */
  scan(): ScannedJson | undefined {
    this.#skip(SPACE);
    if (this.#at >= this.#text.length) return undefined;
    const start = this.#at;
    for (;;) {
      let complete = this.#begin();
      while (complete) {
        if (this.#open.length === 0) return { start, end: this.#at, overflows: this.#overflows };
        complete = this.#goOn();
      }
    }
  }

  /** The only value. @throws GoJsonError */
  scanWhole(): ScannedJson {
    const found = this.#untilEnd();
    this.#skip(SPACE);
    if (this.#at < this.#text.length) throw this.#unexpected('after top-level value');
    return found;
  }

  #untilEnd(): ScannedJson {
    try {
      const found = this.scan();
      if (found) return found;
    } catch (error) {
      if (this.#at < this.#text.length) throw error;
    }
    throw new GoJsonError('unexpected end of JSON input');
  }

  /** Reads a value's beginning. True when it is complete; false when it is a container whose first value comes next. */
  #begin(): boolean {
    this.#skip(SPACE);
    const first = this.#peek();
    switch (first) {
      case '{':
      case '[':
        return this.#enter(first);
      case '"':
        this.#string();
        return true;
      case 't':
        return this.#literal('true');
      case 'f':
        return this.#literal('false');
      case 'n':
        return this.#literal('null');
      default:
        if (first !== '-' && !isDigit(first)) throw this.#unexpected('looking for beginning of value');
        this.#number();
        return true;
    }
  }

  #enter(container: '{' | '['): boolean {
    if (this.#open.length >= DEEPEST) throw this.#unexpected('exceeded max depth');
    this.#at++;
    this.#open.push(container);
    this.#skip(SPACE);
    if (this.#peek() === (container === '{' ? '}' : ']')) return this.#leave();
    if (container === '{') this.#key();
    return false;
  }

  #leave(): true {
    this.#at++;
    this.#open.pop();
    return true;
  }

  /** Reads what follows a value in its container. True when that ends the container; false when a value comes next. */
  #goOn(): boolean {
    this.#skip(SPACE);
    const isObject = this.#open.at(-1) === '{';
    const next = this.#peek();
    if (next === (isObject ? '}' : ']')) return this.#leave();
    if (next !== ',')
      throw this.#unexpected(isObject ? 'after object key:value pair' : 'after array element');
    this.#at++;
    if (isObject) this.#key();
    return false;
  }

  #key(): void {
    this.#skip(SPACE);
    if (this.#peek() !== '"') throw this.#unexpected('looking for beginning of object key string');
    this.#string();
    this.#skip(SPACE);
    if (this.#peek() !== ':') throw this.#unexpected('after object key');
    this.#at++;
  }

  #string(): void {
    this.#at++;
    for (;;) {
      this.#skip(PLAIN_TEXT);
      const next = this.#peek();
      if (next !== '"' && next !== '\\') throw this.#unexpected('in string literal');
      this.#at++;
      if (next === '"') return;
      this.#escape();
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

  #number(): void {
    const start = this.#at;
    if (this.#peek() === '-') this.#at++;
    if (this.#peek() === '0') this.#at++;
    else this.#digits('in numeric literal');
    if (this.#text.charAt(this.#at) === '.') {
      this.#at++;
      this.#digits('after decimal point in numeric literal');
    }
    const hasExponent = /[eE]/.test(this.#text.charAt(this.#at));
    if (hasExponent) {
      this.#at++;
      if (/[+-]/.test(this.#peek())) this.#at++;
      this.#digits('in exponent of numeric literal');
    }
    if (!hasExponent && this.#at - start < LONG_NUMBER) return;
    const literal = this.#text.slice(start, this.#at);
    if (!Number.isFinite(Number(literal))) this.#overflows.push({ at: start, literal });
  }

  #digits(where: string): void {
    if (!isDigit(this.#peek())) throw this.#unexpected(where);
    this.#skip(DIGITS);
  }

  #literal(word: string): true {
    for (const letter of word) {
      if (this.#peek() !== letter) throw this.#unexpected(`in literal ${word} (expecting '${letter}')`);
      this.#at++;
    }
    return true;
  }

  #skip(pattern: RegExp): void {
    pattern.lastIndex = this.#at;
    pattern.test(this.#text);
    this.#at = pattern.lastIndex;
  }

  #peek(): string {
    if (this.#at >= this.#text.length) throw new GoJsonError('unexpected EOF');
    return this.#text.charAt(this.#at);
  }

  /** Go looks at bytes: of a character beyond ASCII it names the first one. */
  #unexpected(where: string): GoJsonError {
    const character = String.fromCodePoint(this.#text.codePointAt(this.#at) ?? 0);
    return new GoJsonError(`invalid character ${quoteGoByte(Buffer.from(character)[0] ?? 0)} ${where}`);
  }
}

const isDigit = (character: string) => character >= '0' && character <= '9';

/**
 * Where the first JSON value of a text is; undefined when there is nothing but white space. What follows it is not looked at.
 * @throws GoJsonError with Go's text.
 */
export function scanJson(text: string): ScannedJson | undefined {
  return new Scanner(text).scan();
}

/** Where the only JSON value of a text is, which must hold nothing else: as Go reads JSON that stands in a text. @throws GoJsonError */
export function scanWholeJson(text: string): ScannedJson {
  return new Scanner(text).scanWhole();
}
