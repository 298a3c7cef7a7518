/**
 * Recorded jobs from a table with a comma between its columns: those of Azure's traces of inference (TIMESTAMP, ContextTokens,
 * GeneratedTokens), with the model, the client and the priority where they were recorded.
 */

import { messageOf } from '../../domain/errors.ts';
import { JOB_PRIORITIES, type JobPriority } from '../../domain/job.ts';
import { parseBytes } from '../../domain/units.ts';
import { InvalidTraceError } from '../errors.ts';

export interface TraceJob {
  /** Since the first of them. */
  readonly arrivalMs: number;
  readonly promptTokens: number;
  readonly outputTokens: number;
  /** What it took, where that was recorded; null to go by its tokens. */
  readonly workMs: number | null;
  readonly model: string | null;
  /** What its model takes, where the table tells. */
  readonly modelBytes: number | null;
  readonly client: string | null;
  readonly priority: JobPriority | null;
}

/** By the heads of columns, in small letters. */
const HEADS = {
  time: ['timestamp', 'arrivalseconds', 'time'],
  promptTokens: ['contexttokens', 'prompttokens'],
  outputTokens: ['generatedtokens', 'outputtokens'],
  model: ['model'],
  modelBytes: ['modelbytes'],
  client: ['client'],
  priority: ['priority'],
} as const satisfies Readonly<Record<string, readonly string[]>>;

const NEEDED = ['time', 'promptTokens', 'outputTokens'] as const;

/** In order of arrival. @throws InvalidTraceError that names the line */
export function parseTrace(text: string, file: string): readonly TraceJob[] {
  const lines = text.split(/\r?\n/);
  const columns = columnsOf(lines[0] ?? '', file);
  const rows = lines.slice(1).flatMap((line, i) => {
    if (line.trim() === '') return [];
    return [rowOf(cellsOf(line), columns, new Place(file, i + 2))];
  });
  if (rows.length === 0) throw new InvalidTraceError(`${file} has no jobs below its first line.`);
  const firstMs = rows.reduce((least, { arrivalMs }) => Math.min(least, arrivalMs), Number.POSITIVE_INFINITY);
  return rows
    .map((row) => ({ ...row, arrivalMs: row.arrivalMs - firstMs }))
    .sort((a, b) => a.arrivalMs - b.arrivalMs);
}

type Columns = Readonly<Record<keyof typeof HEADS, number>>;

function columnsOf(head: string, file: string): Columns {
  const names = cellsOf(head).map((name) => name.replace(/^\uFEFF/, '').toLowerCase());
  const find = (known: readonly string[]) => names.findIndex((name) => known.includes(name));
  const columns = Object.fromEntries(
    Object.entries(HEADS).map(([key, known]) => [key, find(known)]),
  ) as Columns;
  const missing = NEEDED.filter((key) => columns[key] < 0);
  if (missing.length > 0)
    throw new InvalidTraceError(
      `${file}, line 1: there is no column for ${missing.map((key) => HEADS[key].join(' or ')).join(', none for ')}. The first line names the columns: TIMESTAMP,ContextTokens,GeneratedTokens, and model, modelBytes, client and priority where they are known.`,
    );
  return columns;
}

class Place {
  readonly #file: string;
  readonly #line: number;

  constructor(file: string, line: number) {
    this.#file = file;
    this.#line = line;
  }

  wrong(what: string): InvalidTraceError {
    return new InvalidTraceError(`${this.#file}, line ${this.#line}: ${what}`);
  }
}

function rowOf(cells: readonly string[], columns: Columns, place: Place): TraceJob {
  const cell = (key: keyof Columns) => (columns[key] < 0 ? '' : (cells[columns[key]] ?? ''));
  const tokens = (key: 'promptTokens' | 'outputTokens') => {
    const value = Number(cell(key));
    if (cell(key) === '' || !Number.isSafeInteger(value) || value < 0)
      throw place.wrong(`"${cell(key)}" is no number of tokens. It has to be a whole number from 0.`);
    return value;
  };
  return {
    arrivalMs: instantOf(cell('time'), place),
    promptTokens: tokens('promptTokens'),
    outputTokens: tokens('outputTokens'),
    workMs: null,
    model: cell('model') || null,
    modelBytes: bytesOf(cell('modelBytes'), place),
    client: cell('client') || null,
    priority: priorityOf(cell('priority'), place),
  };
}

/** Seconds, or a date and time; without a zone UTC. */
function instantOf(text: string, place: Place): number {
  const seconds = text === '' ? Number.NaN : Number(text);
  const zoned = /([zZ]|[+-]\d\d:?\d\d)$/.test(text) ? text : `${text}Z`;
  const ms = Number.isFinite(seconds) ? 1_000 * seconds : Date.parse(zoned.replace(' ', 'T'));
  if (!Number.isFinite(ms))
    throw place.wrong(`"${text}" is no time. Write seconds, or a date such as 2023-11-16 18:17:03.98.`);
  return ms;
}

function bytesOf(text: string, place: Place): number | null {
  if (text === '') return null;
  try {
    const bytes = parseBytes(text);
    if (bytes > 0) return bytes;
  } catch (error) {
    throw place.wrong(messageOf(error));
  }
  throw place.wrong('A model takes more than 0 bytes.');
}

function priorityOf(text: string, place: Place): JobPriority | null {
  if (text === '') return null;
  const priority = JOB_PRIORITIES.find((each) => each === text.toUpperCase());
  if (!priority) throw place.wrong(`"${text}" is no priority. Use HIGH, NORMAL or LOW.`);
  return priority;
}

/** What stands in quotation marks may have commas in it. */
function cellsOf(line: string): readonly string[] {
  const cells = line.match(/("(?:[^"]|"")*"|[^,]*)(?:,|$)/g) ?? [];
  return cells
    .slice(0, line.endsWith(',') ? cells.length : -1)
    .map((cell) => cell.replace(/,$/, '').trim())
    .map((cell) => (/^".*"$/.test(cell) ? cell.slice(1, -1).replaceAll('""', '"') : cell));
}
