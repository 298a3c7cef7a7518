/** A batch and its jobs. */
import { isId } from '../../domain/ids.ts';
import { greatest } from '../../domain/long-lists.ts';
import type { Batch } from '../../domain/store.ts';
import { builder } from '../builder.ts';
import type { GraphQLContext } from '../context.ts';
import { JobOrderInput } from '../inputs/job-list.ts';
import { NodeRef } from '../node.ts';
import { BatchRef, JobRef } from '../refs.ts';
import { JobConnection, jobConnection } from './job-connection.ts';
import { JobCountsRef } from './job-counts.ts';

const AS_SUBMITTED = { field: 'CREATED_AT', direction: 'ASC' } as const;

/** Of so many jobs that wait or run, the newest, the last end is told: others come before them. */
const MOST_LOOKED_AT = 1_000;

async function expectedEnd(
  { id, finishedAt }: Batch,
  _args: object,
  { store, scope, system }: GraphQLContext,
): Promise<number | null> {
  if (finishedAt !== null) return null;
  const { jobs } = await store.list(
    {
      filter: { batchId: id, statuses: ['PENDING', 'QUEUED', 'RUNNING'] },
      order: AS_SUBMITTED,
      fromEnd: true,
      limit: MOST_LOOKED_AT,
    },
    scope,
  );
  const ends: number[] = [];
  for (const job of jobs) {
    const { end } = system.expectationOf(job);
    if (end !== null) ends.push(end);
    // One that runs for longer than it should says nothing of those that wait.
    else if (job.status !== 'RUNNING') return null;
  }
  return ends.length === 0 ? null : greatest(ends);
}

BatchRef.implement({
  description: 'Jobs submitted together, with one progress figure.',
  interfaces: [NodeRef],
  fields: (t) => ({
    client: t.exposeString('client', { description: 'Who submitted it.' }),
    counts: t.expose('counts', { type: JobCountsRef, description: 'Its jobs by status.' }),
    createdAt: t.expose('createdAt', { type: 'DateTime' }),
    expectedEnd: t.field({
      type: 'DateTime',
      nullable: true,
      description:
        'When its last job should be done, if nothing else comes; null once it has ended, and where there is no honest estimate.',
      resolve: expectedEnd,
    }),
    finishedAt: t.expose('finishedAt', {
      type: 'DateTime',
      nullable: true,
      description: 'When its last job ended; null while any has not.',
    }),
    jobs: t.connection(
      {
        type: JobRef,
        description:
          'Its jobs, in the order of submission by default. Give exactly one of `first` and `last` (at most 100).',
        args: { orderBy: t.arg({ type: JobOrderInput, defaultValue: AS_SUBMITTED }) },
        resolve: (batch, args, context, info) =>
          jobConnection(context, { batchId: batch.id }, args.orderBy ?? AS_SUBMITTED, args, info),
      },
      JobConnection,
    ),
    name: t.exposeString('name', { nullable: true, description: 'As submitted.' }),
  }),
});

builder.queryField('batch', (t) =>
  t.field({
    type: BatchRef,
    nullable: true,
    description: 'A batch by id; null when there is none.',
    args: { id: t.arg.id({ required: true }) },
    resolve: (_root, { id }, { loaders }) => (isId('bat', id) ? loaders.batch.load(id) : null),
  }),
);
