/** What becomes of a job whose run failed, and what the failure says about the instance. */
import type { Random } from '../clock.ts';
import {
  BackendError,
  EngineDiedError,
  type FailureCode,
  loggedMessage,
  NotSentError,
  type Remedy,
  StalledError,
} from '../domain/errors.ts';
import type { Evidence } from '../domain/evidence.ts';
import { type Job, type JobFailure, triesInVain } from '../domain/job.ts';
import { parseQueueKey, type QueueKey } from '../domain/queue-key.ts';

export type Verdict =
  /** Back to the queue after a try; `counts` against `maxAttempts`. */
  | {
      readonly kind: 'try-again';
      readonly counts: boolean;
      readonly suspect: boolean;
      readonly delayMs: number;
      readonly failure: JobFailure;
    }
  /** To the queue of a larger context, after a try that does not count. */
  | { readonly kind: 'enlarge'; readonly queue: QueueKey; readonly failure: JobFailure }
  /** Back to the queue as if nothing had been tried. */
  | { readonly kind: 'return'; readonly delayMs: number }
  | {
      readonly kind: 'fail';
      /** Of the attempt, without content. */
      readonly failure: JobFailure;
      /** Of the job, which only its owner is shown: with the backend's own words. */
      readonly told: JobFailure;
    };

const FIRST_DELAY_MS = 1_000;
const LONGEST_DELAY_MS = 60_000;
/** A server may ask for more patience than we would have, and not for any. */
const LONGEST_RETRY_AFTER_MS = 10 * 60_000;
/** Tries in a row that a lost or busy backend may end without a count: with the delays between them about a quarter of an hour. */
export const MOST_IN_VAIN = 20;

/** A failure that is not a BackendError is a mistake of ours; another try may still succeed. */
export function remedyOf(error: unknown): Remedy {
  return error instanceof BackendError ? error.remedy : 'retry';
}

/** Likewise, it is told as one of the backend. */
export function codeOf(error: unknown): FailureCode {
  return error instanceof BackendError ? error.code : 'BACKEND_ERROR';
}

/** How a run may end without its request being done. */
export interface FailedRun {
  readonly error: unknown;
  /** Other requests ran on the instance when it went: which of them it died of is not known. */
  readonly hadCompany: boolean;
  /** Somebody has heard some of its answer, and must not be told another beginning. */
  readonly hasPassedOn: boolean;
  /** Where its prompt may fit that was too long; null or absent where it was not, or nothing is larger. */
  readonly larger?: QueueKey | null;
}

export function afterFailure(
  job: Pick<Job, 'failedAttempts' | 'maxAttempts' | 'history'>,
  { error, hadCompany, hasPassedOn, larger = null }: FailedRun,
  random: Random,
): Verdict {
  const code = codeOf(error);
  const remedy = remedyOf(error);
  const failure: JobFailure = { code, message: loggedMessage(error), retryable: remedy !== 'none' };
  const told = error instanceof BackendError ? { ...failure, message: error.ownerMessage } : failure;
  if (hasPassedOn) return { kind: 'fail', failure, told };
  if (larger !== null) return enlarged(failure, larger, error);
  if (error instanceof NotSentError) return { kind: 'return', delayMs: FIRST_DELAY_MS };
  const inVain = triesInVain(job) + 1;
  const died = error instanceof EngineDiedError;
  const uncounted = (suspect: boolean): Verdict => {
    const askedMs = error instanceof BackendError ? (error.retryAfterMs ?? 0) : 0;
    const delayMs = Math.max(backoffMs(inVain, random), Math.min(askedMs, LONGEST_RETRY_AFTER_MS));
    return { kind: 'try-again', counts: false, suspect, delayMs, failure };
  };
  const counted = (suspect: boolean): Verdict => {
    const failed = job.failedAttempts + 1;
    if (failed >= job.maxAttempts) return { kind: 'fail', failure, told };
    return { kind: 'try-again', counts: true, suspect, delayMs: backoffMs(failed, random), failure };
  };
  switch (remedy) {
    case 'none':
      return { kind: 'fail', failure, told };
    case 'wait':
      return inVain > MOST_IN_VAIN ? counted(true) : uncounted(true);
    case 'busy':
      return inVain > MOST_IN_VAIN ? counted(false) : uncounted(false);
    case 'retry':
    case 'free-memory':
      return died && hadCompany ? uncounted(true) : counted(died);
    default:
      return remedy satisfies never;
  }
}

function enlarged({ code, message }: JobFailure, queue: QueueKey, error: unknown): Verdict {
  const finding = error instanceof BackendError ? error.finding : message;
  const next = `It goes on with a context of ${parseQueueKey(queue).contextLength} tokens.`;
  return { kind: 'enlarge', queue, failure: { code, message: `${finding} ${next}`, retryable: true } };
}

/** Doubles with every failure; between half and the whole of it by chance, so that jobs that failed together come back apart. */
function backoffMs(failures: number, random: Random): number {
  const full = Math.min(LONGEST_DELAY_MS, FIRST_DELAY_MS * 2 ** (failures - 1));
  return Math.round(full * (0.5 + random.next() / 2));
}

/** What a failed run says about its instance. */
export function evidenceOf(error: unknown): Evidence {
  if (error instanceof EngineDiedError || error instanceof NotSentError) return 'gone';
  if (error instanceof StalledError) return 'stalled';
  if (error instanceof BackendError && error.aboutRequest) return 'none';
  const remedy = remedyOf(error);
  switch (remedy) {
    case 'none':
    case 'busy':
      return 'none';
    case 'wait':
      return 'gone';
    case 'retry':
    case 'free-memory':
      return 'failed';
    default:
      return remedy satisfies never;
  }
}
