/** What a model is, in sections and in the words of `ollama show`. */
import type { ShowModelQuery } from '../../client/generated/graphql.ts';
import { greatest } from '../../domain/long-lists.ts';
import { cleanedLines, widthOf } from '../terminal/text.ts';
import { wrapped } from '../terminal/wrapped.ts';

type ShownModel = NonNullable<ShowModelQuery['model']>;
export type ModelDetails = Extract<ShownModel['details'], { readonly __typename: 'ModelDetails' }>;

type Row = readonly string[];

/** Of no rows it is left out. */
export interface Section {
  readonly head: string;
  /** Columns of each; the last one takes what room there is. */
  readonly rows: readonly Row[];
}

/** Of texts that may be long the first lines say what they are. */
const FIRST_LINES = 2;
/** Of a list among the metadata, the first entries. */
const FIRST_ENTRIES = 3;

export function modelSections(
  model: Omit<ShownModel, 'details'>,
  details: ModelDetails | null,
  verbose: boolean,
): readonly Section[] {
  return [
    { head: 'Model', rows: modelRows(model, details) },
    { head: 'Projector', rows: projectorRows(recordOf(details?.projectorInfo)) },
    {
      head: 'Capabilities',
      rows: (details?.capabilities ?? model.capabilities.map((one) => one.toLowerCase())).map((one) => [one]),
    },
    { head: 'Parameters', rows: filledLines(details?.parameters).map(parameterRow) },
    { head: 'Metadata', rows: verbose ? metadataRows(recordOf(details?.modelInfo)) : [] },
    { head: 'Tensors', rows: verbose ? tensorRows(details?.tensors) : [] },
    { head: 'System', rows: firstLines(details?.system) },
    { head: 'License', rows: firstLines(details?.license) },
  ];
}

/** @param columns of a line; null for as many as it takes */
export function sectionText({ head, rows }: Section, columns: number | null): string {
  const widths = (rows[0] ?? []).map((_, column) => greatest(rows.map((row) => widthOf(row[column] ?? ''))));
  const lines = rows.map((row) => {
    const before = row.slice(0, -1).map((text, column) => padded(text, (widths[column] ?? 0) + GAP));
    const indent = INDENT + before.reduce((sum, text) => sum + widthOf(text), 0);
    return wrapped(`${' '.repeat(INDENT)}${before.join('')}${row.at(-1) ?? ''}`, columns, indent);
  });
  return [`  ${head}`, ...lines].join('\n');
}

const INDENT = 4;
const GAP = 4;

function padded(text: string, width: number): string {
  return text + ' '.repeat(Math.max(0, width - widthOf(text)));
}

function modelRows(model: Omit<ShownModel, 'details'>, details: ModelDetails | null): readonly Row[] {
  const info = recordOf(details?.modelInfo);
  const architecture = textOf(info['general.architecture']) ?? model.family;
  const of = (key: string) => textOf(info[`${architecture}.${key}`]);
  return known([
    ['architecture', architecture],
    ['parameters', model.parameterSize ?? countText(info['general.parameter_count'])],
    ['context length', of('context_length') ?? textOf(model.contextLength)],
    ['embedding length', of('embedding_length')],
    ['quantization', model.quantization],
  ]);
}

function projectorRows(info: Readonly<Record<string, unknown>>): readonly Row[] {
  const architecture = textOf(info['general.architecture']);
  return known([
    ['architecture', architecture],
    ['parameters', countText(info['general.parameter_count'])],
    ['embedding length', textOf(info[`${architecture}.vision.embedding_length`])],
    ['dimensions', textOf(info[`${architecture}.vision.projection_dim`])],
  ]);
}

function known(rows: readonly (readonly [string, string | null | undefined])[]): readonly Row[] {
  return rows.flatMap(([name, value]) => (value ? [[name, ...cleanedLines(value)]] : []));
}

/** `name<spaces>value`, of which the value may hold spaces. */
function parameterRow(line: string): Row {
  const [, name = line, value = ''] = /^(\S+)\s+(.*)$/.exec(line) ?? [];
  return [name, value];
}

function metadataRows(info: Readonly<Record<string, unknown>>): readonly Row[] {
  return Object.entries(info)
    .toSorted(([a], [b]) => (a < b ? -1 : 1))
    .map(([name, value]) => [...cleanedLines(name), ...cleanedLines(valueText(value))].slice(0, 2));
}

/** Those of a list of which one name was asked for. */
function tensorRows(tensors: unknown): readonly Row[] {
  if (!Array.isArray(tensors)) return [];
  return tensors
    .map(recordOf)
    .map(({ name, type, shape }) =>
      [textOf(name), textOf(type), JSON.stringify(shape)].map((text) => cleanedLines(text ?? '')[0] ?? ''),
    );
}

function valueText(value: unknown): string {
  if (!Array.isArray(value)) return typeof value === 'string' ? value : JSON.stringify(value);
  const first = value.slice(0, FIRST_ENTRIES).map((one) => JSON.stringify(one));
  const more = value.length - first.length;
  return `[${first.join(' ')}${more > 0 ? ` ...+${more} more` : ''}]`;
}

function firstLines(text: string | null | undefined): readonly Row[] {
  const lines = filledLines(text);
  const rows = lines.slice(0, FIRST_LINES).map((line) => [line]);
  return lines.length > FIRST_LINES ? [...rows, ['...']] : rows;
}

function filledLines(text: string | null | undefined): readonly string[] {
  return cleanedLines(text ?? '').flatMap((line) => line.trim() || []);
}

/** As people write numbers of parameters: `7.2B`, `311.8M`. */
function countText(count: unknown): string | null {
  if (typeof count !== 'number') return null;
  const units = [
    [1e12, 'T'],
    [1e9, 'B'],
    [1e6, 'M'],
    [1e3, 'K'],
  ] as const;
  const unit = units.find(([size]) => count >= size);
  if (!unit) return String(count);
  const value = count / unit[0];
  return `${value >= 100 ? value.toFixed(0) : value.toFixed(1)}${unit[1]}`;
}

function textOf(value: unknown): string | null {
  return typeof value === 'string' || typeof value === 'number' ? String(value) : null;
}

function recordOf(value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null ? (value as Readonly<Record<string, unknown>>) : {};
}
