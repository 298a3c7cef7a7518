/** A comparison as a file: for spreadsheets, for programs, for people. */
import { type Cells, figuresOf } from './cells.ts';
import { writeCsv } from './csv.ts';
import type { Input } from './inputs.ts';
import { cellKey, type Kept, promptOf, type Ratings } from './plan.ts';

export interface Exported {
  readonly name: string;
  readonly kept: Kept;
  readonly inputs: readonly Input[];
  readonly cells: Cells;
  readonly ratings: Ratings;
}

interface Line {
  readonly row: number;
  readonly prompt: string;
  readonly image: string | null;
  readonly model: string;
  readonly status: string | null;
  readonly answer: string;
  readonly thinking: string;
  readonly failure: string | null;
  readonly tokens: number | null;
  readonly tokensPerSecond: number | null;
  readonly firstTokenMs: number | null;
  readonly runMs: number | null;
  readonly stars: number | null;
  readonly note: string | null;
  readonly jobId: string | null;
}

function linesOf({ cells, inputs, kept, ratings }: Exported): readonly Line[] {
  return Array.from({ length: kept.rows }, (_, row) => row).flatMap((row) =>
    kept.models.map((model, column): Line => {
      const place = cellKey(row, column);
      const cell = cells.at.get(place);
      const input = inputs[row];
      const rating = ratings[place];
      const none = { tokens: null, tokensPerSecond: null, firstTokenMs: null, runMs: null };
      return {
        row: row + 1,
        prompt: promptOf(kept.question, input?.text ?? ''),
        image: input?.image?.name ?? null,
        model,
        status: cell?.job.status ?? null,
        answer: cell?.said.text ?? '',
        thinking: cell?.said.thinking ?? '',
        failure: cell?.job.failure?.message ?? null,
        ...(cell ? figuresOf(cell.job) : none),
        stars: rating?.stars ?? null,
        note: rating?.note ?? null,
        jobId: cell?.job.id ?? null,
      };
    }),
  );
}

const COLUMNS = [
  'row',
  'prompt',
  'image',
  'model',
  'status',
  'answer',
  'thinking',
  'failure',
  'tokens',
  'tokensPerSecond',
  'firstTokenMs',
  'runMs',
  'stars',
  'note',
  'jobId',
] as const satisfies readonly (keyof Line)[];

export function asCsv(exported: Exported): string {
  return writeCsv([COLUMNS, ...linesOf(exported).map((line) => COLUMNS.map((column) => line[column]))]);
}

export function asJson(exported: Exported): string {
  const { kept, name } = exported;
  const { models, question, settings } = kept;
  return `${JSON.stringify({ name, question, models, settings, answers: linesOf(exported) }, null, 2)}\n`;
}

export function asMarkdown(exported: Exported): string {
  const { kept, name } = exported;
  const rows = Map.groupBy(linesOf(exported), ({ row }) => row);
  const parts = [...rows].map(([row, lines]) => {
    const [first] = lines;
    const image = first?.image == null ? '' : `Image: ${first.image}\n\n`;
    return `## ${row}\n\n${image}${quoted(first?.prompt ?? '')}\n${lines.map(answerOf).join('')}`;
  });
  return `# ${name}\n\n${kept.models.map((model) => `- ${model}\n`).join('')}\n${parts.join('\n')}`;
}

function answerOf({ answer, failure, model, note, stars, tokens, tokensPerSecond }: Line): string {
  const figures = [
    stars === null ? null : `${'★'.repeat(stars)}${'☆'.repeat(5 - stars)}`,
    tokens === null ? null : `${tokens} tokens`,
    tokensPerSecond === null ? null : `${tokensPerSecond.toFixed(1)} tokens a second`,
    note,
  ].filter((each) => each !== null);
  const said = failure === null ? answer : `**Failed:** ${failure}`;
  return `\n### ${model}\n\n${said}\n${figures.length === 0 ? '' : `\n_${figures.join(' · ')}_\n`}`;
}

const quoted = (text: string) =>
  `${text
    .split('\n')
    .map((line) => `> ${line}`)
    .join('\n')}\n`;
