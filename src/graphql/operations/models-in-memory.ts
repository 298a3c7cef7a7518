/** Models brought into memory, kept there and sent out of it by hand. */
import { type InputIssue, InvalidInputError } from '../../domain/errors.ts';
import type { BackendId } from '../../domain/ids.ts';
import type { ModelTarget } from '../../domain/memory-operations.ts';
import type { InstanceState, SystemView } from '../../domain/system.ts';
import { backendsOf } from '../../view/lookup.ts';
import { builder } from '../builder.ts';
import { InstanceRef, ModelRef } from '../refs.ts';
import { resultUnion } from '../result-union.ts';
import { BackendUnavailable, InsufficientVram, InvalidInput, ModelNotFound } from '../types/user-errors.ts';

const MODEL = 'By name, with or without its tag.';

const LoadModelInput = builder.inputType('LoadModelInput', {
  description: 'Which model to load, and how.',
  fields: (t) => ({
    backendId: t.id({ description: 'By default the one that the scheduler chooses.' }),
    contextLength: t.int({ description: 'Tokens that one request can use; by default what its jobs get.' }),
    model: t.string({ required: true, description: MODEL }),
  }),
});

const UnloadModelInput = builder.inputType('UnloadModelInput', {
  description: 'Which model to unload.',
  fields: (t) => ({
    backendId: t.id({ description: 'By default all that have it loaded.' }),
    model: t.string({ required: true, description: MODEL }),
  }),
});

const PinModelInput = builder.inputType('PinModelInput', {
  description: 'Which model to keep, and for how long.',
  fields: (t) => ({
    backendId: t.id({ description: 'By default the one that the scheduler chooses.' }),
    lease: t.field({
      type: 'Milliseconds',
      description: 'When it ends by itself, from now on. Without it, the model is kept until it is unpinned.',
    }),
    model: t.string({ required: true, description: MODEL }),
  }),
});

const UnpinModelInput = builder.inputType('UnpinModelInput', {
  description: 'Which model not to keep any longer.',
  fields: (t) => ({
    backendId: t.id({ description: 'By default all on which it is pinned.' }),
    model: t.string({ required: true, description: MODEL }),
  }),
});

function instancePayload(name: string, description: string) {
  return builder.objectRef<{ readonly instance: InstanceState }>(name).implement({
    description,
    fields: (t) => ({ instance: t.expose('instance', { type: InstanceRef }) }),
  });
}

function modelPayload(name: string, description: string) {
  return builder.objectRef<{ readonly modelName: string }>(name).implement({
    description,
    fields: (t) => ({
      model: t.field({
        type: ModelRef,
        nullable: true,
        description: 'Null when it was removed from its backends meanwhile.',
        resolve: ({ modelName }, _args, { system }) => system.model(modelName),
      }),
    }),
  });
}

const LOAD_REFUSALS = [BackendUnavailable, InsufficientVram, InvalidInput, ModelNotFound] as const;
const UNLOAD_REFUSALS = [BackendUnavailable, InvalidInput, ModelNotFound] as const;
const UNPIN_REFUSALS = [InvalidInput, ModelNotFound] as const;

const LoadModelResult = resultUnion(
  'LoadModelResult',
  instancePayload('LoadModelPayload', 'The model is in memory and takes jobs.'),
  LOAD_REFUSALS,
);
const PinModelResult = resultUnion(
  'PinModelResult',
  instancePayload('PinModelPayload', 'The model is in memory and stays there.'),
  LOAD_REFUSALS,
);
const UnloadModelResult = resultUnion(
  'UnloadModelResult',
  modelPayload('UnloadModelPayload', 'No instance of the model is left there.'),
  UNLOAD_REFUSALS,
);
const UnpinModelResult = resultUnion(
  'UnpinModelResult',
  modelPayload('UnpinModelPayload', 'The model may be unloaded like any other.'),
  UNPIN_REFUSALS,
);

interface Target {
  readonly model: string;
  readonly backendId?: string | null | undefined;
  readonly contextLength?: number | null | undefined;
  readonly lease?: number | null | undefined;
}

/** @throws InvalidInputError with every problem found */
function targetOf({ model, backendId, contextLength, lease }: Target, system: SystemView): ModelTarget {
  const issues: InputIssue[] = [];
  const wrong = (field: string, message: string) => void issues.push({ path: [field], message });
  if (backendId && !backendsOf(system).some((backend) => backend.id === backendId)) {
    wrong('backendId', 'There is no backend with this id. The query `backends` lists them.');
  }
  if ((contextLength ?? 1) < 1) wrong('contextLength', `It has to be at least 1, not ${contextLength}.`);
  if (lease === 0)
    wrong('lease', 'A lease lasts at least 1 ms; leave it out to keep the model until it is unpinned.');
  if (issues.length > 0) throw new InvalidInputError(issues);
  return { model, backendId: (backendId ?? null) as BackendId | null };
}

builder.mutationFields((t) => ({
  loadModel: t.field({
    type: LoadModelResult.ref,
    description:
      'Bring a model into memory before it is needed, making room as a waiting job would; answered when it is ready. For administrators.',
    args: { input: t.arg({ type: LoadModelInput, required: true }) },
    resolve: (_root, { input }, context) => {
      return LoadModelResult.settle(async () => {
        const target = targetOf(input, context.system);
        const contextLength = input.contextLength ?? null;
        return { instance: await context.memory.loadModel({ ...target, contextLength }) };
      });
    },
  }),
  unloadModel: t.field({
    type: UnloadModelResult.ref,
    description:
      'Unload every instance of a model, once the jobs on it are done, and end its loads; answered when they are gone. Jobs that wait for it may have it loaded anew. For administrators.',
    args: { input: t.arg({ type: UnloadModelInput, required: true }) },
    resolve: (_root, { input }, context) => {
      return UnloadModelResult.settle(async () => {
        await context.memory.unloadModel(targetOf(input, context.system));
        return { modelName: input.model };
      });
    },
  }),
  pinModel: t.field({
    type: PinModelResult.ref,
    description:
      'Load a model if it is not in memory, and keep it there: no other model takes its place until it is unpinned or the lease ends. ' +
      'Answered when it is ready; outlives a restart of the server. For administrators.',
    args: { input: t.arg({ type: PinModelInput, required: true }) },
    resolve: (_root, { input }, context) => {
      return PinModelResult.settle(async () => {
        const target = targetOf(input, context.system);
        return { instance: await context.memory.pinModel({ ...target, leaseMs: input.lease ?? null }) };
      });
    },
  }),
  unpinModel: t.field({
    type: UnpinModelResult.ref,
    description:
      'Let a model go again. It stays until its memory is wanted or its time runs out. For administrators.',
    args: { input: t.arg({ type: UnpinModelInput, required: true }) },
    resolve: (_root, { input }, context) => {
      return UnpinModelResult.settle(async () => {
        await context.memory.unpinModel(targetOf(input, context.system));
        return { modelName: input.model };
      });
    },
  }),
}));
