/** The ledger of a GPU as one bar. */
import { greatest } from '../../domain/long-lists.ts';
import type { Terminal } from '../terminal/terminal.ts';

export interface LedgerBytes {
  readonly totalBytes: number;
  readonly headroomBytes: number;
  readonly reservedBytes: number;
  readonly foreignBytes: number;
  readonly instanceBytes: number;
  readonly freeBytes: number;
}

type Style = Parameters<Terminal['style']>[0];

export interface Share {
  readonly field: Exclude<keyof LedgerBytes, 'totalBytes'>;
  readonly glyph: string;
  readonly style: Style;
  /** In a wide and in a narrow head. */
  readonly name: string;
  readonly shortName: string;
}

/** From left to right. Told apart by glyph where there is no colour. */
export const SHARES: readonly Share[] = [
  { field: 'instanceBytes', glyph: '█', style: 'green', name: 'MODELS', shortName: 'MODEL' },
  { field: 'foreignBytes', glyph: '▓', style: 'yellow', name: 'FOREIGN', shortName: 'FRGN' },
  { field: 'reservedBytes', glyph: '▒', style: 'magenta', name: 'RESERVED', shortName: 'RSVD' },
  { field: 'headroomBytes', glyph: '░', style: 'gray', name: 'HEADROOM', shortName: 'HEAD' },
  { field: 'freeBytes', glyph: '·', style: 'gray', name: 'FREE', shortName: 'FREE' },
];

/**
 * How many of `width` cells each part gets. They fill the bar; a part that is there gets at least one as long as there are enough;
 * what remains goes to the parts that lost most by rounding.
 */
export function shareCells(parts: readonly number[], width: number): readonly number[] {
  const sum = parts.reduce((total, part) => total + part, 0);
  if (sum <= 0) return parts.map(() => 0);
  const exact = parts.map((part) => (part / sum) * width);
  const cells = parts.map((part, i) => Math.max(part > 0 ? 1 : 0, Math.floor(exact[i] ?? 0)));
  const spare = () => width - cells.reduce((total, cell) => total + cell, 0);
  /** Where one cell more, or less, does least harm; the last cell of a part goes only when every part is down to it. */
  const next = (step: 1 | -1) => {
    const least = cells.some((cell) => cell > 1) ? 2 : 1;
    const lacking = cells.map((cell, i) =>
      (parts[i] ?? 0) > 0 && (step > 0 || cell >= least)
        ? step * ((exact[i] ?? 0) - cell)
        : Number.NEGATIVE_INFINITY,
    );
    return lacking.indexOf(greatest(lacking));
  };
  while (spare() !== 0) {
    const step = spare() > 0 ? 1 : -1;
    const at = next(step);
    cells[at] = (cells[at] ?? 0) + step;
  }
  return cells;
}

export function ledgerBar(ledger: LedgerBytes, width: number, terminal: Pick<Terminal, 'style'>): string {
  const cells = shareCells(
    SHARES.map(({ field }) => ledger[field]),
    width,
  );
  return SHARES.map(({ glyph, style }, i) => {
    const text = glyph.repeat(cells[i] ?? 0);
    return text ? terminal.style(style, text) : '';
  }).join('');
}
