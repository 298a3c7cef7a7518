/** What the headers of a request say of its job, beside who asks. */
import type { IncomingHttpHeaders } from 'node:http';
import { type Clock, wallNow } from '../../clock.ts';
import { JOB_PRIORITIES, type JobPriority, type Label } from '../../domain/job.ts';
import type { GatewayDependencies } from './dependencies.ts';
import { sessionLabels } from './on-behalf.ts';
import { badRequest } from './problem.ts';

export interface CallerWishes {
  readonly priority?: JobPriority;
  readonly deadline?: Date;
  readonly idempotencyKey?: string;
  readonly labels?: readonly Label[];
}

/**
 * - `X-Priority`: high, normal or low, in any case.
 * - `X-Deadline`: an instant, or seconds from now. Absent: what an SDK says of its own patience (`x-stainless-timeout`, in seconds).
 * - `X-Idempotency-Key`, or `Idempotency-Key` as SDKs send it.
 * - The session of a client that is trusted to tell it: a label.
 * @throws ProblemError 400, HttpRefusal BAD_REQUEST
 */
export function callerWishes(
  headers: IncomingHttpHeaders,
  { clock, trustsClientHeaders }: Pick<GatewayDependencies, 'clock' | 'trustsClientHeaders'>,
): CallerWishes {
  const priority = wishedPriority(headers);
  const deadline = deadlineOf(headers, clock);
  const idempotencyKey = single(headers, 'x-idempotency-key') ?? single(headers, 'idempotency-key');
  const labels = trustsClientHeaders ? sessionLabels(headers) : [];
  return {
    ...(labels.length > 0 && { labels }),
    ...(priority && { priority }),
    ...(deadline && { deadline }),
    ...(idempotencyKey !== undefined && { idempotencyKey }),
  };
}

/** `X-Priority` alone. @throws ProblemError 400 */
export function wishedPriority(headers: IncomingHttpHeaders): JobPriority | undefined {
  const priority = single(headers, 'x-priority')?.toUpperCase();
  const known = JOB_PRIORITIES.find((each) => each === priority);
  if (priority !== undefined && !known) throw badRequest('X-Priority must be high, normal or low.');
  return known;
}

function deadlineOf(headers: IncomingHttpHeaders, clock: Clock): Date | null {
  const given = single(headers, 'x-deadline');
  const patience = Number(single(headers, 'x-stainless-timeout'));
  if (given === undefined) return patience > 0 ? after(patience, clock) : null;
  const seconds = Number(given);
  const instant = Number.isFinite(seconds) ? after(seconds, clock) : new Date(given);
  if (Number.isNaN(instant.getTime()))
    throw badRequest(
      'X-Deadline must be an instant, such as 2030-01-31T12:00:00Z, or a number of seconds from now.',
    );
  return instant;
}

function after(seconds: number, clock: Clock): Date {
  return new Date(wallNow(clock) + seconds * 1_000);
}

function single(headers: IncomingHttpHeaders, name: string): string | undefined {
  const value = headers[name];
  const first = Array.isArray(value) ? value[0] : value;
  return first?.trim() || undefined;
}
