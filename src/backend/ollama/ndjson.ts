/** Newline-delimited JSON, cut into lines wherever the network happened to cut it. */

/** Whoever is at the other end sends more than an Ollama would. */
export class TooLongError extends Error {
  constructor(message: string) {
    super(message);
    this.name = 'TooLongError';
  }
}

const LINE_FEED = 0x0a;
const CARRIAGE_RETURN = 0x0d;

/**
 * Collects bytes and gives back whole lines as text. Lines are decoded only when complete, so a cut inside a UTF-8
 * sequence is harmless. Empty lines are dropped; `\r\n` ends a line like `\n`.
 */
export class LineSplitter {
  readonly #limitBytes: number;
  #held: Uint8Array[] = [];
  #heldBytes = 0;

  constructor(limitBytes: number) {
    this.#limitBytes = limitBytes;
  }

  /** The lines that `bytes` completes, in order. @throws TooLongError */
  push(bytes: Uint8Array): string[] {
    const lines: string[] = [];
    let start = 0;
    for (let end = bytes.indexOf(LINE_FEED); end >= 0; end = bytes.indexOf(LINE_FEED, start)) {
      this.#hold(bytes.subarray(start, end));
      this.#release(lines);
      start = end + 1;
    }
    this.#hold(bytes.subarray(start));
    return lines;
  }

  /** The last line, when the text did not end with a line feed. */
  end(): string[] {
    const lines: string[] = [];
    this.#release(lines);
    return lines;
  }

  #hold(bytes: Uint8Array): void {
    this.#heldBytes += bytes.length;
    if (this.#heldBytes > this.#limitBytes) {
      throw new TooLongError(`A line of the answer is longer than ${this.#limitBytes} bytes.`);
    }
    if (bytes.length > 0) this.#held.push(bytes);
  }

  #release(lines: string[]): void {
    const line = Buffer.concat(this.#held, this.#heldBytes);
    this.#held = [];
    this.#heldBytes = 0;
    const text = line.at(-1) === CARRIAGE_RETURN ? line.subarray(0, -1) : line;
    if (text.length > 0) lines.push(text.toString('utf8'));
  }
}
