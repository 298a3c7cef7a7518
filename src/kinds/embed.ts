/** The kind of job that asks for vectors for texts. */
import { z } from 'zod';
import { optional, prose } from './fields.ts';
import type { JobKindSpec, Lack } from './kind.ts';

/** A vector for each text. */
export const embed: JobKindSpec<'EMBED'> = {
  description: 'Vectors for texts.',
  field: 'embed',
  tellingField: 'input',
  result: 'embed',
  shape: {
    input: z.array(prose).min(1, 'must have at least one text.').max(10_000, 'at most 10,000 texts.'),
    truncate: optional(z.boolean()),
    dimensions: optional(z.int().min(1, 'must be at least 1.')),
  },

  mapImages: (request) => request,

  prompts: ({ input }) => input.map((text) => ({ texts: [text], turns: 0, images: 0, tokens: 0 })),

  /** As Ollama does, and as those who embed rely on: a model for it has a small context that nobody can make larger. */
  cutsUnlessForbidden: true,

  /** A completion model may be able to embed too; only the server knows. */
  lacks: (): readonly Lack[] => [],
};
