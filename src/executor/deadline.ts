/** The end of a job's patience, in every state that it may be in once it was claimed. */
import type { Clock, Timer } from '../clock.ts';
import type { Job, JobFailure } from '../domain/job.ts';

export const DEADLINE_PASSED: JobFailure = {
  code: 'DEADLINE_EXCEEDED',
  message: 'It was not finished by its deadline.',
  retryable: true,
};

/** Calls back when the job's deadline has passed; null for a job without one. A timer alone does not reach as far as a deadline may. */
export function atDeadline(
  { deadline }: Pick<Job, 'deadline'>,
  clock: Clock,
  passed: () => void,
): Timer | null {
  if (deadline === null) return null;
  let timer: Timer;
  const look = () => {
    const leftMs = deadline - clock.now();
    timer = clock.after(leftMs, leftMs <= 0 ? passed : look);
  };
  look();
  return { cancel: () => timer.cancel() };
}
