/** The picture of `vramkeeper top`: what there is, laid out for a screen of a given size. */
import { clip } from '../terminal/text.ts';
import { decisionLines, decisionSection } from './top-decisions.ts';
import {
  type Backend,
  type Canvas,
  cellLines,
  gpuTable,
  headLines,
  holderLines,
  instanceTable,
  problems,
  queueTable,
  type Situation,
} from './top-sections.ts';

export interface TopState {
  readonly backends: readonly Backend[];
  readonly situation: Situation;
  /** Something about the connection; null when all is well. */
  readonly notice: string | null;
}

export interface FrameOptions extends Canvas {
  /** Null for as many as it takes. */
  readonly rows: number | null;
}

/** From here on there is room for who holds what, and for more than one problem. */
const TALL = 30;
const MOST_PROBLEMS = 3;
/** Of the lines go to GPUs at most so many. */
const GPU_SHARE = 0.5;
/** Without a limit decisions would fill the page. */
const UNLIMITED_DECISIONS = 10;

/** No more lines than `rows`, none wider than `columns`. */
export function topFrame(state: TopState, options: FrameOptions): readonly string[] {
  const { columns, rows, terminal } = options;
  const { situation, backends, notice } = state;
  const tall = rows === null || rows >= TALL;
  const top = [
    ...headLines(situation, backends, options),
    ...(notice ? [terminal.style('red', clip(notice, columns))] : []),
    ...problemLines(situation, rows === null ? Number.POSITIVE_INFINITY : tall ? MOST_PROBLEMS : 1, options),
    '',
    ...shortened(gpuTable(backends, options), gpuRows(rows), options),
    ...(tall ? holderLines(backends, options) : []),
    ...cellLines(backends, options),
  ];
  const tables = [instanceTable(backends, options), queueTable(situation, options)];
  const decided = decisionSection(situation, options);
  const entries = rows === null ? decided.entries.slice(0, UNLIMITED_DECISIONS) : decided.entries;
  const sections = [...tables, [decided.head, ...entries.flat()]];
  const heights = rows === null ? sections.map(({ length }) => length) : divide(sections, rows - top.length);
  const lists = heights.flatMap((height, i) => {
    if (height < 1) return [];
    const table = tables[i];
    return ['', ...(table ? shortened(table, height, options) : decisionLines(decided, height, columns))];
  });
  const lines = [...top, ...lists].map((line) => clip(line, columns));
  return rows === null ? lines : lines.slice(0, Math.max(0, rows));
}

/** The first of them, each whole; then how many are missing. */
function problemLines(situation: Situation, most: number, options: FrameOptions): readonly string[] {
  const all = problems(situation, options);
  const missing = all.length - Math.min(most, all.length);
  const rest = missing > 0 ? [options.terminal.style('dim', `… ${missing} more: vramkeeper health`)] : [];
  return [...all.slice(0, most).flat(), ...rest];
}

function gpuRows(rows: number | null): number {
  return rows === null ? Number.POSITIVE_INFINITY : Math.max(2, Math.floor(rows * GPU_SHARE));
}

/** The first lines, the last of which says how many are missing. */
function shortened(lines: readonly string[], most: number, { terminal }: Canvas): readonly string[] {
  if (lines.length <= most) return lines;
  const shown = lines.slice(0, Math.max(0, most - 1));
  return [...shown, terminal.style('dim', `… ${lines.length - shown.length} more`)];
}

/**
 * How many lines each section gets of `rows`, an empty line above each included in what they cost. Every section gets its head and
 * a line first, the others then one line after the other, so that a short section leaves its share to the long ones.
 */
export function divide(sections: readonly (readonly string[])[], rows: number): readonly number[] {
  const heights = sections.map(() => 0);
  let left = rows;
  for (const [i, lines] of sections.entries()) {
    const height = Math.min(2, lines.length);
    if (height + 1 > left) break;
    heights[i] = height;
    left -= height + 1;
  }
  for (let given = true; given && left > 0; ) {
    given = false;
    for (const [i, lines] of sections.entries()) {
      const height = heights[i] ?? 0;
      if (left === 0 || height === 0 || height >= lines.length) continue;
      heights[i] = height + 1;
      left -= 1;
      given = true;
    }
  }
  return heights;
}
