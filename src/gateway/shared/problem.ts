/** What went wrong, as every API has to tell it: with a status, a code, words, and whether another try is of use. */

import { ClientLimitError } from '../../domain/allowance.ts';
import { ContextLengthExceededError } from '../../domain/context-errors.ts';
import {
  BackendUnavailableError,
  backendAnswerOf,
  type FailureCode,
  InsufficientVramError,
  InvalidInputError,
  loggedMessage,
  ModelNotFoundError,
  messageOf,
  ServerStoppingError,
  StoreBusyError,
  StoreUnwritableError,
  UnknownJobError,
  VramkeeperError,
} from '../../domain/errors.ts';
import { HopelessDeadlineError } from '../../domain/hopeless-deadline.ts';
import { ForbiddenError } from '../../domain/principal.ts';
import { ClientQueueFullError, QueueFullError } from '../../domain/queue-full.ts';
import { TaskNotFoundError } from '../../domain/task.ts';
import type { JobEnd } from '../../events/job-end.ts';
import { HttpRefusal } from '../../http/refusal.ts';
import { type Spoken, spokenBy } from './spoken.ts';

export interface Problem {
  readonly status: number;
  /** Stable: one of the codes of errors, refusals or failed jobs. */
  readonly code: string;
  readonly message: string;
  /** When another try makes sense, in milliseconds; null where nobody can say. */
  readonly retryAfterMs: number | null;
  /** The same request may succeed later. Where our own attempts are used up it must not be sent again at once, or clients multiply them. */
  readonly retryable: boolean;
  /** What the backend itself said, whose words clients of its API know; null where it said nothing, or nothing for callers. */
  readonly spoken: Spoken | null;
}

/** Carries a problem to where a route answers it. */
export class ProblemError extends VramkeeperError {
  readonly code: string;
  readonly problem: Problem;

  constructor(problem: Problem) {
    super(problem.message);
    this.code = problem.code;
    this.problem = problem;
  }
}

export function badRequest(message: string): ProblemError {
  return new ProblemError(refused(400, 'BAD_REQUEST', message));
}

export function refused(status: number, code: string, message: string): Problem {
  return { status, code, message, retryAfterMs: null, retryable: false, spoken: null };
}

function later(status: number, code: string, message: string, retryAfterMs: number): Problem {
  return { status, code, message, retryAfterMs, retryable: true, spoken: null };
}

/** How soon it is worth while to ask a server again that cannot answer now. */
const SOON_MS = 5_000;

/** For what nobody expected. */
const UNEXPECTED: Problem = {
  ...refused(500, 'INTERNAL_ERROR', 'The server failed to answer this. Its log has the reason.'),
  retryable: true,
};

/** Of anything that was thrown while a request was answered. What nobody expected only the log is told. */
export function problemOf(error: unknown, log: (message: string) => void): Problem {
  const spoken = spokenBy(backendAnswerOf(error));
  const known = knownProblem(error);
  if (known) return { ...known, spoken };
  if (spoken) return { ...refused(spoken.status, 'BACKEND_ERROR', spoken.message), spoken };
  log(`Answering a request failed: ${loggedMessage(error)}`);
  return UNEXPECTED;
}

function knownProblem(error: unknown): Problem | null {
  if (error instanceof ProblemError) return error.problem;
  if (error instanceof HttpRefusal) return problemOfRefusal(error);
  if (!(error instanceof VramkeeperError)) return null;
  const message = messageOf(error);
  if (error instanceof ClientLimitError) return later(429, error.code, message, error.retryAfterMs);
  if (error instanceof ClientQueueFullError) return later(429, error.code, message, error.retryAfterMs);
  if (error instanceof QueueFullError) return later(503, error.code, message, error.retryAfterMs);
  const status = REFUSING.find(([type]) => error instanceof type)?.[1];
  if (status !== undefined) return refused(status, error.code, message);
  if (PASSING.some((type) => error instanceof type)) return later(503, error.code, message, SOON_MS);
  return error.code === 'IDEMPOTENCY_CONFLICT' ? refused(409, error.code, message) : null;
}

type ErrorType = abstract new (...parts: never[]) => VramkeeperError;

/** The same request fails again. */
const REFUSING: readonly (readonly [ErrorType, number])[] = [
  [ForbiddenError, 403],
  [ModelNotFoundError, 404],
  [TaskNotFoundError, 404],
  [UnknownJobError, 404],
  [InvalidInputError, 400],
  [ContextLengthExceededError, 400],
  [InsufficientVramError, 500],
  [HopelessDeadlineError, 504],
];

const PASSING: readonly ErrorType[] = [
  BackendUnavailableError,
  ServerStoppingError,
  StoreBusyError,
  StoreUnwritableError,
];

export function problemOfRefusal({ status, code, message, headers }: HttpRefusal): Problem {
  const seconds = Number(headers['retry-after'] ?? Number.NaN);
  const retryAfterMs = Number.isFinite(seconds) ? seconds * 1_000 : null;
  return { ...refused(status, code, message), retryAfterMs, retryable: status >= 500 || status === 429 };
}

/** Of a job that ended without a result. */
export function problemOfEnd({ job, answer }: Pick<JobEnd, 'job' | 'answer'>): Problem {
  if (job.status === 'CANCELLED')
    return refused(
      503,
      'CANCELLED',
      'The job was cancelled by somebody else while this request waited for it.',
    );
  if (!job.failure) return UNEXPECTED;
  const { code, message, retryable } = job.failure;
  const problem = refused(FAILED_STATUS[code], code, message);
  // Attempts were made, so that a client need not make more at once.
  return { ...problem, retryAfterMs: retryable ? SOON_MS : null, spoken: spokenBy(answer) };
}

const FAILED_STATUS: Readonly<Record<FailureCode, number>> = {
  BACKEND_ERROR: 502,
  BACKEND_UNREACHABLE: 503,
  CONTEXT_LENGTH_EXCEEDED: 400,
  DEADLINE_EXCEEDED: 504,
  ENGINE_DIED: 502,
  INTERRUPTED: 503,
  INSUFFICIENT_VRAM: 500,
  LOAD_FAILED: 500,
  MODEL_NOT_FOUND: 404,
  OUT_OF_MEMORY: 500,
  REQUEST_REJECTED: 400,
};

/** What the headers of an answer say of it. */
export function problemHeaders({
  retryAfterMs,
  retryable,
  spoken,
  status,
}: Pick<Problem, 'retryAfterMs' | 'retryable' | 'spoken' | 'status'>): Readonly<Record<string, string>> {
  return {
    ...(retryAfterMs !== null && { 'retry-after': String(Math.max(1, Math.ceil(retryAfterMs / 1_000))) }),
    // SDKs try again after every 5xx unless they are told not to.
    ...(!retryable && (spoken?.status ?? status) >= 500 && { 'x-should-retry': 'false' }),
  };
}
