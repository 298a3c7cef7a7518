/** What is known of the start of a waiting job. */
import type { Job } from '../../domain/job.ts';
import type { JobKind } from '../../domain/request.ts';
import type { SchedulerLoop } from '../loop.ts';
import { estimateMs } from '../runs/work-estimate.ts';
import type { Expected } from './explain.ts';

export type Waiting = Pick<Job, 'queue' | 'priority' | 'client' | 'sequence'> & { readonly kind?: JobKind };

export function expectedOf({ forecasts, state }: SchedulerLoop, job: Waiting, weights?: string): Expected {
  const { client, kind } = job;
  return {
    ahead: forecasts.present.aheadOf(job.queue, job),
    start: forecasts.startOf(job.queue, job),
    runMs:
      weights === undefined
        ? null
        : estimateMs(state.work, { weights, client, size: null, ...(kind && { kind }) }),
  };
}
