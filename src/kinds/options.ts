/** Ollama's options, by name: what of them a request may carry, and what decides how a model is loaded. */
import { z } from 'zod';
import type { Json, JsonObject } from '../domain/json.ts';
import { RUNNER_OPTION_NAMES } from '../domain/model.ts';
import type { ModelOptions } from '../domain/request.ts';
import { jsonObject, optional } from './fields.ts';
import { MOST_CONTEXT_TOKENS } from './wishes.ts';

/** Options of Ollama's that may be passed in `extra`, with their types; names that are not here are passed as they are. */
const EXTRA_OPTIONS: ReadonlyMap<string, 'integer' | 'number' | 'strings'> = new Map([
  ['num_keep', 'integer'],
  ['top_k', 'integer'],
  ['top_p', 'number'],
  ['min_p', 'number'],
  ['typical_p', 'number'],
  ['repeat_last_n', 'integer'],
  ['repeat_penalty', 'number'],
  ['presence_penalty', 'number'],
  ['frequency_penalty', 'number'],
  ['stop', 'strings'],
]);

/** Names in `extra` that have a field of their own. */
const NAMED_OPTIONS: ReadonlyMap<string, string> = new Map([
  ['num_predict', 'maxTokens'],
  ['seed', 'seed'],
  ['temperature', 'temperature'],
  ['num_ctx', 'contextLength'],
]);

/** Fields of a request, which Ollama ignores among the options. */
const REQUEST_FIELDS: ReadonlySet<string> = new Set([
  'format',
  'images',
  'raw',
  'shift',
  'suffix',
  'system',
  'think',
  'tools',
  'truncate',
]);

/** What decides how a model is loaded, or how long it stays. */
const SERVER_FIELDS: ReadonlySet<string> = new Set([...RUNNER_OPTION_NAMES, 'keep_alive']);

/** As Ollama's options are named. What else an object of JavaScript has is none. */
const OPTION_NAME = /^[A-Za-z][A-Za-z0-9_.-]{0,63}$/;

/** What clients send and Ollama would take for an error, or for something else, but that means one thing only. */
function mended(options: JsonObject): JsonObject {
  const given = Object.entries(options).filter(([, value]) => value !== null);
  return Object.fromEntries(given.map(([name, value]) => [name, name === 'stop' ? stops(value) : value]));
}

/** One text is a list of one, and no text ends an answer where it begins. */
function stops(value: Json | undefined): Json | undefined {
  const list = typeof value === 'string' ? [value] : value;
  return Array.isArray(list) ? list.filter((each) => each !== '') : list;
}

const extra = jsonObject.transform(mended).superRefine((options, context) => {
  for (const [name, value] of Object.entries(options)) {
    const problem = extraProblem(name, value);
    if (problem) context.addIssue({ code: 'custom', path: [name], message: problem });
  }
});

function extraProblem(name: string, value: unknown): string | null {
  if (!OPTION_NAME.test(name)) return 'is no name of an option.';
  const field = NAMED_OPTIONS.get(name);
  if (field) return `belongs in options.${field}.`;
  if (REQUEST_FIELDS.has(name))
    return 'is no option: give it beside options, where the kind of request has it.';
  if (SERVER_FIELDS.has(name))
    return 'is decided by the server, because changing it reloads the model for everyone.';
  switch (EXTRA_OPTIONS.get(name)) {
    case 'integer':
      return isInt32(value) ? null : 'must be a whole number of at most 32 bits.';
    case 'number':
      return typeof value === 'number' && Number.isFinite(value) ? null : 'must be a number.';
    case 'strings':
      return Array.isArray(value) && value.every((each) => typeof each === 'string')
        ? null
        : 'must be a list of strings.';
    default:
      return null;
  }
}

/** As engines read it: what is longer they would take for another number. */
function isInt32(value: unknown): boolean {
  return typeof value === 'number' && value === Math.trunc(value) && Math.abs(value) < 2 ** 31;
}

/** What Ollama takes for `num_predict` without an end: until the model stops, or until the context is full. */
const NO_LIMIT: ReadonlySet<number> = new Set([-1, -2]);

/** As the API's input has them. */
export const options = z.object({
  contextLength: optional(
    z
      .int('must be a whole number of tokens.')
      .min(1, 'must be at least 1.')
      .max(MOST_CONTEXT_TOKENS, 'is larger than any model bears.'),
  ),
  maxTokens: optional(
    z
      .int('must be a whole number.')
      .refine((count) => count >= 1 || NO_LIMIT.has(count), 'must be at least 1, or -1 for no limit.'),
  ),
  seed: optional(z.int('must be a whole number.')),
  temperature: optional(z.number().min(0, 'must not be negative.')),
  extra: optional(extra),
});
export type ApiOptions = z.output<typeof options> & ModelOptions;
