/** Who was in memory where, from when to when. */
import type { ResidencyList, Stay } from '../../domain/residency.ts';
import { backendById } from '../../view/lookup.ts';
import { builder } from '../builder.ts';
import { timeRange } from '../inputs/time-range.ts';
import { BackendRef, GpuRef } from '../refs.ts';
import { requestError } from '../request-errors.ts';

const USUAL = 1_000;
const MOST = 2_000;
/** One of them reads and merges up to all stays that are kept. */
const RESIDENCIES_COST = 10_000;

const ResidencyRef = builder.objectRef<Stay>('Residency').implement({
  description:
    'One stay of a model on one GPU. Of a model that was cut over several GPUs there is one for each.',
  fields: (t) => ({
    backend: t.field({
      type: BackendRef,
      nullable: true,
      description: 'Null when it is not configured any more.',
      resolve: ({ backendId }, _args, { system }) => backendById(system, backendId),
    }),
    bytes: t.expose('bytes', { type: 'Bytes', description: 'On this GPU; of merged stays the most.' }),
    contextLength: t.exposeInt('contextLength', { description: 'In tokens; of merged stays the last one.' }),
    endingAt: t.expose('endingAt', {
      type: 'DateTime',
      nullable: true,
      description: 'When it was told to go, after which it got no new job; null while it is wanted.',
    }),
    endReason: t.exposeString('endReason', {
      nullable: true,
      description: 'Why it went, for people; null while it is wanted.',
    }),
    goneAt: t.expose('goneAt', {
      type: 'DateTime',
      nullable: true,
      description: 'When nothing of it was left; null while something is.',
    }),
    gpu: t.field({
      type: GpuRef,
      nullable: true,
      description: 'Null on a host without any, and when it is not there any more.',
      resolve: ({ gpuId }, _args, { system }) => (gpuId ? system.gpu(gpuId) : null),
    }),
    gpuId: t.exposeID('gpuId', { nullable: true, description: 'Null on a host without any.' }),
    instanceId: t.exposeID('instanceId', {
      description: 'The instance that it is or was; of merged stays the last one.',
    }),
    jobs: t.exposeInt('jobs', { description: 'How many jobs ended on it.' }),
    loadingAt: t.expose('loadingAt', { type: 'DateTime', description: 'When its loading began.' }),
    merged: t.exposeInt('merged', {
      description: 'How many stays were merged into this one; 1 when none was.',
    }),
    modelName: t.exposeString('modelName'),
    readyAt: t.expose('readyAt', {
      type: 'DateTime',
      nullable: true,
      description: 'When it took its first job, or could have; null when it never could.',
    }),
    reason: t.exposeString('reason', { description: 'Why it was loaded, for people.' }),
  }),
});

const ResidencyListRef = builder.objectRef<ResidencyList>('ResidencyList').implement({
  description: 'Stays of models in memory, by GPU and start.',
  fields: (t) => ({
    complete: t.exposeBoolean('complete', {
      description: 'False when there were more than `first`: the oldest were left out.',
    }),
    nodes: t.expose('stays', { type: [ResidencyRef] }),
  }),
});

builder.queryField('residencies', (t) =>
  t.field({
    type: ResidencyListRef,
    description:
      'What was in memory within a time, by GPU and start, as far as is kept: 90 days, and the newest 50,000 stays. Stays shorter than `atLeast` are merged with neighbours of the same model that are no further away, so that a picture needs no more than `first`.',
    args: {
      atLeast: t.arg({ type: 'Milliseconds', defaultValue: 0 }),
      first: t.arg.int({ defaultValue: USUAL, description: `At most ${MOST}.` }),
      from: t.arg({ type: 'DateTime', required: true }),
      gpuId: t.arg.id({ description: 'On this GPU.' }),
      model: t.arg.string({ description: 'Of this model, by name, with or without the tag `:latest`.' }),
      to: t.arg({ type: 'DateTime', description: 'By default now.' }),
    },
    extensions: { cost: RESIDENCIES_COST, largestPage: MOST },
    resolve: (_root, { atLeast, first, gpuId, model, ...range }, { clock, history, scope, system }) => {
      const limit = first ?? USUAL;
      if (limit < 1 || limit > MOST)
        throw requestError('BAD_USER_INPUT', `first must be from 1 to ${MOST}, not ${limit}.`);
      return history.residencies.list(
        {
          ...timeRange(range, clock),
          ...(gpuId ? { gpuId: gpuId as NonNullable<Stay['gpuId']> } : {}),
          ...(model ? { modelName: system.modelName(model) } : {}),
          atLeastMs: atLeast ?? 0,
          limit,
        },
        scope,
      );
    },
  }),
);
