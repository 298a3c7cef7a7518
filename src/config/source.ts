/** Where settings come from. Each source is checked by itself, so that a message can name the line, variable or flag. */
import { distance } from 'fastest-levenshtein';
import { z } from 'zod';
import { anyModels } from './backend-schema.ts';
import { commandModels } from './command.ts';
import { providerModels } from './provider.ts';
import { type Settings, settingsSchema } from './schema.ts';
import { shown } from './values.ts';

export type SettingPath = readonly (string | number)[];

export interface Source {
  readonly raw: unknown;
  /** The place of a setting for people: `vramkeeper.yaml:7: port`, `VRAMKEEPER_PORT`, `--port`. */
  place(path: SettingPath): string;
}

export type Checked =
  | { readonly ok: true; readonly settings: Settings }
  | { readonly ok: false; readonly problems: readonly string[] };

export function check(source: Source): Checked {
  const result = settingsSchema.safeParse(source.raw, { reportInput: true });
  if (result.success) return { ok: true, settings: result.data };
  return { ok: false, problems: result.error.issues.flatMap((issue) => describe(issue, source)) };
}

function describe(issue: z.core.$ZodIssue, source: Source): readonly string[] {
  const path = issue.path.filter((part) => typeof part !== 'symbol');
  if (issue.code === 'unrecognized_keys')
    return issue.keys.map((key) => `${source.place([...path, key])}: ${unknownKey(key, keysAt(path))}`);
  if (issue.code === 'invalid_type' && issue.expected === 'object' && issue.input !== undefined)
    return [`${source.place(path)}: ${shown(issue.input)} is not a group of settings.`];
  const missing = issue.input === undefined && issue.code !== 'custom';
  return [`${source.place(path)}: ${missing ? 'is missing.' : issue.message}`];
}

/** The sentence for a key that nobody knows. */
export function unknownKey(key: string, known: readonly string[]): string {
  const near = closest(key, known);
  return near
    ? `is not a setting. Did you mean ${near}?`
    : `is not a setting. ${known.length > 0 ? `There are ${known.join(', ')}.` : 'Remove it.'}`;
}

/** The known word nearest to `word`, or null when none is near. */
function closest(word: string, known: readonly string[]): string | null {
  let best: { readonly name: string; readonly score: number } | null = null;
  for (const name of known) {
    const score = distance(word.toLowerCase(), name.toLowerCase());
    if (score <= Math.max(2, Math.floor(name.length / 3)) && (!best || score < best.score))
      best = { name, score };
  }
  return best?.name ?? null;
}

/** The keys that the schema has at `path`, without those of later versions. */
export function keysAt(path: SettingPath): readonly string[] {
  let schemas: readonly unknown[] = alternatives(settingsSchema);
  for (const part of path) schemas = schemas.flatMap((schema) => alternatives(below(schema, part)));
  const keys = schemas.flatMap((schema) => {
    if (!(schema instanceof z.ZodObject)) return [];
    return Object.keys(schema.shape).filter((key) => !(bare(schema.shape[key]) instanceof z.ZodNever));
  });
  return [...new Set(keys)];
}

function below(schema: unknown, part: string | number): unknown {
  if (schema instanceof z.ZodObject) return schema.shape[String(part)];
  if (schema instanceof z.ZodArray) return schema.element;
  return schema instanceof z.ZodRecord ? schema.valueType : undefined;
}

/** What is written differently by the type of its backend has several. */
function alternatives(schema: unknown): readonly unknown[] {
  const inner = bare(schema);
  return inner === anyModels ? [commandModels, providerModels].map(bare) : [inner];
}

function bare(schema: unknown): unknown {
  if (schema instanceof z.ZodOptional) return bare(schema.unwrap());
  return schema instanceof z.ZodPipe ? bare(schema.in) : schema;
}

/** `backends[0].gpus[1].total`; model names with dots or colons in quotes. */
export function pathText(path: SettingPath): string {
  return path.reduce<string>((text, part) => {
    if (typeof part === 'number') return `${text}[${part}]`;
    if (!/^[\w-]+$/.test(part)) return `${text}[${JSON.stringify(part)}]`;
    return text ? `${text}.${part}` : part;
  }, '');
}
