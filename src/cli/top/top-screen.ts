/** A terminal's other screen: taken, redrawn in place, and given back as it was. */

/** What of a TTY stream is needed. */
export interface ScreenOutput {
  readonly columns?: number;
  readonly rows?: number;
  readonly writableNeedDrain?: boolean;
  write(text: string): unknown;
  on(event: 'resize', listener: () => void): unknown;
  off(event: 'resize', listener: () => void): unknown;
}

const ESCAPE = '\u001b[';
/** The alternate screen, and no cursor. */
const ENTER = `${ESCAPE}?1049h${ESCAPE}?25l`;
const LEAVE = `${ESCAPE}?25h${ESCAPE}?1049l`;
/** Terminals that know it show what is between at once; the others ignore it. */
const BEGIN = `${ESCAPE}?2026h${ESCAPE}H`;
const END = `${ESCAPE}J${ESCAPE}?2026l`;
const CLEAR_LINE = `${ESCAPE}K`;

export class Screen {
  readonly #output: ScreenOutput;
  readonly #onResize: () => void;
  #open = false;
  #shown = '';

  /** @param onResize is to draw again. */
  constructor(output: ScreenOutput, onResize: () => void) {
    this.#output = output;
    this.#onResize = () => {
      this.#shown = '';
      onResize();
    };
  }

  get size(): { readonly columns: number; readonly rows: number } {
    return { columns: this.#output.columns || 80, rows: this.#output.rows || 24 };
  }

  /** Safe to call twice. */
  open(): void {
    if (this.#open) return;
    this.#open = true;
    this.#shown = '';
    this.#output.write(ENTER);
    this.#output.on('resize', this.#onResize);
    // However the process ends, short of being killed.
    process.on('exit', this.#leave);
  }

  /** Lines without line breaks, no more than fit. A picture that is shown already, or that the terminal is too slow for, costs nothing. */
  draw(lines: readonly string[]): void {
    if (!this.#open || this.#output.writableNeedDrain) return;
    const text = lines.map((line) => `${line}${CLEAR_LINE}`).join('\r\n');
    if (text === this.#shown) return;
    this.#shown = text;
    this.#output.write(`${BEGIN}${text}${END}`);
  }

  /** Safe to call twice. */
  close(): void {
    process.off('exit', this.#leave);
    this.#leave();
  }

  readonly #leave = (): void => {
    if (!this.#open) return;
    this.#open = false;
    this.#output.off('resize', this.#onResize);
    this.#output.write(LEAVE);
  };
}
