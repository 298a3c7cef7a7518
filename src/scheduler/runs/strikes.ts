/**
 * What speaks against an instance. A server can look healthy and yet answer nothing on one model, which only a reload clears; but one on
 * which a single job fails again and again, or on which another succeeds, is not broken.
 */
import type { Evidence } from '../../domain/evidence.ts';
import type { JobId } from '../../domain/ids.ts';

export interface Strikes {
  /** Jobs that failed on it since one succeeded. */
  readonly failed: ReadonlySet<JobId>;
  /** Runs in a row that stalled, whosever they were: a slot that is never free again holds up every request. */
  readonly stalls: number;
}

export const NO_STRIKES: Strikes = { failed: new Set(), stalls: 0 };

const MOST_FAILED_JOBS = 3;
const MOST_STALLS = 2;

export function withRun(
  strikes: Strikes,
  jobId: JobId,
  { evidence, succeeded }: { readonly evidence: Evidence; readonly succeeded: boolean },
): Strikes {
  if (succeeded) return NO_STRIKES;
  switch (evidence) {
    case 'none':
    case 'gone':
      return strikes;
    case 'failed':
      return { ...strikes, failed: new Set([...strikes.failed, jobId]) };
    case 'stalled':
      return { failed: new Set([...strikes.failed, jobId]), stalls: strikes.stalls + 1 };
    default:
      return evidence satisfies never;
  }
}

export function isBroken({ failed, stalls }: Strikes): boolean {
  return failed.size >= MOST_FAILED_JOBS || stalls >= MOST_STALLS;
}
