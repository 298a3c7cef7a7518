import { isId } from '../../domain/ids.ts';
import { builder } from '../builder.ts';
import { JobFilterInput, JobOrderInput, jobFilter } from '../inputs/job-list.ts';
import { JobRef } from '../refs.ts';
import { JobConnection, jobConnection } from '../types/job-connection.ts';

const NEWEST_FIRST = { field: 'CREATED_AT', direction: 'DESC' } as const;

builder.queryFields((t) => ({
  job: t.field({
    type: JobRef,
    nullable: true,
    description: 'A job by id; null when there is none. Finished jobs are forgotten after a while.',
    args: { id: t.arg.id({ required: true }) },
    resolve: (_root, { id }, { loaders }) => (isId('job', id) ? loaders.job.load(id) : null),
  }),
  jobs: t.connection(
    {
      type: JobRef,
      description: 'Jobs, newest first by default. Give exactly one of `first` and `last` (at most 100).',
      args: {
        filter: t.arg({ type: JobFilterInput }),
        orderBy: t.arg({ type: JobOrderInput, defaultValue: NEWEST_FIRST }),
      },
      resolve: (_root, args, context, info) =>
        jobConnection(context, jobFilter(args.filter), args.orderBy ?? NEWEST_FIRST, args, info),
    },
    JobConnection,
  ),
}));
