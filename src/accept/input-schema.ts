/** What may be submitted, as a schema: every limit of a job is here, but for those of its request, which its kind has. */
import { z } from 'zod';
import { JOB_PRIORITIES } from '../domain/job.ts';
import { taskModelName } from '../domain/task.ts';
import { filled, jsonObject, name, optional } from '../kinds/fields.ts';
import { requestSchema } from '../kinds/read-request.ts';

export const MOST_JOBS_IN_BATCH = 1_000;
const MOST_AFTER_MS = 30 * 86_400_000;
const MOST_METADATA_CHARACTERS = 64 * 1024;

const metadata = jsonObject.refine(
  (value) => JSON.stringify(value).length <= MOST_METADATA_CHARACTERS,
  `must be at most ${MOST_METADATA_CHARACTERS} characters as JSON.`,
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

const MOST_FALLBACKS = 8;

/** The schema of `FallbackInput`. */
const fallback = z
  .object({
    models: z
      .array(filled.max(256, 'at most 256 characters.'))
      .min(1, 'must name at least one model.')
      .max(MOST_FALLBACKS, `at most ${MOST_FALLBACKS} models.`),
    after: optional(
      z
        .number('must be a duration.')
        .min(0, 'must not be negative.')
        .max(MOST_AFTER_MS, 'more than 30 days.'),
    ),
  })
  .transform(({ models, after }) => ({ models, afterMs: after ?? null }));

/** Of a job whose fallback was decoded already. */
const decodedFallback = z.object({
  models: z.array(z.string()).max(MOST_FALLBACKS, `at most ${MOST_FALLBACKS} models.`),
  afterMs: z.number().min(0).max(MOST_AFTER_MS).nullable(),
});

/** Everything of a job but its request. */
const job = {
  model: filled.max(256, 'at most 256 characters.'),
  priority: optional(z.enum(JOB_PRIORITIES)),
  cache: optional(z.boolean()),
  labels: optional(labels),
  metadata: optional(metadata),
  deadline: optional(z.coerce.date('must be an instant, for example 2030-01-31T12:00:00Z.')),
  idempotencyKey: optional(idempotencyKey),
  maxAttempts: optional(
    z.int('must be a whole number.').min(1, 'must be at least 1.').max(20, 'must be at most 20.'),
  ),
};

/** Looked at beside whatever else is wrong, so that all of it is said at once. */
const beside = {
  path: ['model'],
  when: ({ value }: { readonly value: unknown }) => typeof value === 'object' && value !== null,
};

/** The schema of `SubmitJobInput`. Made once: a schema costs more to make than to use. */
export const submitJobSchema = z
  .object({
    ...job,
    model: optional(job.model),
    task: optional(job.model),
    fallback: optional(fallback),
    request: requestSchema,
  })
  .refine(({ model, task }) => (model ?? task ?? null) !== null, {
    ...beside,
    error: 'is missing: name a model, or a task.',
  })
  .refine(({ model, task }) => (model ?? null) === null || (task ?? null) === null, {
    ...beside,
    error: 'is named beside a task: name one of both.',
  })
  .transform(({ request: { request, wishes }, model, task, ...rest }) => ({
    ...rest,
    model: task === undefined ? (model ?? '') : taskModelName(task),
    request,
    wishes,
  }));

/** Of a job whose request was decoded already. */
export const jobSchema = z.object({ ...job, fallback: optional(decodedFallback) });

const batchName = filled.max(256, 'at most 256 characters.');

/** The schema of what is changed of a batch. What is absent stays; null leaves nothing of it. */
export const batchChangeSchema = z.object({
  name: batchName.nullish(),
  kept: optional(z.boolean()),
  metadata: metadata.nullish(),
});

/** The schema of `SubmitBatchInput`, but for its jobs, which are read one by one. */
export const batchSchema = z.object({
  name: optional(batchName),
  keep: optional(z.boolean()),
  metadata: optional(metadata),
  idempotencyKey: optional(idempotencyKey),
  jobs: z
    .array(z.unknown())
    .min(1, 'must have at least one job.')
    .max(MOST_JOBS_IN_BATCH, `at most ${MOST_JOBS_IN_BATCH} jobs in a batch.`),
});
