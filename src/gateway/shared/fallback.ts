/** Models that a caller names in order of preference: in headers, or as OpenRouter's clients do in `models` of a body. */
import type { IncomingHttpHeaders } from 'node:http';
import type { ModelDirectory } from '../../accept/accept.ts';
import type { JobSubmission } from '../../accept/submission.ts';
import { badRequest } from './problem.ts';

type Fallback = NonNullable<JobSubmission['fallback']>;

/** A month. */
const MOST_SECONDS = 30 * 86_400;

/**
 * - `X-Fallback-Models`: names after the one of the request, the most liked first, separated by commas.
 * - `X-Fallback-After`: seconds that the job would wait for a better one. Absent: as long as it is not gone.
 * @param named in the body, the one of the request left out
 * @throws ProblemError 400
 */
export function wishedFallback(
  headers: IncomingHttpHeaders,
  named: readonly string[] = [],
): Fallback | undefined {
  const listed = text(headers['x-fallback-models'])
    .split(',')
    .map((name) => name.trim())
    .filter((name) => name !== '');
  const models = [...new Set([...named, ...listed])];
  const seconds = text(headers['x-fallback-after']).trim();
  if (models.length === 0) return undefined;
  if (seconds === '') return { models, afterMs: null };
  const after = Number(seconds);
  if (!(after >= 0 && after <= MOST_SECONDS))
    throw badRequest(`X-Fallback-After must be a number of seconds, from 0 to ${MOST_SECONDS}.`);
  return { models, afterMs: after * 1_000 };
}

/** What a body may say of models. */
export interface NamesModels {
  readonly model: string;
  /** In order of preference; `model` comes before them where it is named. */
  readonly models?: readonly string[] | undefined;
}

/** The body as one for the first of its models that is there, with the others: a model that is gone is no reason to refuse. */
export function withFallback<Body extends NamesModels>(
  body: Body,
  headers: IncomingHttpHeaders,
  directory: Pick<ModelDirectory, 'find'>,
): { readonly body: Body; readonly fallback: { readonly fallback?: Fallback } } {
  const [first = '', ...further] = [...new Set([body.model, ...(body.models ?? [])])].filter(
    (name) => name !== '',
  );
  const fallback = wishedFallback(headers, further);
  if (!fallback) return { body: { ...body, model: first }, fallback: {} };
  const all = [first, ...fallback.models.filter((name) => name !== first)];
  const there = all.findIndex((name) => directory.find(name) !== null);
  const model = all[there] ?? first;
  const models = all.slice(Math.max(0, there) + 1);
  return {
    body: { ...body, model },
    fallback: models.length > 0 ? { fallback: { ...fallback, models } } : {},
  };
}

function text(value: string | readonly string[] | undefined): string {
  return typeof value === 'string' ? value : (value?.join(',') ?? '');
}
