/** Cuts a growing text into lines, whatever pieces it comes in. */
import { StringDecoder } from 'node:string_decoder';

/** A longer line is handed on in pieces. */
const LONGEST_LINE = 64 * 1024;

export class LineReader {
  /** Where in the file to read on. */
  offset = 0;
  /** False until it was given what was written before the file began. */
  hasBegun = false;
  readonly #onLine: (line: string) => void;
  #decoder = new StringDecoder('utf8');
  #partial = '';

  constructor(onLine: (line: string) => void) {
    this.#onLine = onLine;
  }

  push(bytes: Uint8Array): void {
    const lines = (this.#partial + this.#decoder.write(bytes)).split('\n');
    this.#partial = lines.pop() ?? '';
    for (const line of lines) this.#onLine(line.endsWith('\r') ? line.slice(0, -1) : line);
    if (this.#partial.length > LONGEST_LINE) {
      this.#onLine(this.#partial);
      this.#partial = '';
    }
  }

  /** Goes on elsewhere, which makes what was begun no line. */
  skipTo(offset: number): void {
    this.offset = offset;
    this.#partial = '';
    this.#decoder = new StringDecoder('utf8');
  }
}
