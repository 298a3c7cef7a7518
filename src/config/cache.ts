/** The settings of the cache of results: answers that are given again to who asks the same. */
import { z } from 'zod';
import { duration, shown, text } from './values.ts';

const names = (what: string) =>
  z.array(text(what), { error: (issue) => `${shown(issue.input)} is not a list of names.` }).optional();

export const cache = z.strictObject(
  {
    age: duration
      .refine((ms) => ms >= 1_000, { error: 'less than 1s: nobody asks again so soon.' })
      .optional(),
    shared: z.boolean({ error: (issue) => `${shown(issue.input)} is neither true nor false.` }).optional(),
    models: names('the name of a model'),
    clients: names('the name of a client'),
  },
  {
    error: (issue) =>
      issue.code === 'invalid_type'
        ? `${shown(issue.input)} is not a group of settings, such as { age: 1d }.`
        : undefined,
  },
);

export interface CacheConfig {
  readonly maxAgeMs: number;
  readonly shared: boolean;
  readonly models: readonly string[];
  readonly clients: readonly string[];
}

const USUAL_AGE_MS = 86_400_000;

export function cacheConfig({
  age = USUAL_AGE_MS,
  shared = false,
  models = [],
  clients = [],
}: z.output<typeof cache>): CacheConfig {
  return { maxAgeMs: age, shared, models, clients };
}
