/** The shapes of Ollama's answers, as far as they are used. Older and newer versions leave fields out: those are optional here. */
import { z } from 'zod';
import type { JsonObject } from '../../domain/json.ts';

/** An answer that is passed on as it came: it was parsed from JSON, so it is an object or it is not. */
export const rawAnswer = z.custom<JsonObject>(
  (value) => value !== null && typeof value === 'object' && !Array.isArray(value),
);
export const rawTags = z.object({ models: z.array(rawAnswer).nullable() });

export const versionAnswer = z.object({ version: z.string() });

export const psAnswer = z.object({
  models: z
    .array(
      z.object({
        name: z.string(),
        digest: z.string().default(''),
        size: z.number(),
        size_vram: z.number().default(0),
        context_length: z.number().optional(),
        expires_at: z.string().optional(),
      }),
    )
    .nullable(),
});
export type PsModel = NonNullable<z.infer<typeof psAnswer>['models']>[number];

const details = z
  .object({
    family: z.string().optional(),
    parameter_size: z.string().optional(),
    quantization_level: z.string().optional(),
    context_length: z.number().optional(),
  })
  .default({});

export const tagsAnswer = z.object({
  models: z
    .array(
      z.object({
        name: z.string(),
        digest: z.string(),
        size: z.number(),
        modified_at: z.string().optional(),
        details,
        capabilities: z.array(z.string()).nullish(),
        remote_model: z.string().optional(),
        remote_host: z.string().optional(),
      }),
    )
    .nullable(),
});
export type TagsModel = NonNullable<z.infer<typeof tagsAnswer>['models']>[number];

/** Models that run elsewhere use none of this host's memory. */
export function isLocal(model: TagsModel): boolean {
  return !model.remote_host && !model.remote_model;
}

export const showAnswer = z.object({
  modelfile: z.string().default(''),
  parameters: z.string().default(''),
  model_info: z.record(z.string(), z.unknown()).nullish(),
  tensors: z
    .array(z.object({ name: z.string(), type: z.string().default(''), shape: z.array(z.number()) }))
    .nullish(),
  capabilities: z.array(z.string()).nullish(),
});
export type ShowAnswer = z.infer<typeof showAnswer>;

/** An answer without output: to a load, an unload, or a new keep-alive. */
export const emptyAnswer = z.object({ done: z.boolean().default(true) });

/** A piece of a stream. Zero counts and durations are absent. */
export const chunk = z.object({
  response: z.string().optional(),
  thinking: z.string().optional(),
  message: z
    .object({
      content: z.string().optional(),
      thinking: z.string().optional(),
      tool_calls: z.array(z.json()).nullish(),
    })
    .optional(),
  tool_calls: z.array(z.json()).nullish(),
  done: z.boolean(),
  done_reason: z.string().optional(),
  /** Instead of an answer, where only the prompt was asked for. */
  _debug_info: z.looseObject({}).optional(),
});
export type Chunk = z.infer<typeof chunk>;

export const metrics = z.object({
  prompt_eval_count: z.number().default(0),
  eval_count: z.number().default(0),
  /** Nanoseconds, like the next two. */
  eval_duration: z.number().default(0),
  prompt_eval_duration: z.number().default(0),
  load_duration: z.number().default(0),
});

/** A line of a pull. `completed` is absent at 0. */
export const pullLine = z.object({
  status: z.string(),
  digest: z.string().optional(),
  total: z.number().min(0).optional(),
  completed: z.number().min(0).optional(),
});
