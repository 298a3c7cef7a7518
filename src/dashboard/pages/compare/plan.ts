/** What is compared, as it is set up; as a batch; and as that batch tells it afterwards. */
import { NO_SETTINGS, type Settings, settingsInput } from '../../asking/settings.ts';
import type { SubmitBatchInput, SubmitJobInput, ThinkLevel } from '../../generated/graphql.ts';

export interface Row {
  /** Of this row among those of the page. */
  readonly key: string;
  readonly text: string;
  readonly image: { readonly id: string; readonly name: string } | null;
}

export interface Plan {
  readonly name: string;
  /** Asked of every row, before its text. May be empty. */
  readonly question: string;
  readonly rows: readonly Row[];
  readonly models: readonly string[];
  readonly settings: Settings;
}

export const NO_PLAN: Plan = { name: '', question: '', rows: [], models: [], settings: NO_SETTINGS };

/** What `batches` finds comparisons by. */
export const KIND = 'comparison';

/** Of an answer, by people. */
export interface Rating {
  /** 1 to 5; absent: none. */
  readonly stars?: number;
  readonly note?: string;
}

export type Ratings = Readonly<Record<string, Rating>>;

/** What is kept with the batch. The texts themselves are those of its jobs, which come model by model, in the order of the rows. */
export interface Kept {
  readonly question: string;
  readonly rows: number;
  /** Names of the images of rows that have one, by the place of the row. */
  readonly images: Readonly<Record<string, string>>;
  readonly models: readonly string[];
  readonly settings: Settings;
  readonly ratings: Ratings;
}

/** Rows that ask something; one without an own text asks the question alone. */
export function filledRows({ question, rows }: Plan): readonly Row[] {
  const filled = rows.filter(({ image, text }) => image !== null || text.trim() !== '');
  if (filled.length > 0 || question.trim() === '') return filled;
  return [{ key: 'question', text: '', image: null }];
}

const SEPARATOR = '\n\n';

export function promptOf(question: string, text: string): string {
  return [question, text].filter((part) => part.trim() !== '').join(SEPARATOR);
}

/** What a prompt adds to the question. */
export function textOf(question: string, prompt: string): string {
  if (question.trim() === '') return prompt;
  if (prompt === question) return '';
  return prompt.startsWith(question + SEPARATOR) ? prompt.slice(question.length + SEPARATOR.length) : prompt;
}

export function nameOf(plan: Plan): string {
  const [row] = filledRows(plan);
  const text = [plan.name, plan.question, row?.text ?? '', row?.image?.name ?? '']
    .map((each) => each.trim().replace(/\s+/g, ' '))
    .find((each) => each !== '');
  return (text ?? 'Comparison').slice(0, 100);
}

export function batchOf(plan: Plan): SubmitBatchInput {
  const rows = filledRows(plan);
  const { options, system, think } = settingsInput(plan.settings);
  const jobs = plan.models.flatMap((model, column) =>
    rows.map(
      ({ image, text }, row): SubmitJobInput => ({
        model,
        metadata: { row, column },
        request: {
          generate: {
            // A picture alone is asked about, too.
            prompt: promptOf(plan.question, text) || 'Describe this image.',
            options,
            ...(image && { imageIds: [image.id] }),
            ...(system !== null && { system }),
            ...(think !== null && { think }),
          },
        },
      }),
    ),
  );
  const kept: Kept & { kind: string } = {
    kind: KIND,
    question: plan.question,
    rows: rows.length,
    images: Object.fromEntries(rows.flatMap(({ image }, row) => (image ? [[row, image.name]] : []))),
    models: plan.models,
    settings: plan.settings,
    ratings: {},
  };
  return { name: nameOf(plan), keep: true, metadata: kept, jobs };
}

/** Null for what is no comparison: anybody may write such a batch, so nothing of it is taken on trust. */
export function readKept(metadata: unknown): Kept | null {
  if (!isObject(metadata) || metadata.kind !== KIND) return null;
  const { question, rows, images, models, settings, ratings } = metadata;
  if (!Array.isArray(models) || !models.every((model) => typeof model === 'string')) return null;
  if (typeof rows !== 'number' || !(rows >= 0)) return null;
  return {
    question: typeof question === 'string' ? question : '',
    rows: Math.floor(rows),
    images: isObject(images) ? texts(images) : {},
    models,
    settings: isObject(settings) ? readSettings(settings) : NO_SETTINGS,
    ratings: isObject(ratings) ? readRatings(ratings) : {},
  };
}

export const cellKey = (row: number, column: number): string => `${row}:${column}`;

/** Where a job belongs, as it was submitted; null where it says nothing. */
export function placeOf(metadata: unknown): string | null {
  if (!isObject(metadata)) return null;
  const { column, row } = metadata;
  return typeof row === 'number' && typeof column === 'number' ? cellKey(row, column) : null;
}

/** What stands in the drafts of a browser. */
export function readPlan(value: unknown): Plan {
  if (!isObject(value)) return NO_PLAN;
  const { models, name, question, rows, settings } = value;
  return {
    name: typeof name === 'string' ? name : '',
    question: typeof question === 'string' ? question : '',
    models: Array.isArray(models) ? models.filter((model) => typeof model === 'string') : [],
    settings: isObject(settings) ? readSettings(settings) : NO_SETTINGS,
    rows: Array.isArray(rows) ? rows.flatMap(readRow) : [],
  };
}

function readRow(value: unknown): readonly Row[] {
  if (!isObject(value) || typeof value.text !== 'string' || typeof value.key !== 'string') return [];
  const { image, key, text } = value;
  const isImage = isObject(image) && typeof image.id === 'string' && typeof image.name === 'string';
  return [{ key, text, image: isImage ? { id: String(image.id), name: String(image.name) } : null }];
}

function readSettings(value: Readonly<Record<string, unknown>>): Settings {
  const { maxTokens, seed, system, temperature, think } = texts(value);
  const given = { maxTokens, seed, system, temperature, think: think as ThinkLevel | undefined };
  return { ...NO_SETTINGS, ...withoutAbsent(given) };
}

function readRatings(value: Readonly<Record<string, unknown>>): Ratings {
  return Object.fromEntries(
    Object.entries(value).flatMap(([cell, rating]) => {
      if (!isObject(rating)) return [];
      const { note, stars } = rating;
      const known = {
        ...(typeof stars === 'number' && stars >= 1 && stars <= 5 && { stars: Math.round(stars) }),
        ...(typeof note === 'string' && note !== '' && { note }),
      };
      return Object.keys(known).length === 0 ? [] : [[cell, known]];
    }),
  );
}

function texts(value: Readonly<Record<string, unknown>>): Readonly<Record<string, string>> {
  return Object.fromEntries(
    Object.entries(value).filter((entry): entry is [string, string] => typeof entry[1] === 'string'),
  );
}

function withoutAbsent<T extends object>(value: T): { [K in keyof T]?: NonNullable<T[K]> } {
  return Object.fromEntries(Object.entries(value).filter(([, each]) => each !== undefined)) as never;
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
