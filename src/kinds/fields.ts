/** Schemas of fields that several inputs have. */
import { z } from 'zod';
import { imageHashOf } from '../domain/image.ts';
import { type Json, type JsonObject, jsonProblem } from '../domain/json.ts';
import { type ImageReference, type ImageSource, THINK_LEVELS } from '../domain/request.ts';
import { imageProblem } from './images.ts';

export const MOST_IMAGES = 64;
/** Ollama refuses more. */
const MOST_LOGPROBS = 20;

export const optional = <T extends z.ZodType>(schema: T) =>
  schema.nullish().transform((value) => value ?? undefined);

/** Content. Half of a surrogate pair is replaced, as it would be on its way to the model. */
export const text = z.string().transform((value) => value.toWellFormed());
export const prose = text.refine((value) => value.trim() !== '', 'must not be empty.');

/** A name, which is looked up and compared, so that nothing in it may be replaced. */
export const name = z
  .string()
  .refine(
    (value) => value.isWellFormed() && !value.includes('\0'),
    'must be text without half characters and NUL.',
  );
export const filled = name.refine((value) => value.trim() !== '', 'must not be empty.');

/** Nothing else is asked of a value that is not even JSON, or is too deep to be looked at with recursion. */
export const json = z.unknown().superRefine((value, context) => {
  const problem = jsonProblem(value);
  if (problem) context.addIssue({ code: 'custom', ...problem, path: [...problem.path], continue: false });
}) as unknown as z.ZodType<Json>;

export const jsonObject = json.refine(
  (value): value is JsonObject => typeof value === 'object' && value !== null && !Array.isArray(value),
  { error: 'must be a JSON object.', abort: true },
);

const format = json.refine(
  (value) => value === 'json' || (typeof value === 'object' && value !== null && !Array.isArray(value)),
  'must be "json" or a JSON Schema object.',
);

const image = z.string().superRefine((value, context) => {
  const message = imageProblem(value);
  if (message) context.addIssue({ code: 'custom', message });
});
const TOO_MANY_IMAGES = `at most ${MOST_IMAGES} images.`;
const images = optional(z.array(image).max(MOST_IMAGES, TOO_MANY_IMAGES));

const imageId = z.string().transform((text, context): ImageReference => {
  const stored = imageHashOf(text);
  if (stored) return { stored };
  context.addIssue({
    code: 'custom',
    message: 'is no id of an image. Take it from the answer of storeImage.',
  });
  return z.NEVER;
});
export const imageIds = optional(z.array(imageId).max(MOST_IMAGES, TOO_MANY_IMAGES));

/** Images that come with a request, and the names of those that were handed in before. */
export const imageFields = { images, imageIds };

export interface ImageFields {
  readonly images?: readonly ImageSource[] | undefined;
  readonly imageIds?: readonly ImageReference[] | undefined;
}

/** The value with its images as one list, those that came with it first. */
export function withImages<T extends ImageFields>(
  { images, imageIds, ...value }: T,
  context: z.RefinementCtx,
): Omit<T, keyof ImageFields> & { readonly images?: readonly ImageSource[] | undefined } {
  const all = images || imageIds ? [...(images ?? []), ...(imageIds ?? [])] : undefined;
  if (all && all.length > MOST_IMAGES)
    context.addIssue({
      code: 'custom',
      path: ['imageIds'],
      message: `at most ${MOST_IMAGES} images, those of images included.`,
    });
  return { ...value, images: all };
}

/** Fields of every request for a text. */
export const ofText = {
  truncate: optional(z.boolean()),
  shift: optional(z.boolean()),
  format: optional(format),
  think: optional(z.enum(THINK_LEVELS)),
  logprobs: optional(z.boolean()),
  topLogprobs: optional(
    z
      .int('must be a whole number.')
      .min(0, 'must not be negative.')
      .max(MOST_LOGPROBS, `must be at most ${MOST_LOGPROBS}.`),
  ),
};
