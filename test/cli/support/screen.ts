/** A sequence and what it ends with, or a character. */
const PIECES = new RegExp(`${String.fromCharCode(27)}\\[[?\\d;]*([A-Za-z])|[\\s\\S]`, 'gu');

/** What a person would see: a terminal of so many columns that obeys the sequences that the program writes. */
export class Screen {
  readonly columns: number;
  readonly #rows: string[][] = [[]];
  #row = 0;
  #column = 0;

  constructor(columns: number) {
    this.columns = columns;
  }

  write(text: string): void {
    for (const [piece, final] of text.matchAll(PIECES))
      if (final === undefined) this.#put(piece);
      else this.#obey(final, Number(/\d+/.exec(piece)?.[0] ?? (final === 'J' || final === 'K' ? 0 : 1)));
  }

  lines(): readonly string[] {
    return this.#rows.map((row) =>
      Array.from(row, (cell) => cell ?? ' ')
        .join('')
        .trimEnd(),
    );
  }

  text(): string {
    return this.lines().join('\n').trimEnd();
  }

  #put(character: string): void {
    if (character === '\n') this.#to(this.#row + 1, 0);
    else if (character === '\r') this.#column = 0;
    else {
      if (this.#column >= this.columns) this.#to(this.#row + 1, 0);
      const row = this.#rows[this.#row] ?? [];
      row[this.#column] = character;
      this.#column += 1;
    }
  }

  #obey(final: string, count: number): void {
    const row = this.#rows[this.#row] ?? [];
    switch (final) {
      case 'A':
        this.#to(Math.max(0, this.#row - count), this.#column);
        break;
      case 'B':
        this.#to(this.#row + count, this.#column);
        break;
      case 'C':
        this.#to(this.#row, this.#column + count);
        break;
      case 'D':
        // A terminal that has written its last column still stands on it.
        this.#to(this.#row, Math.max(0, Math.min(this.#column, this.columns - 1) - count));
        break;
      case 'G':
        this.#to(this.#row, count - 1);
        break;
      case 'K':
        row.length = Math.min(row.length, this.#column);
        break;
      case 'J':
        row.length = Math.min(row.length, this.#column);
        this.#rows.length = this.#row + 1;
        break;
      case 'm':
      case 'h':
      case 'l':
        break;
      default:
        throw new RangeError(`This terminal does not know ${final}.`);
    }
  }

  #to(row: number, column: number): void {
    while (this.#rows.length <= row) this.#rows.push([]);
    this.#row = row;
    this.#column = column;
  }
}
