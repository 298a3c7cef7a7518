/** Whether models fit together, and where each would be. */
import type { TaskBudget, TaskChange } from '../../tasks/task-budget.ts';
import { budgetOf, defaultModelNames } from '../../view/budget-answer.ts';
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
      description:
        'The GPUs that it would be placed on; empty when it does not fit beside the others, and when its server keeps it on none that is known.',
      resolve: ({ placement }, _args, { system }) =>
        placement.map(({ gpuId }) => system.gpu(gpuId)).filter((gpu) => gpu !== null),
    }),
    measured: t.exposeBoolean('measured', {
      description: 'Whether the footprint was measured or is a prediction.',
    }),
    modelName: t.exposeString('modelName'),
  }),
});

const TaskChangeRef = builder.objectRef<TaskChange>('TaskChange').implement({
  description: 'Another option for a task.',
  fields: (t) => ({
    from: t.string({ description: 'The option that it has.', resolve: ({ from }) => from.name }),
    task: t.exposeString('task'),
    to: t.string({ description: 'The option to select.', resolve: ({ to }) => to.name }),
  }),
});

const MemoryBudgetRef = builder.objectRef<TaskBudget>('MemoryBudget').implement({
  description: 'Whether some models fit into GPU memory at the same time.',
  fields: (t) => ({
    capacityBytes: t.expose('capacityBytes', {
      type: 'Bytes',
      description:
        'What they can have of all GPUs: total less headroom, reservations, foreign memory and what stays of other models: pinned instances, and those of servers that keep theirs. ' +
        'Instances that can be unloaded do not count against it.',
    }),
    changes: t.expose('changes', {
      type: [TaskChangeRef],
      description:
        'With `tasks`: what to select so that all fit, as few changes as there can be. Empty when they fit, and when no choice of options does.',
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
    args: {
      models: t.arg.stringList({ description: `By name, at most ${LARGEST_PAGE}.` }),
      tasks: t.arg.boolean({
        defaultValue: false,
        description: 'Those that are selected for all tasks, in place of `models`.',
      }),
    },
    resolve: (_root, { models: names, tasks: ofTasks }, { system, tasks }) => {
      if (ofTasks && names)
        throw requestError('BAD_USER_INPUT', 'Give models, or tasks: true, and not both.');
      if (ofTasks) return tasks.budget();
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
      return { ...budgetOf(system, models), changes: [] };
    },
  }),
);
