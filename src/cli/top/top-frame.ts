/** The picture of `vramkeeper top`: what there is, laid out for a screen of a given size. */
import { clip } from '../terminal/text.ts';
import { wrapped } from '../terminal/wrapped.ts';
import { decisionLines, decisionSection } from './top-decisions.ts';
import { type RunningJob, runningTable } from './top-running.ts';
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
  /** The longest-running first. */
  readonly running: readonly RunningJob[];
  /** Something about the connection; null when all is well. */
  readonly notice: string | null;
}

export interface FrameOptions extends Canvas {
  /** Null for as many as it takes. */
  readonly rows: number | null;
}

/** What a person has chosen to see. */
export interface TopView {
  /** How many lines of the whole are above the screen; 0 for a picture that is made to fit. */
  readonly scroll: number;
  /** The keys in its place. */
  readonly help: boolean;
}

const KEYS: readonly (readonly [keys: string, does: string])[] = [
  ['j, down', 'a line further down: all there is, with nothing shortened'],
  ['k, up', 'a line further up'],
  ['space, PgDn', 'a screen further down'],
  ['b, PgUp', 'a screen further up'],
  ['g, Home', 'back to the picture that fits'],
  ['G, End', 'to the end'],
  ['?', 'these keys, and back'],
  ['q, Ctrl-C', 'leave'],
];

/** As a person has chosen to see it. With the scroll that it really is: there is no more than the end. */
export function topView(
  state: TopState,
  options: FrameOptions & { readonly rows: number },
  { scroll, help }: TopView,
): { readonly lines: readonly string[]; readonly scroll: number } {
  const { columns, rows, terminal } = options;
  if (help) {
    const lines = [
      terminal.style('bold', 'Keys'),
      '',
      ...KEYS.flatMap(([keys, does]) =>
        wrapped(`${keys.padEnd(KEYS_WIDTH)}${does}`, columns, KEYS_WIDTH).split('\n'),
      ),
    ];
    return { lines: lines.slice(0, rows).map((line) => clip(line, columns)), scroll };
  }
  const whole = scroll > 0 ? topFrame(state, { ...options, rows: null }) : [];
  // One line says where this is.
  const room = Math.max(1, rows - 1);
  const from = Math.min(scroll, Math.max(0, whole.length - room));
  if (from === 0) return { lines: topFrame(state, options), scroll: 0 };
  const until = Math.min(whole.length, from + room);
  const place = `lines ${from + 1} to ${until} of ${whole.length}; g goes back, ? has the keys`;
  return { lines: [...whole.slice(from, until), clip(terminal.style('dim', place), columns)], scroll: from };
}

const KEYS_WIDTH = 14;

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
  const tables = [
    instanceTable(backends, options),
    runningTable(state.running, options),
    queueTable(situation, options),
  ];
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
