/** Reading jobs and batches: one by id, lists page by page, ids by how they begin. */
import { isId } from '../../domain/ids.ts';
import { builder } from '../builder.ts';
import { JobFilterInput, JobOrderInput, jobFilter } from '../inputs/job-list.ts';
import { JobRef } from '../refs.ts';
import { JobConnection, jobConnection } from '../types/job-connection.ts';

const NEWEST_FIRST = { field: 'CREATED_AT', direction: 'DESC' } as const;

const MOST_IDS = 10;
/** What an id of a job or a batch can begin with. */
const ID_START = /^(job|bat)_[\w-]{0,60}$/;

builder.queryFields((t) => ({
  job: t.field({
    type: JobRef,
    nullable: true,
    description: 'A job by id; null when there is none. Finished jobs are forgotten after a while.',
    args: { id: t.arg.id({ required: true }) },
    resolve: (_root, { id }, { loaders }) => (isId('job', id) ? loaders.job.load(id) : null),
  }),
  idsWithPrefix: t.idList({
    description: `Ids of jobs and batches that begin with \`prefix\`, in order, at most ${MOST_IDS}: none, one, or enough to see that it does not tell which.`,
    args: { prefix: t.arg.string({ required: true }) },
    resolve: (_root, { prefix }, { store, scope }) =>
      ID_START.test(prefix) ? store.idsWithPrefix({ prefix, limit: MOST_IDS }, scope) : [],
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
        jobConnection(
          context,
          jobFilter(args.filter, context.system),
          args.orderBy ?? NEWEST_FIRST,
          args,
          info,
        ),
    },
    JobConnection,
  ),
}));
