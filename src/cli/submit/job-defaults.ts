/** What flags say of jobs: everything of the one that is typed, and of those of a file what their lines leave open. */
import { readFile } from 'node:fs/promises';
import type { SubmitJobInput, ThinkLevel } from '../../client/generated/graphql.ts';
import type { Clock } from '../../clock.ts';
import { parseDuration } from '../../config/duration.ts';
import { messageOf } from '../../domain/errors.ts';
import type { JobPriority } from '../../domain/job.ts';
import { CommandError, UsageError } from '../exit.ts';
import { parsePriority } from '../jobs/priority-name.ts';
import { thinkLevelOf } from '../jobs/think-level.ts';
import { isObject } from './json-object.ts';

/** As they were typed. */
export interface JobFlags {
  readonly priority?: string;
  readonly context?: number;
  readonly system?: string;
  readonly maxTokens?: number;
  readonly temperature?: number;
  readonly seed?: number;
  readonly format?: string;
  readonly stop?: readonly string[];
  readonly think?: string;
  readonly truncate?: boolean;
  readonly metadata?: readonly string[];
  readonly deadline?: string;
  readonly fallback?: readonly string[];
  readonly fallbackAfter?: string;
}

export interface JobDefaults {
  readonly priority?: JobPriority;
  readonly system?: string;
  readonly format?: unknown;
  readonly think?: ThinkLevel;
  readonly truncate?: boolean;
  readonly metadata?: Readonly<Record<string, unknown>>;
  /** RFC 3339. */
  readonly deadline?: string;
  readonly fallback?: NonNullable<SubmitJobInput['fallback']>;
  readonly options: Options;
}

type Options = NonNullable<NonNullable<SubmitJobInput['request']['generate']>['options']>;

/** @throws UsageError, and CommandError for a file that cannot be read */
export async function jobDefaults(flags: JobFlags, clock: Clock): Promise<JobDefaults> {
  const { priority, context, system, maxTokens, temperature, seed, format, stop, think, truncate } = flags;
  return {
    ...defined({
      priority: priority === undefined ? undefined : parsePriority(priority),
      system,
      format: format === undefined ? undefined : await parseFormat(format),
      think: think === undefined ? undefined : thinkLevelOf(think),
      truncate,
      metadata: flags.metadata === undefined ? undefined : parseMetadata(flags.metadata),
      deadline: flags.deadline === undefined ? undefined : parseDeadline(flags.deadline, clock),
      fallback: parseFallback(flags),
    }),
    options: defined({
      contextLength: context,
      maxTokens,
      temperature,
      seed,
      extra: stop?.length ? { stop: [...stop] } : undefined,
    }),
  };
}

/** The job with what it leaves open. */
export function withDefaults(job: SubmitJobInput, defaults: JobDefaults): SubmitJobInput {
  const { priority, metadata, deadline, fallback } = defaults;
  return {
    ...defined({ priority, deadline, fallback }),
    ...job,
    ...(metadata === undefined ? {} : { metadata: merged(metadata, job.metadata) }),
    request: requestWith(job.request, defaults),
  };
}

function parseFallback({ fallback, fallbackAfter }: JobFlags): JobDefaults['fallback'] {
  if (!fallback?.length) {
    if (fallbackAfter === undefined) return undefined;
    throw new UsageError('--fallback-after says when another model does it: name one with --fallback.');
  }
  if (fallbackAfter === undefined) return { models: [...fallback] };
  try {
    return { models: [...fallback], after: parseDuration(fallbackAfter) };
  } catch (error) {
    throw new UsageError(`--fallback-after: ${messageOf(error)}`, { cause: error });
  }
}

/** Flags that only say how a text is produced: an embedding has no use for them. */
export function textFlags(flags: JobFlags): readonly string[] {
  const names = [
    ['--system', flags.system],
    ['--max-tokens', flags.maxTokens],
    ['--temperature', flags.temperature],
    ['--format', flags.format],
    ['--stop', flags.stop],
    ['--think', flags.think],
  ] as const;
  return names.flatMap(([name, value]) => (value === undefined ? [] : [name]));
}

type Request = SubmitJobInput['request'];

function requestWith(request: Request, { system, format, think, truncate, options }: JobDefaults): Request {
  const { generate, chat, embed, ...others } = request;
  const form = defined({ format, think, truncate });
  if (generate)
    return {
      generate: { ...form, ...defined({ system }), ...generate, ...optionsWith(generate.options, options) },
    };
  if (chat) {
    const hasSystem = chat.messages.some(({ role }) => role === 'SYSTEM');
    const first = system === undefined || hasSystem ? [] : [{ role: 'SYSTEM' as const, content: system }];
    return {
      chat: {
        ...form,
        ...chat,
        messages: [...first, ...chat.messages],
        ...optionsWith(chat.options, options),
      },
    };
  }
  if (embed) {
    const { contextLength } = options;
    return {
      embed: {
        ...defined({ truncate }),
        ...embed,
        ...optionsWith(embed.options, defined({ contextLength })),
      },
    };
  }
  // None of the kinds: for the server to refuse.
  others satisfies Readonly<Record<string, never>>;
  return request;
}

function optionsWith(own: Options | null | undefined, options: Options): { readonly options?: Options } {
  if (Object.keys(options).length === 0) return {};
  const extra = options.extra === undefined ? {} : { extra: merged(options.extra, own?.extra) };
  return { options: { ...options, ...own, ...extra } };
}

/** What is not an object is left for the server to refuse. */
function merged(defaults: unknown, own: unknown): unknown {
  if (own === undefined || own === null) return defaults;
  return isObject(own) && isObject(defaults) ? { ...defaults, ...own } : own;
}

function defined<T extends object>(fields: T): { [K in keyof T]?: Exclude<T[K], undefined> } {
  const entries = Object.entries(fields).filter(([, value]) => value !== undefined);
  return Object.fromEntries(entries) as { [K in keyof T]?: Exclude<T[K], undefined> };
}

/** `json`, a JSON Schema, or a file that holds one. */
export async function parseFormat(text: string): Promise<unknown> {
  if (text.trim() === 'json') return 'json';
  const isInline = text.trimStart().startsWith('{');
  const schema = isInline ? text : await schemaText(text);
  let value: unknown;
  try {
    value = JSON.parse(schema);
  } catch (error) {
    throw new CommandError(`${isInline ? '--format' : text} is not JSON: ${messageOf(error)}.`, {
      cause: error,
    });
  }
  if (isObject(value)) return value;
  throw new CommandError(`${isInline ? '--format' : text} holds no JSON Schema: that is a JSON object.`);
}

async function schemaText(file: string): Promise<string> {
  try {
    return await readFile(file, 'utf8');
  } catch (error) {
    throw new CommandError(
      `--format takes json or a file with a JSON Schema, and ${file} cannot be read: ${messageOf(error)}.`,
      { cause: error },
    );
  }
}

function parseMetadata(texts: readonly string[]): Readonly<Record<string, unknown>> {
  return Object.assign({}, ...texts.map(metadataOf));
}

function metadataOf(text: string): Readonly<Record<string, unknown>> {
  if (text.trimStart().startsWith('{')) {
    try {
      const value: unknown = JSON.parse(text);
      if (isObject(value)) return value;
    } catch (error) {
      throw new UsageError(`--metadata is not JSON: ${messageOf(error)}.`, { cause: error });
    }
  }
  const at = text.indexOf('=');
  if (at < 1) throw new UsageError(`--metadata takes NAME=VALUE or a JSON object, not "${text}".`);
  return { [text.slice(0, at)]: text.slice(at + 1) };
}

const TIME_OF_DAY = /^([01]?\d|2[0-3]):([0-5]\d)$/;

/** A duration from now, a time of day or an instant, in the zone of this machine where it names none. */
function parseDeadline(text: string, clock: Clock): string {
  const now = clock.now();
  const at = TIME_OF_DAY.test(text) ? nextTimeOfDay(text, now) : (durationOf(text, now) ?? Date.parse(text));
  if (!Number.isFinite(at))
    throw new UsageError(
      `"${text}" is no deadline. Write how long from now, such as 2h, or when: 18:30, 2030-01-31T12:00.`,
    );
  if (at <= now) throw new UsageError(`The deadline ${text} has passed.`);
  return new Date(at).toISOString();
}

function durationOf(text: string, now: number): number | null {
  try {
    return /[a-z]\s*$/i.test(text) && !text.includes('T') ? now + parseDuration(text) : null;
  } catch {
    return null;
  }
}

function nextTimeOfDay(text: string, now: number): number {
  const [, hours, minutes] = TIME_OF_DAY.exec(text) ?? [];
  const at = new Date(now);
  at.setHours(Number(hours), Number(minutes), 0, 0);
  if (at.getTime() <= now) at.setDate(at.getDate() + 1);
  return at.getTime();
}
