/** Tables that are no wider than the terminal: what matters least is shortened, left out and cut first. */
import { greatest } from '../../domain/long-lists.ts';
import { table } from './table.ts';
import { clip, widthOf } from './text.ts';

export interface Column {
  readonly head: string;
  /** Its figures stand at the right. */
  readonly right?: boolean;
  /** It is left out where there is no room, the lowest first; without it, it always stays. */
  readonly rank?: number;
  /** Where nothing more can be left out, it is cut to no less than this; without it, it is never cut. */
  readonly least?: number;
}

/** A text, or a long one with a short one for narrow terminals. */
export type CellText = string | { readonly long: string; readonly short: string };

/** @param width columns of the terminal; null for as many as it takes */
export function fittedTable(
  columns: readonly Column[],
  rows: readonly (readonly CellText[])[],
  width: number | null,
): string {
  const whole = draw(columns, textsOf(rows, 'long'));
  if (width === null || widest(whole) <= width) return whole;
  let kept = columns.map((column, index) => ({ column, index }));
  const texts = textsOf(rows, 'short');
  for (;;) {
    const shown = kept.map(({ column }) => column);
    const cells = texts.map((row) => kept.map(({ index }) => row[index] ?? ''));
    const drawn = draw(shown, cells);
    if (widest(drawn) <= width) return drawn;
    const least = leastImportant(shown);
    if (least === null) return draw(shown, cut(shown, cells, widest(drawn) - width));
    kept = kept.filter(({ column }) => column !== least);
  }
}

function textsOf(
  rows: readonly (readonly CellText[])[],
  form: 'long' | 'short',
): readonly (readonly string[])[] {
  return rows.map((row) => row.map((cell) => (typeof cell === 'string' ? cell : cell[form])));
}

function draw(columns: readonly Column[], rows: readonly (readonly string[])[]): string {
  const right = columns.flatMap((column, i) => (column.right ? [i] : []));
  return table(
    columns.map(({ head }) => head),
    rows,
    right,
  );
}

function widest(text: string): number {
  return greatest(text.split('\n').map(widthOf));
}

function leastImportant(columns: readonly Column[]): Column | null {
  const ranked = columns.filter((column) => column.rank !== undefined);
  return ranked.toSorted((a, b) => (a.rank ?? 0) - (b.rank ?? 0))[0] ?? null;
}

/** Takes `excess` from the columns that can be cut, from the widest first. */
function cut(
  columns: readonly Column[],
  rows: readonly (readonly string[])[],
  excess: number,
): readonly (readonly string[])[] {
  const widths = columns.map(({ head }, i) =>
    greatest([widthOf(head), ...rows.map((row) => widthOf(row[i] ?? ''))]),
  );
  const spare = (i: number) => (widths[i] ?? 0) - Math.max(columns[i]?.least ?? Infinity, 0);
  for (let left = excess; left > 0; left -= 1) {
    const [most] = columns.map((_, i) => i).toSorted((a, b) => spare(b) - spare(a));
    if (most === undefined || spare(most) <= 0) break;
    widths[most] = (widths[most] ?? 0) - 1;
  }
  return rows.map((row) => row.map((text, i) => clip(text, widths[i] ?? 0)));
}
