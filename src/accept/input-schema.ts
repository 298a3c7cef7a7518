/** What may be submitted, as a schema: every limit of a job's input is here. */
import { z } from 'zod';
import { JOB_PRIORITIES } from '../domain/job.ts';
import { jsonProblem } from '../domain/json.ts';
import { RUNNER_OPTION_NAMES } from '../domain/model.ts';
import { imageProblem } from './images.ts';

export const MOST_JOBS_IN_BATCH = 1_000;
const MOST_METADATA_CHARACTERS = 64 * 1024;
const MOST_IMAGES = 64;

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
  'suffix',
  'system',
  'think',
  'tools',
  'truncate',
]);

/** What decides how a model is loaded, or how long it stays. */
const SERVER_FIELDS: ReadonlySet<string> = new Set([...RUNNER_OPTION_NAMES, 'keep_alive', 'shift']);

/** As Ollama's options are named. What else an object of JavaScript has is none. */
const OPTION_NAME = /^[A-Za-z][A-Za-z0-9_.-]{0,63}$/;

const optional = <T extends z.ZodType>(schema: T) =>
  schema.nullish().transform((value) => value ?? undefined);
/** Content. Half of a surrogate pair is replaced, as it would be on its way to the model. */
const text = z.string().transform((value) => value.toWellFormed());
const prose = text.refine((value) => value.trim() !== '', 'must not be empty.');
/** A name, which is looked up and compared, so that nothing in it may be replaced. */
const name = z
  .string()
  .refine(
    (value) => value.isWellFormed() && !value.includes('\0'),
    'must be text without half characters and NUL.',
  );
const filled = name.refine((value) => value.trim() !== '', 'must not be empty.');

/** Nothing else is asked of a value that is not even JSON, or is too deep to be looked at with recursion. */
const json: z.ZodType<unknown> = z.unknown().superRefine((value, context) => {
  const problem = jsonProblem(value);
  if (problem) context.addIssue({ code: 'custom', ...problem, path: [...problem.path], continue: false });
});

const jsonObject = json.refine(
  (value): value is Record<string, unknown> =>
    typeof value === 'object' && value !== null && !Array.isArray(value),
  { error: 'must be a JSON object.', abort: true },
);

const metadata = jsonObject.refine(
  (value) => JSON.stringify(value).length <= MOST_METADATA_CHARACTERS,
  `must be at most ${MOST_METADATA_CHARACTERS} characters as JSON.`,
);

/** What clients send and Ollama would take for an error, or for something else, but that means one thing only. */
function mended(options: Record<string, unknown>): Record<string, unknown> {
  const given = Object.entries(options).filter(([, value]) => value !== null);
  return Object.fromEntries(given.map(([name, value]) => [name, name === 'stop' ? stops(value) : value]));
}

/** One text is a list of one, and no text ends an answer where it begins. */
function stops(value: unknown): unknown {
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

const options = z.object({
  contextLength: optional(
    z
      .int('must be a whole number of tokens.')
      .min(1, 'must be at least 1.')
      .max(16_777_216, 'is larger than any model bears.'),
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

const format = json.refine(
  (value) => value === 'json' || (typeof value === 'object' && value !== null && !Array.isArray(value)),
  'must be "json" or a JSON Schema object.',
);

const thinkLevel = z.enum(['OFF', 'ON', 'LOW', 'MEDIUM', 'HIGH', 'MAX']);
const role = z.enum(['SYSTEM', 'USER', 'ASSISTANT', 'TOOL']);

const image = z.string().superRefine((value, context) => {
  const message = imageProblem(value);
  if (message) context.addIssue({ code: 'custom', message });
});
const images = optional(z.array(image).max(MOST_IMAGES, `at most ${MOST_IMAGES} images.`));

/** What a server would leave out without a word beside something else. */
const NEVER_TOGETHER = [
  ['raw', 'system', 'raw gives the prompt to the model as it is'],
  ['raw', 'suffix', 'raw gives the prompt to the model as it is'],
  ['suffix', 'system', 'a model that fills in sees the prompt and the suffix alone'],
] as const;

const prompted = z.object({
  prompt: prose,
  system: optional(text),
  suffix: optional(text),
  raw: optional(z.boolean()),
  truncate: optional(z.boolean()),
  format: optional(format),
  think: optional(thinkLevel),
  images,
  options: optional(options),
});
const generate = prompted.superRefine((fields, context) => {
  for (const [given, other, because] of NEVER_TOGETHER) {
    if (!fields[given] || !fields[other]) continue;
    context.addIssue({ code: 'custom', path: [other], message: `cannot go with ${given}: ${because}.` });
  }
});
const message = z.object({
  role,
  content: text,
  images,
  toolCalls: optional(json),
  toolName: optional(text),
});
const chat = z.object({
  messages: z.array(message).min(1, 'must have at least one message.'),
  tools: optional(z.array(jsonObject).max(256, 'at most 256 tools.')),
  truncate: optional(z.boolean()),
  format: optional(format),
  think: optional(thinkLevel),
  options: optional(options),
});
const embed = z.object({
  input: z.array(prose).min(1, 'must have at least one text.').max(10_000, 'at most 10,000 texts.'),
  truncate: optional(z.boolean()),
  dimensions: optional(z.int().min(1, 'must be at least 1.')),
  options: optional(options),
});
const request = z
  .object({ generate: optional(generate), chat: optional(chat), embed: optional(embed) })
  .refine(
    (request) => Object.values(request).filter((value) => value !== undefined).length === 1,
    'must have exactly one of generate, chat and embed.',
  );

const label = z.object({
  key: filled.max(64, 'at most 64 characters.'),
  value: name.max(256, 'at most 256 characters.'),
});

const labels = z
  .array(label)
  .max(32, 'at most 32 labels.')
  .refine((all) => new Set(all.map(({ key }) => key)).size === all.length, 'must not name a key twice.');

const idempotencyKey = filled.max(128, 'at most 128 characters.');

/** The schema of `SubmitJobInput`. Made once: a schema costs more to make than to use. */
export const submitJobSchema = z.object({
  model: filled.max(256, 'at most 256 characters.'),
  request,
  priority: optional(z.enum(JOB_PRIORITIES)),
  labels: optional(labels),
  metadata: optional(metadata),
  deadline: optional(z.coerce.date('must be an instant, for example 2030-01-31T12:00:00Z.')),
  idempotencyKey: optional(idempotencyKey),
  maxAttempts: optional(
    z.int('must be a whole number.').min(1, 'must be at least 1.').max(20, 'must be at most 20.'),
  ),
});

/** The schema of `SubmitBatchInput`, but for its jobs, which are read one by one. */
export const submitBatchSchema = z.object({
  name: optional(filled.max(256, 'at most 256 characters.')),
  idempotencyKey: optional(idempotencyKey),
  jobs: z
    .array(z.unknown())
    .min(1, 'must have at least one job.')
    .max(MOST_JOBS_IN_BATCH, `at most ${MOST_JOBS_IN_BATCH} jobs in a batch.`),
});

export type SubmitJobValues = z.output<typeof submitJobSchema>;
