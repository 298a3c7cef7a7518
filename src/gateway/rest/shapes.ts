/** What ModelManager's REST takes and answers. Fields that it does not know are left out, as its first server did. */
import { z } from 'zod';

const REST_PRIORITIES = ['low', 'normal', 'high'] as const;

/** What a job can be there. Its clients poll until `complete` or `failed`, so that a cancelled job has to be one of them: it is `failed`. */
const REST_STATUSES = ['pending', 'queued', 'running', 'complete', 'failed'] as const;
export type RestStatus = (typeof REST_STATUSES)[number];

const instant = z.iso.datetime().describe('An instant in UTC, such as 2030-01-31T12:00:00.000Z.');

export const SUBMIT_REQUEST = z
  .object({
    model: z.string('must be text.'),
    prompt: z.string('must be text.'),
    priority: z.enum(REST_PRIORITIES, 'must be low, normal or high.').nullish(),
    images: z.array(z.string('must be text.'), 'must be a list.').nullish().describe('Images as base64.'),
    metadata: z
      .record(z.string(), z.unknown(), 'must be an object.')
      .nullish()
      .describe('Kept with the job.'),
  })
  .describe('A prompt for a model. For a model that only embeds, it is the text to embed.');

export const JOB_ANSWER = z.object({
  job_id: z.string(),
  status: z.enum(REST_STATUSES).describe('A cancelled job has failed.'),
  model: z.string(),
  result: z
    .union([z.string(), z.array(z.number()), z.array(z.array(z.number()))])
    .optional()
    .describe(
      'Of a complete job: its text, or of an embedding its vector (of several texts: their vectors).',
    ),
  error: z.string().optional().describe('Of a failed job.'),
  submitted_at: instant,
  completed_at: instant.optional(),
});
export type JobAnswer = z.infer<typeof JOB_ANSWER>;

const bytes = z.int().describe('Bytes.');
const jobs = z.int().describe('Jobs.');

export const STATS_ANSWER = z.object({
  running: z.boolean().describe('Whether jobs are started; false while the scheduler is paused.'),
  queue: z.object({
    total_jobs: jobs,
    by_status: z.object({ pending: jobs, queued: jobs, running: jobs, complete: jobs, failed: jobs }),
  }),
  resources: z.object({
    vram: z.object({ total: bytes, used: bytes, free: bytes }),
    loaded_models: z.array(z.string()),
  }),
});
export type StatsAnswer = z.infer<typeof STATS_ANSWER>;

export const HEALTH_ANSWER = z.object({
  status: z.enum(['healthy', 'degraded', 'stalled']),
  problems: z.array(z.object({ code: z.string(), message: z.string() })),
});
export type HealthAnswer = z.infer<typeof HEALTH_ANSWER>;
