/** A decision and its reason. */
import type { Decision } from '../../domain/decision.ts';
import { isId } from '../../domain/ids.ts';
import { backendById, cellsOf } from '../../view/lookup.ts';
import { builder } from '../builder.ts';
import type { GraphQLContext } from '../context.ts';
import { connectionOf, pageOf, pageRange } from '../paging.ts';
import { BackendRef, CellRef, DecisionRef, GpuRef, JobRef } from '../refs.ts';
import { DecisionKindEnum } from './enums.ts';

DecisionRef.implement({
  description: 'One thing that the scheduler decided, or that became of a server process, and why.',
  fields: (t) => ({
    at: t.expose('at', { type: 'DateTime' }),
    bytes: t.expose('bytes', {
      type: 'Bytes',
      nullable: true,
      description: 'What it moves or needs, over all GPUs; null where no memory is meant.',
    }),
    backend: t.field({
      type: BackendRef,
      nullable: true,
      description: 'The backend that it is about; null when it is about none.',
      resolve: ({ backendId }, _args, { system }) => backendById(system, backendId),
    }),
    cell: t.field({
      type: CellRef,
      nullable: true,
      description:
        'The server process that it is about; null when it is about none, or the process ended too long ago.',
      resolve: ({ cellId }, _args, { system }) => cellsOf(system).find(({ id }) => id === cellId) ?? null,
    }),
    explanation: t.exposeString('explanation', {
      description: 'One sentence with the numbers that decided it.',
    }),
    gpu: t.field({
      type: GpuRef,
      nullable: true,
      description:
        'The GPU that it is about; null when it is about none or several, or that is not there any more.',
      resolve: ({ gpuId }, _args, { system }) => (gpuId ? system.gpu(gpuId) : null),
    }),
    id: t.id({
      description: 'Opaque. Stays the same as long as the decision is kept.',
      resolve: ({ sequence }) => `dec_${sequence}`,
    }),
    inFavourOf: t.exposeString('inFavourOf', {
      nullable: true,
      description: 'Of a drain or unload that makes room: the model that it is for.',
    }),
    instanceId: t.exposeID('instanceId', {
      nullable: true,
      description: 'The instance that it is about, which may be gone by now; null when it is about none.',
    }),
    job: t.field({
      type: JobRef,
      nullable: true,
      description: 'The job that it is about; null when it is about none, or the job is forgotten.',
      resolve: ({ jobId }, _args, { loaders }) => (jobId ? loaders.job.load(jobId) : null),
    }),
    jobCount: t.exposeInt('jobCount', { description: 'How many jobs are handed out by it.' }),
    kind: t.expose('kind', { type: DecisionKindEnum }),
    modelName: t.exposeString('modelName', { nullable: true }),
  }),
});

export const DecisionFilterInput = builder.inputType('DecisionFilter', {
  description: 'Which decisions to take: those that meet every condition given.',
  fields: (t) => ({
    jobId: t.id({ description: 'About this job.' }),
    kinds: t.field({ type: [DecisionKindEnum] }),
    model: t.string({ description: 'About this model, by name, with or without the tag `:latest`.' }),
  }),
});

/** Which ones are meant. Of a job that the caller does not see there is nothing to tell. */
export async function decisionTest(
  filter: typeof DecisionFilterInput.$inferInput | null | undefined,
  { system, loaders }: GraphQLContext,
): Promise<(decision: Decision) => boolean> {
  const { jobId, kinds, model } = filter ?? {};
  if (jobId && !(isId('job', jobId) && (await loaders.job.load(jobId)))) return () => false;
  const name = model ? system.modelName(model) : null;
  return (one) =>
    (!jobId || one.jobId === jobId) &&
    (!kinds || kinds.includes(one.kind)) &&
    (name === null || (one.modelName !== null && system.modelName(one.modelName) === name));
}

const CURSOR = /^decision (\d{1,15})$/;

builder.queryField('decisions', (t) =>
  t.connection(
    {
      type: DecisionRef,
      description:
        'What the scheduler decided and what became of server processes, newest first, each with its reason, those before a restart of the server included. Kept are the newest 2,000 dispatches and 8,000 others. Give exactly one of `first` and `last` (at most 100).',
      args: { filter: t.arg({ type: DecisionFilterInput }) },
      resolve: async (_root, args, context) => {
        const range = pageRange(args, (text) => {
          const sequence = CURSOR.exec(text)?.[1];
          return sequence === undefined ? undefined : Number(sequence);
        });
        const isMeant = await decisionTest(args.filter, context);
        const newestFirst = context.system.decisions().filter(isMeant).reverse();
        const page = pageOf(newestFirst, range, (decision, sequence) => sequence - decision.sequence);
        return connectionOf<Decision>(
          page,
          ({ sequence }) => `decision ${sequence}`,
          () => newestFirst.length,
        );
      },
    },
    { name: 'DecisionConnection', description: 'A page of decisions.' },
    { name: 'DecisionEdge', description: 'A decision and its place in the list.' },
  ),
);
