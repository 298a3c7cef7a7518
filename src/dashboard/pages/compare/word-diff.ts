/** What two texts have in common, word by word. */

export interface Piece {
  readonly kind: 'both' | 'first' | 'second';
  readonly text: string;
}

/** Longer ones are compared line by line, and then as wholes: the work grows with the product of both. */
const MOST_CELLS = 4_000_000;

/** In order: what only the first has comes before what only the second has in its place. */
export function wordDiff(first: string, second: string): readonly Piece[] {
  for (const split of [words, lines]) {
    const [a, b] = [split(first), split(second)];
    if (a.length * b.length <= MOST_CELLS) return joined(pieces(a, b));
  }
  return joined(first === second ? [both(first)] : [only('first', first), only('second', second)]);
}

const words = (text: string) => text.match(/\s+|[^\s]+/gu) ?? [];
const lines = (text: string) => text.match(/[^\n]*\n|[^\n]+/gu) ?? [];
const both = (text: string): Piece => ({ kind: 'both', text });
const only = (kind: 'first' | 'second', text: string): Piece => ({ kind, text });

function pieces(a: readonly string[], b: readonly string[]): readonly Piece[] {
  const width = b.length + 1;
  /** How long the longest common rest is from there on. */
  const common = new Uint16Array((a.length + 1) * width);
  for (let i = a.length - 1; i >= 0; i -= 1)
    for (let j = b.length - 1; j >= 0; j -= 1)
      common[i * width + j] =
        a[i] === b[j]
          ? (common[(i + 1) * width + j + 1] ?? 0) + 1
          : Math.max(common[(i + 1) * width + j] ?? 0, common[i * width + j + 1] ?? 0);
  const found: Piece[] = [];
  let [i, j] = [0, 0];
  while (i < a.length || j < b.length) {
    const [mine, other] = [a[i], b[j]];
    if (mine !== undefined && mine === other) {
      found.push(both(mine));
      i += 1;
      j += 1;
    } else if (
      mine !== undefined &&
      (other === undefined || (common[(i + 1) * width + j] ?? 0) >= (common[i * width + j + 1] ?? 0))
    ) {
      found.push(only('first', mine));
      i += 1;
    } else if (other !== undefined) {
      found.push(only('second', other));
      j += 1;
    }
  }
  return found;
}

function joined(all: readonly Piece[]): readonly Piece[] {
  const found: Piece[] = [];
  for (const piece of all.filter(({ text }) => text !== '')) {
    const last = found.at(-1);
    if (last?.kind === piece.kind) found[found.length - 1] = { ...last, text: last.text + piece.text };
    else found.push(piece);
  }
  return found;
}
