/** A batch and its jobs. */
import { isId } from '../../domain/ids.ts';
import { greatest } from '../../domain/long-lists.ts';
import type { Batch } from '../../domain/store.ts';
import { builder } from '../builder.ts';
import type { GraphQLContext } from '../context.ts';
import { JobOrderInput } from '../inputs/job-list.ts';
import { NodeRef } from '../node.ts';
import { connectionOf, pageRange } from '../paging.ts';
import { BatchRef, JobRef } from '../refs.ts';
import { JobConnection, jobConnection } from './job-connection.ts';
import { JobCountsRef } from './job-counts.ts';

const AS_SUBMITTED = { field: 'CREATED_AT', direction: 'ASC' } as const;

/** Of so many jobs that wait or run, the newest, the last end is told: others come before them. */
const MOST_LOOKED_AT = 1_000;
/** It reads so many jobs that a page of batches can have it once. */
const EXPECTED_END_COST = 500;

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
      extensions: { cost: EXPECTED_END_COST },
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
    kept: t.exposeBoolean('kept', { description: 'Whether it and its jobs are kept beyond the usual time.' }),
    metadata: t.field({
      type: 'JSON',
      nullable: true,
      description: 'As submitted or changed: a page keeps here what it needs to show the batch again.',
      resolve: async ({ metadata }, _args, { answer }, info) => {
        if (metadata) await answer.take(JSON.stringify(metadata).length, info);
        return metadata;
      },
    }),
    name: t.exposeString('name', { nullable: true, description: 'As submitted or changed.' }),
  }),
});

export const BatchConnection = builder.connectionObject(
  { type: BatchRef, name: 'BatchConnection', description: 'A page of batches.' },
  { name: 'BatchEdge', description: 'A batch and its place in the list.' },
);

builder.queryField('batches', (t) =>
  t.connection(
    {
      type: BatchRef,
      description: 'Batches, newest first. Give exactly one of `first` and `last` (at most 100).',
      args: {
        client: t.arg.string({ description: 'Those of this client.' }),
        kind: t.arg.string({ description: 'Those whose `metadata` has this text as its `kind`.' }),
      },
      resolve: async (_root, { client, kind, ...args }, { scope, store }) => {
        const filter = { ...(isGiven(client) && { client }), ...(isGiven(kind) && { kind }) };
        const range = pageRange(args, (text) => (isId('bat', text) ? text : undefined));
        const page = await store.listBatches({ filter, ...range }, scope);
        return connectionOf<Batch>(
          { items: page.batches, hasPrevious: page.hasPrevious, hasNext: page.hasNext },
          ({ id }) => id,
          () => store.countBatches(filter, scope),
        );
      },
    },
    BatchConnection,
  ),
);

function isGiven(text: string | null | undefined): text is string {
  return text !== null && text !== undefined;
}

builder.queryField('batch', (t) =>
  t.field({
    type: BatchRef,
    nullable: true,
    description: 'A batch by id; null when there is none.',
    args: { id: t.arg.id({ required: true }) },
    resolve: (_root, { id }, { loaders }) => (isId('bat', id) ? loaders.batch.load(id) : null),
  }),
);
