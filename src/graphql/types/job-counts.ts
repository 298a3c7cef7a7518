/** Jobs counted by status. */
import { JOB_STATUSES, type JobCounts } from '../../domain/job.ts';
import { builder } from '../builder.ts';

export const JobCountsRef = builder.objectRef<JobCounts>('JobCounts').implement({
  description: 'How many jobs are in each status.',
  fields: (t) => ({
    cancelled: t.exposeInt('CANCELLED'),
    complete: t.exposeInt('COMPLETE'),
    failed: t.exposeInt('FAILED'),
    pending: t.exposeInt('PENDING'),
    queued: t.exposeInt('QUEUED'),
    running: t.exposeInt('RUNNING'),
    total: t.int({
      description: 'All of them.',
      resolve: (counts) => JOB_STATUSES.reduce((sum, status) => sum + counts[status], 0),
    }),
  }),
});
