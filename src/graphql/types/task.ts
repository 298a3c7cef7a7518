/** Tasks: named kinds of work, each with its options and the one that is selected. */

import { greatest } from '../../domain/long-lists.ts';
import type { TaskChoice, TaskOption } from '../../domain/task.ts';
import { backendByName } from '../../view/lookup.ts';
import { builder } from '../builder.ts';
import { BackendRef, InstanceRef, ModelRef } from '../refs.ts';

const TaskSpeedEnum = builder.enumType('TaskSpeed', {
  description: 'A word of the configuration on how fast an option is.',
  values: {
    FAST: { value: 'fast', description: 'Faster than most of its task.' },
    MEDIUM: { value: 'medium', description: 'Neither.' },
    SLOW: { value: 'slow', description: 'Slower than most of its task.' },
  } as const,
});

const TaskOptionRef = builder.objectRef<TaskOption>('TaskOption').implement({
  description: 'One way to do a task. What is null the configuration does not say.',
  fields: (t) => ({
    backend: t.field({
      type: BackendRef,
      nullable: true,
      description: 'Whose model it is; null where that of any backend will do.',
      resolve: ({ backend }, _args, { system }) => backendByName(system, backend),
    }),
    description: t.exposeString('description', {
      nullable: true,
      description: 'As configured; null where it says nothing.',
    }),
    fps: t.exposeFloat('fps', {
      nullable: true,
      description: 'Frames of a video in a second that callers are to send it.',
    }),
    instances: t.field({
      type: [InstanceRef],
      description: 'What of it is in memory now, with what it takes there and since when.',
      resolve: (option, _args, { tasks }) => tasks.instancesOf(option),
    }),
    loaded: t.boolean({
      description: 'Whether it is in memory and takes jobs.',
      resolve: (option, _args, { tasks }) =>
        tasks.instancesOf(option).some(({ status }) => status === 'READY'),
    }),
    loadedAt: t.field({
      type: 'DateTime',
      nullable: true,
      description: 'Since when it is in memory; null when it is not.',
      resolve: (option, _args, { tasks }) => {
        const since = tasks.instancesOf(option).flatMap(({ loadedAt }) => loadedAt ?? []);
        return since.length === 0 ? null : greatest(since);
      },
    }),
    model: t.field({
      type: ModelRef,
      nullable: true,
      description: 'Null when no backend has it.',
      resolve: (option, _args, { tasks }) => tasks.modelOf(option),
    }),
    modelName: t.exposeString('model'),
    name: t.exposeString('name'),
    provider: t.exposeString('provider', {
      nullable: true,
      description: 'Who runs it, where that is nobody here.',
    }),
    quantization: t.string({
      nullable: true,
      description: 'As configured, else as its backend tells.',
      resolve: (option, _args, { tasks }) =>
        option.quantization ?? tasks.modelOf(option)?.info.quantization ?? null,
    }),
    speed: t.expose('speed', {
      type: TaskSpeedEnum,
      nullable: true,
      description: 'As configured; null where it says nothing.',
    }),
    vramBytes: t.field({
      type: 'Bytes',
      nullable: true,
      description: 'What it takes in memory now, else what is known of it, else what the configuration says.',
      resolve: (option, _args, { system, tasks }) => {
        const inMemory = tasks.instancesOf(option);
        if (inMemory.length > 0) return inMemory.reduce((sum, { memory }) => sum + memory.vramBytes, 0);
        const model = tasks.modelOf(option);
        return (model && system.vramEstimate(model, null)?.bytes) ?? option.vramBytes;
      },
    }),
  }),
});

export const TaskRef = builder.objectRef<TaskChoice>('Task').implement({
  description:
    'A named kind of work. `task` of a submitted job, or `task:NAME` for its model, is the selected option.',
  fields: (t) => ({
    description: t.string({
      nullable: true,
      description: 'As configured; null where it says nothing.',
      resolve: ({ task }) => task.description,
    }),
    name: t.string({ resolve: ({ task }) => task.name }),
    options: t.field({ type: [TaskOptionRef], resolve: ({ task }) => task.options }),
    selected: t.field({
      type: TaskOptionRef,
      description: 'What its jobs run on from now on.',
      resolve: ({ option }) => option,
    }),
  }),
});

builder.queryFields((t) => ({
  task: t.field({
    type: TaskRef,
    nullable: true,
    description: 'A task by name; null when there is none.',
    args: { name: t.arg.string({ required: true }) },
    resolve: (_root, { name }, { tasks }) => tasks.all().find(({ task }) => task.name === name) ?? null,
  }),
  tasks: t.field({
    type: [TaskRef],
    description: 'The configured tasks, in their order.',
    resolve: (_root, _args, { tasks }) => tasks.all(),
  }),
}));
