/** Whether models fit together, and where each would be. */
import { type BudgetAnswer, budgetOf, defaultModelNames } from '../../view/budget-answer.ts';
import type { BudgetLine } from '../../view/memory-budget.ts';
import { builder } from '../builder.ts';
import { LARGEST_PAGE } from '../paging.ts';
import { GpuRef } from '../refs.ts';
import { requestError } from '../request-errors.ts';

const MemoryBudgetLineRef = builder.objectRef<BudgetLine>('MemoryBudgetLine').implement({
  description: 'One of the models, and its place beside the others.',
  fields: (t) => ({
    footprintBytes: t.expose('footprintBytes', {
      type: 'Bytes',
      nullable: true,
      description: 'What one instance takes; null when too little is known of the model.',
    }),
    gpus: t.field({
      type: [GpuRef],
      description: 'The GPUs that it would be placed on; empty when it does not fit beside the others.',
      resolve: ({ placement }, _args, { system }) =>
        placement.map(({ gpuId }) => system.gpu(gpuId)).filter((gpu) => gpu !== null),
    }),
    measured: t.exposeBoolean('measured', {
      description: 'Whether the footprint was measured or is a prediction.',
    }),
    modelName: t.exposeString('modelName'),
  }),
});

const MemoryBudgetRef = builder.objectRef<BudgetAnswer>('MemoryBudget').implement({
  description: 'Whether some models fit into GPU memory at the same time.',
  fields: (t) => ({
    capacityBytes: t.expose('capacityBytes', {
      type: 'Bytes',
      description:
        'What they can have of all GPUs: total less headroom, reservations, foreign memory and pinned instances of other models. ' +
        'Instances that can be unloaded do not count against it.',
    }),
    exact: t.exposeBoolean('exact', {
      description:
        'False when there were too many ways of placing them to try all: another may hold more, or cut fewer models into parts.',
    }),
    explanation: t.string({
      description: 'A line for the sum and one for each model.',
      resolve: ({ explanation }) => explanation.join('\n'),
    }),
    fits: t.exposeBoolean('fits', { description: 'Whether every one of them has a place.' }),
    freeBytes: t.expose('freeBytes', {
      type: 'Bytes',
      description: 'What is free of all GPUs at this moment, without unloading anything.',
    }),
    models: t.expose('lines', {
      type: [MemoryBudgetLineRef],
      description: 'In the order in which they were given.',
    }),
    requiredBytes: t.expose('requiredBytes', {
      type: 'Bytes',
      description:
        'What they take together. Names that share their weights share an instance and count once.',
    }),
  }),
});

builder.queryField('memoryBudget', (t) =>
  t.field({
    type: MemoryBudgetRef,
    description:
      'Would these models fit into GPU memory together, and where? By default those that are loaded or waited for now.',
    args: { models: t.arg.stringList({ description: `By name, at most ${LARGEST_PAGE}.` }) },
    resolve: (_root, { models: names }, { system }) => {
      if (names && names.length > LARGEST_PAGE) {
        throw requestError(
          'BAD_USER_INPUT',
          `models may hold at most ${LARGEST_PAGE} names, not ${names.length}.`,
        );
      }
      const models = (names ?? defaultModelNames(system)).map((name) => {
        const model = system.model(name);
        if (model) return model;
        throw requestError('NOT_FOUND', `No backend has a model named "${name}".`);
      });
      return budgetOf(system, models);
    },
  }),
);
