/** What went wrong, as any HTTP API can say it: each gives it its own shape. */
import {
  BackendUnavailableError,
  backendAnswerOf,
  InsufficientVramError,
  InvalidInputError,
  ModelNotFoundError,
  messageOf,
  QueueFullError,
} from '../../domain/errors.ts';
import { HttpRefusal } from '../../http/refusal.ts';
import { ForbiddenError } from './rights.ts';

export interface Failure {
  readonly status: number;
  readonly message: string;
  /** When another try may help, in milliseconds; null where nothing is known of that. */
  readonly retryAfterMs: number | null;
}

/** Null for what nobody expected: its text is for the log alone. */
export function failureOf(error: unknown): Failure | null {
  const own = ownFailure(error);
  // A backend that has answered knows its own words best.
  const said = spokenFailure(error);
  return said ? { ...said, retryAfterMs: own?.retryAfterMs ?? null } : own;
}

function ownFailure(error: unknown): Failure | null {
  const failure = (status: number, retryAfterMs: number | null = null): Failure => ({
    status,
    message: messageOf(error),
    retryAfterMs,
  });
  if (error instanceof HttpRefusal) return failure(error.status, secondsIn(error.headers['retry-after']));
  if (error instanceof ForbiddenError) return failure(403);
  if (error instanceof ModelNotFoundError) return failure(404);
  if (error instanceof InvalidInputError) return failure(400);
  if (error instanceof QueueFullError) return failure(503, error.retryAfterMs);
  if (error instanceof BackendUnavailableError) return failure(503);
  if (error instanceof InsufficientVramError) return failure(500);
  return null;
}

/** Answers of what stands before a backend, to which our own key may be wrong, are no business of a caller. */
const NOT_FOR_CALLERS = new Set([401, 403, 407]);

/** What a backend said in the form of Ollama's errors, with its status. */
function spokenFailure(error: unknown): Omit<Failure, 'retryAfterMs'> | null {
  const answer = backendAnswerOf(error);
  if (!answer) return null;
  const message = errorText(answer.body);
  // A HEAD is answered without words.
  if (message === null && answer.body !== '') return null;
  const status = answer.status ?? 500;
  if (NOT_FOR_CALLERS.has(status) && !message?.startsWith('ollama cloud is disabled')) return null;
  return { status, message: message ?? '' };
}

function errorText(body: string): string | null {
  try {
    const value: unknown = JSON.parse(body);
    if (value === null || typeof value !== 'object' || !('error' in value)) return null;
    return typeof value.error === 'string' ? value.error : null;
  } catch {
    return null;
  }
}

function secondsIn(header: string | undefined): number | null {
  return header === undefined ? null : Number(header) * 1_000;
}
