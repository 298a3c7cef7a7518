/** What the headers of a request say of its job, beside who asks. */
import type { IncomingHttpHeaders } from 'node:http';
import type { JobSubmission } from '../../accept/submission.ts';
import { JOB_PRIORITIES, type JobPriority, type Label } from '../../domain/job.ts';
import type { GatewayDependencies } from './dependencies.ts';
import { wishedFallback } from './fallback.ts';
import { sessionLabels } from './on-behalf.ts';
import { badRequest } from './problem.ts';

export interface CallerWishes {
  readonly priority?: JobPriority;
  readonly deadline?: Date;
  readonly patienceMs?: number;
  readonly comesBack?: true;
  readonly idempotencyKey?: string;
  readonly labels?: readonly Label[];
  readonly fallback?: JobSubmission['fallback'];
  readonly cache?: boolean;
}

/**
 * - `X-Priority`: high, normal or low, in any case.
 * - `X-Deadline`: an instant, or seconds from now. Absent: what an SDK says of its own patience (`x-stainless-timeout`, in seconds).
 * - `X-Idempotency-Key`, or `Idempotency-Key` as SDKs send it.
 * - `x-stainless-retry-count`: an SDK sends a request again.
 * - The session of a client that is trusted to tell it: a label.
 * - `X-Cache`: whether the answer may be one that was given before.
 * - `X-Fallback-Models` and `X-Fallback-After`: see `wishedFallback`.
 * @throws ProblemError 400, HttpRefusal BAD_REQUEST
 */
export function callerWishes(
  headers: IncomingHttpHeaders,
  { trustsClientHeaders }: Pick<GatewayDependencies, 'trustsClientHeaders'>,
): CallerWishes {
  const priority = wishedPriority(headers);
  const comesBack = Number(single(headers, 'x-stainless-retry-count')) > 0;
  const idempotencyKey = idempotencyKeyOf(headers);
  const labels = trustsClientHeaders ? sessionLabels(headers) : [];
  const fallback = wishedFallback(headers);
  return {
    ...(labels.length > 0 && { labels }),
    ...(fallback && { fallback }),
    ...wishedCache(headers),
    ...(priority && { priority }),
    ...timeLeft(headers),
    ...(comesBack && { comesBack }),
    ...(idempotencyKey !== null && { idempotencyKey }),
  };
}

/** `X-Cache`: `use` or `none`. @throws ProblemError 400 */
function wishedCache(headers: IncomingHttpHeaders): Pick<CallerWishes, 'cache'> {
  const wish = single(headers, 'x-cache')?.toLowerCase();
  if (wish === undefined) return {};
  if (wish !== 'use' && wish !== 'none') throw badRequest('X-Cache must be use or none.');
  return { cache: wish === 'use' };
}

/** As of a job. @throws ProblemError 400 */
export function idempotencyKeyOf(headers: IncomingHttpHeaders): string | null {
  const key = single(headers, 'x-idempotency-key') ?? single(headers, 'idempotency-key');
  if (key !== undefined && key.length > LONGEST_KEY)
    throw badRequest(`X-Idempotency-Key must have at most ${LONGEST_KEY} characters.`);
  return key ?? null;
}

const LONGEST_KEY = 128;

/** `X-Priority` alone. @throws ProblemError 400 */
export function wishedPriority(headers: IncomingHttpHeaders): JobPriority | undefined {
  const priority = single(headers, 'x-priority')?.toUpperCase();
  const known = JOB_PRIORITIES.find((each) => each === priority);
  if (priority !== undefined && !known) throw badRequest('X-Priority must be high, normal or low.');
  return known;
}

function timeLeft(headers: IncomingHttpHeaders): Pick<CallerWishes, 'deadline' | 'patienceMs'> {
  const given = single(headers, 'x-deadline') ?? single(headers, 'x-stainless-timeout');
  if (given === undefined) return {};
  const seconds = Number(given);
  if (seconds > 0 && seconds <= MOST_SECONDS) return { patienceMs: seconds * 1_000 };
  if (single(headers, 'x-deadline') === undefined) return {};
  const deadline = Number.isFinite(seconds) ? null : new Date(given);
  if (deadline && !Number.isNaN(deadline.getTime())) return { deadline };
  throw badRequest(
    'X-Deadline must be an instant, such as 2030-01-31T12:00:00Z, or a number of seconds from now, above 0.',
  );
}

/** A hundred years. */
const MOST_SECONDS = 100 * 365 * 86_400;

function single(headers: IncomingHttpHeaders, name: string): string | undefined {
  const value = headers[name];
  const first = Array.isArray(value) ? value[0] : value;
  return first?.trim() || undefined;
}
