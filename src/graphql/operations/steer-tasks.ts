/** Tasks given another model, and their models brought into memory. */
import type { Retirement } from '../../tasks/retired-models.ts';
import type { Selected, WarmedTask } from '../../tasks/tasks.ts';
import { builder } from '../builder.ts';
import { InstanceRef } from '../refs.ts';
import { resultUnion } from '../result-union.ts';
import { TaskRef } from '../types/task.ts';
import { StoreUnwritable, TaskNotFound, TaskOptionNotFound } from '../types/user-errors.ts';

const SelectTaskModelInput = builder.inputType('SelectTaskModelInput', {
  description: 'Which option a task is to have.',
  fields: (t) => ({
    option: t.string({ required: true, description: 'By name.' }),
    task: t.string({ required: true, description: 'By name.' }),
  }),
});

const WarmUpTasksInput = builder.inputType('WarmUpTasksInput', {
  description: 'The models of which tasks to load.',
  fields: (t) => ({ tasks: t.stringList({ description: 'By name; by default all.' }) }),
});

const SelectTaskModelResult = resultUnion(
  'SelectTaskModelResult',
  builder.objectRef<Selected>('SelectTaskModelPayload').implement({
    description: 'Jobs that are submitted from now on run on it. Those that wait stay as they are.',
    fields: (t) => ({
      explanation: t.string({
        description: 'What becomes of the model that was selected before.',
        resolve: ({ before, retirement }) => explained(before.model, retirement),
      }),
      optionBefore: t.string({ resolve: ({ before }) => before.name }),
      task: t.field({ type: TaskRef, resolve: (selected) => selected }),
      unloads: t.boolean({
        description: 'Whether the model that was selected before leaves the memory now.',
        resolve: ({ retirement }) => retirement.kind === 'leaves',
      }),
    }),
  }),
  [StoreUnwritable, TaskNotFound, TaskOptionNotFound],
);

function explained(modelName: string, retirement: Retirement): string {
  switch (retirement.kind) {
    case 'leaves':
      return `${modelName} leaves the memory: nothing else needs it.`;
    case 'needed':
      return `${modelName} stays in memory as long as ${retirement.why}.`;
    case 'not-loaded':
      return 'There is nothing to unload.';
    default:
      return retirement satisfies never;
  }
}

const WarmedTaskRef = builder.objectRef<WarmedTask>('WarmedTask').implement({
  description: 'What became of one task.',
  fields: (t) => ({
    instance: t.expose('instance', {
      type: InstanceRef,
      nullable: true,
      description: 'The model in memory; null where it is not.',
    }),
    problem: t.exposeString('problem', { nullable: true, description: 'Why it is not; null where it is.' }),
    task: t.field({ type: TaskRef, resolve: (warmed) => warmed }),
  }),
});

const WarmUpTasksResult = resultUnion(
  'WarmUpTasksResult',
  builder.objectRef<{ readonly tasks: readonly WarmedTask[] }>('WarmUpTasksPayload').implement({
    description: 'Each was tried.',
    fields: (t) => ({ tasks: t.expose('tasks', { type: [WarmedTaskRef] }) }),
  }),
  [TaskNotFound],
);

builder.mutationFields((t) => ({
  selectTaskModel: t.field({
    type: SelectTaskModelResult.ref,
    description:
      'Give a task another of its options, for jobs that are submitted from now on; a restart keeps it. The model before it is unloaded when ' +
      'nothing else needs it. For administrators.',
    args: { input: t.arg({ type: SelectTaskModelInput, required: true }) },
    resolve: (_root, { input: { task, option } }, context) => {
      return SelectTaskModelResult.settle(() => context.tasks.select(task, option));
    },
  }),
  warmUpTasks: t.field({
    type: WarmUpTasksResult.ref,
    description:
      'Load the selected models of tasks, as far as they fit together; answered when all are in memory or cannot be. For administrators.',
    args: { input: t.arg({ type: WarmUpTasksInput }) },
    resolve: (_root, { input }, context) => {
      return WarmUpTasksResult.settle(async () => ({
        tasks: await context.tasks.warmUp(input?.tasks ?? null),
      }));
    },
  }),
}));
