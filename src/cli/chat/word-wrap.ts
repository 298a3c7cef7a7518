/** Wraps text that grows: what is there is on the screen at once, and a word that turns out to be too long for its line moves to the next. */
import { widthOf } from '../terminal/text.ts';

const ESCAPE = '\u001b';
const TAB = 8;

/** What a terminal would obey, in a text that a model wrote. */
function isObeyed(character: string): boolean {
  return /^\p{Cc}$/u.test(character) && character !== '\n' && character !== '\t';
}

export class WordWrap {
  readonly #columns: () => number | null;
  /** Columns that are taken on the present line. */
  #at = 0;
  /** What has been written since the last blank. */
  #word = '';
  #wordWidth = 0;
  /** Half of a character whose other half has not come. */
  #half = '';

  /** @param columns of the terminal, asked for anew each time; null wraps nothing */
  constructor(columns: () => number | null) {
    this.#columns = columns;
  }

  get isAtStart(): boolean {
    return this.#at === 0;
  }

  /** Who else has written, and ended the line. */
  reset(): void {
    this.#at = 0;
    this.#word = '';
    this.#wordWidth = 0;
    this.#half = '';
  }

  /** What is to be written for it. */
  write(text: string): string {
    const columns = this.#columns();
    // A terminal that has written its last column says nowhere whether it stands on the next line: it stays empty.
    const limit = columns === null ? Number.POSITIVE_INFINITY : Math.max(2, columns - 1);
    const whole = this.#half + text;
    const cut = /[\ud800-\udbff]$/.test(whole) ? whole.length - 1 : whole.length;
    this.#half = whole.slice(cut);
    let out = '';
    for (const character of whole.slice(0, cut)) out += this.#put(character, limit);
    return out;
  }

  #put(character: string, limit: number): string {
    if (character === '\n') {
      this.reset();
      return '\n';
    }
    if (isObeyed(character)) return '';
    if (character === ' ' || character === '\t') return this.#blank(character, limit);
    const width = widthOf(character);
    const moved = this.#at + width > limit ? this.#break() : '';
    this.#at += width;
    this.#word += character;
    this.#wordWidth += width;
    return moved + character;
  }

  #blank(character: string, limit: number): string {
    this.#word = '';
    this.#wordWidth = 0;
    const width = character === '\t' ? TAB - (this.#at % TAB) : 1;
    // The next word breaks the line there.
    if (this.#at + width > limit) {
      this.#at = limit;
      return '';
    }
    this.#at += width;
    return ' '.repeat(width);
  }

  /** On to the next line, with the word that does not fit; one that fills a line of its own is cut. */
  #break(): string {
    const moves = this.#wordWidth > 0 && this.#wordWidth < this.#at;
    const [word, width] = moves ? [this.#word, this.#wordWidth] : ['', 0];
    const back = width > 0 ? `${ESCAPE}[${width}D${ESCAPE}[K` : '';
    this.reset();
    this.#at = width;
    this.#word = word;
    this.#wordWidth = width;
    return `${back}\n${word}`;
  }
}
