/** The output of one attempt as one text: its pieces in the order in which they were produced, each with where it starts. */
import type { OutputChannel, OutputPart } from '../domain/job.ts';

export interface OutputPiece {
  readonly channel: OutputChannel;
  /** UTF-16 code units before it, over all channels. */
  readonly offset: number;
  readonly text: string;
}

/** The longest text given out at once, in code units, so that a reader far behind does not ask for everything in one message. */
export const LONGEST_CHUNK = 65_536;

/** Pieces grow to about this length before a new one begins: tokens are a few characters each. */
const PIECE_LENGTH = 4_096;

export class OutputText {
  readonly #pieces: { readonly channel: OutputChannel; readonly offset: number; text: string }[] = [];
  #length = 0;

  get length(): number {
    return this.#length;
  }

  append(channel: OutputChannel, text: string): void {
    if (text === '') return;
    const last = this.#pieces.at(-1);
    if (last && last.channel === channel && last.text.length < PIECE_LENGTH) last.text += text;
    else this.#pieces.push({ channel, offset: this.#length, text });
    this.#length += text.length;
  }

  /**
   * As much of one channel as there is from `offset` on, up to `LONGEST_CHUNK`. It never ends between the halves of a
   * surrogate pair, nor starts there: an `offset` within a pair moves to its start. The half of a pair whose other half is
   * yet to come is held back unless `complete`. Null when there is nothing to give.
   */
  chunkFrom(offset: number, complete: boolean): OutputPiece | null {
    let index = this.#pieceAt(offset);
    const first = this.#pieces[index];
    if (!first) return null;
    let start = offset;
    if (start > 0 && isLowSurrogate(this.#unitAt(start)) && isHighSurrogate(this.#unitAt(start - 1)))
      start -= 1;
    if (start < first.offset) {
      index -= 1;
      // A pair whose halves lie in different channels is none.
      if (this.#pieces[index]?.channel !== first.channel) {
        start = offset;
        index += 1;
      }
    }
    const texts: string[] = [];
    let length = 0;
    for (let piece = this.#pieces[index]; piece?.channel === first.channel; piece = this.#pieces[++index]) {
      const text = piece.text.slice(Math.max(0, start - piece.offset));
      texts.push(text);
      length += text.length;
      if (length >= LONGEST_CHUNK) break;
    }
    const whole = texts.join('');
    const text = this.#cut(whole, start, first.channel, complete);
    return text === '' ? null : { channel: first.channel, offset: start, text };
  }

  #cut(text: string, start: number, channel: OutputChannel, complete: boolean): string {
    const longest = text.length > LONGEST_CHUNK ? text.slice(0, LONGEST_CHUNK) : text;
    if (!isHighSurrogate(longest.charCodeAt(longest.length - 1))) return longest;
    const end = start + longest.length;
    const next = this.#pieces[this.#pieceAt(end)];
    // At the end of its channel's run the other half can not come any more.
    const lonely = next ? next.channel !== channel : complete;
    const paired = next?.channel === channel && isLowSurrogate(this.#unitAt(end));
    return lonely || (next && !paired) ? longest : longest.slice(0, -1);
  }

  #unitAt(offset: number): number {
    const piece = this.#pieces[this.#pieceAt(offset)];
    return piece ? piece.text.charCodeAt(offset - piece.offset) : Number.NaN;
  }

  /** Index of the piece that holds the unit at `offset`; their number when there is none. */
  #pieceAt(offset: number): number {
    if (offset >= this.#length) return this.#pieces.length;
    let low = 0;
    let high = this.#pieces.length - 1;
    while (low < high) {
      const middle = (low + high + 1) >>> 1;
      if ((this.#pieces[middle]?.offset ?? 0) <= offset) low = middle;
      else high = middle - 1;
    }
    return low;
  }
}

/** All that was said on a channel. */
export function textOnChannel(text: OutputText, channel: OutputChannel): string {
  const found: string[] = [];
  for (let at = 0; ; ) {
    const piece = text.chunkFrom(at, true);
    if (!piece) return found.join('');
    if (piece.channel === channel) found.push(piece.text);
    at = piece.offset + piece.text.length;
  }
}

export function textOfAttempt(parts: readonly OutputPart[], attempt: number): OutputText {
  const text = new OutputText();
  for (const part of parts) if (part.attempt === attempt) text.append(part.channel, part.text);
  return text;
}

function isHighSurrogate(unit: number): boolean {
  return unit >= 0xd800 && unit <= 0xdbff;
}

function isLowSurrogate(unit: number): boolean {
  return unit >= 0xdc00 && unit <= 0xdfff;
}
