import type { Job } from '../domain/job.ts';

/** It failed because it was not done by its deadline. */
export function isOverdue({ status, failure }: Pick<Job, 'status' | 'failure'>): boolean {
  return status === 'FAILED' && failure?.code === 'DEADLINE_EXCEEDED';
}
