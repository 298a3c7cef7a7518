/** What was decided, on the picture of `vramkeeper top`: every reason whole, over as many lines as it takes. */
import { append } from '../../domain/long-lists.ts';
import { decisionName } from '../queue/decision-name.ts';
import { clip, clockTime } from '../terminal/text.ts';
import { wrapped } from '../terminal/wrapped.ts';
import { type Canvas, emptyLine, type Situation } from './top-sections.ts';

type Decision = Situation['decisions']['nodes'][number];

export interface DecisionSection {
  readonly head: string;
  /** The lines of each, the newest first. */
  readonly entries: readonly (readonly string[])[];
}

/** Columns of the time, and of what was done. */
const COLUMN = 10;

/** Dispatches between two other decisions are one entry. */
export function decisionSection({ decisions }: Situation, { columns, terminal }: Canvas): DecisionSection {
  if (decisions.nodes.length === 0)
    return { head: emptyLine('DECIDED', 'nothing yet', terminal), entries: [] };
  const runs: Decision[][] = [];
  for (const decision of decisions.nodes) {
    const run = runs.at(-1);
    if (run && decision.kind === 'DISPATCH' && run[0]?.kind === 'DISPATCH') run.push(decision);
    else runs.push([decision]);
  }
  const entries = runs.flatMap(([newest, ...older]) => {
    if (!newest) return [];
    const why = older.length > 0 ? dispatchesText([newest, ...older]) : decisionText(newest);
    const line = `${clockTime(newest.at).padEnd(COLUMN)}${kindText(newest.kind, terminal)}${why}`;
    return [wrapped(line, columns, COLUMN).split('\n')];
  });
  const head = terminal.style('dim', `${'DECIDED'.padEnd(COLUMN)}${'WHAT'.padEnd(COLUMN)}WHY`);
  return { head, entries };
}

/** As many decisions as find room whole; of a newest one that finds none, what does, marked as cut. */
export function decisionLines(
  { head, entries }: DecisionSection,
  height: number,
  columns: number,
): readonly string[] {
  const lines = [head];
  for (const entry of entries) {
    if (lines.length + entry.length > height) break;
    append(lines, entry);
  }
  const [newest] = entries;
  if (!newest || lines.length > 1 || height < 2) return lines.slice(0, height);
  const shown = newest.slice(0, height - 1);
  return [head, ...shown.with(-1, clip(`${shown.at(-1)} …`, columns))];
}

function kindText(kind: Decision['kind'], terminal: Canvas['terminal']): string {
  const text = decisionName(kind).padEnd(COLUMN);
  return kind === 'CELL_DEATH' ? terminal.style('red', text) : text;
}

function decisionText({ modelName, explanation }: Decision): string {
  return modelName ? `${modelName}: ${explanation}` : explanation;
}

/** `12 to phi3:mini, 4 to gemma:2b`. */
function dispatchesText(run: readonly Decision[]): string {
  const counts = new Map<string, number>();
  for (const { modelName } of run) counts.set(modelName ?? '?', (counts.get(modelName ?? '?') ?? 0) + 1);
  const parts = [...counts].toSorted(([, a], [, b]) => b - a);
  return parts.map(([name, count]) => `${count} to ${name}`).join(', ');
}
