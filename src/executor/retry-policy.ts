/** What becomes of a job whose attempt failed. */
import type { Random } from '../clock.ts';
import { BackendError, type FailureCode, messageOf, type Remedy } from '../domain/errors.ts';
import type { Job, JobFailure } from '../domain/job.ts';

export type Verdict =
  /** Back to the queue; `counts` against `maxAttempts`. */
  | {
      readonly kind: 'release';
      readonly counts: boolean;
      readonly delayMs: number;
      readonly failure: JobFailure;
    }
  | { readonly kind: 'fail'; readonly failure: JobFailure };

const FIRST_DELAY_MS = 1_000;
const LONGEST_DELAY_MS = 60_000;

/** A failure that is not a BackendError is a mistake of ours; another try may still succeed. */
export function remedyOf(error: unknown): Remedy {
  return error instanceof BackendError ? error.remedy : 'retry';
}

export function afterFailure(
  job: Pick<Job, 'failedAttempts' | 'maxAttempts'>,
  error: unknown,
  random: Random,
): Verdict {
  const code: FailureCode = error instanceof BackendError ? error.code : 'BACKEND_ERROR';
  const remedy = remedyOf(error);
  const failure: JobFailure = { code, message: messageOf(error), retryable: remedy !== 'none' };
  const failed = job.failedAttempts + 1;
  switch (remedy) {
    case 'none':
      return { kind: 'fail', failure };
    case 'wait':
      return { kind: 'release', counts: false, delayMs: FIRST_DELAY_MS, failure };
    case 'retry':
    case 'free-memory':
      if (failed >= job.maxAttempts) return { kind: 'fail', failure };
      return { kind: 'release', counts: true, delayMs: backoffMs(failed, random), failure };
    default:
      return remedy satisfies never;
  }
}

/** Doubles with every failure; between half and the whole of it by chance, so that jobs that failed together come back apart. */
export function backoffMs(failures: number, random: Random): number {
  const full = Math.min(LONGEST_DELAY_MS, FIRST_DELAY_MS * 2 ** (failures - 1));
  return Math.round(full * (0.5 + random.next() / 2));
}
