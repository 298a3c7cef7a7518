/** Models fetched, copied and deleted on the backends. */
import { BackendUnavailableError, InvalidInputError } from '../../domain/errors.ts';
import { type BackendId, isId } from '../../domain/ids.ts';
import type { ModelPull } from '../../domain/model-operations.ts';
import type { ModelState } from '../../domain/system.ts';
import { builder } from '../builder.ts';
import { ModelPullRef, ModelRef } from '../refs.ts';
import { resultUnion } from '../result-union.ts';
import { BackendUnavailable, InvalidInput, ModelNotFound } from '../types/user-errors.ts';

const PullModelInput = builder.inputType('PullModelInput', {
  description: 'Which model to fetch, and where to.',
  fields: (t) => ({
    backendId: t.id({ description: 'By default the first that answers.' }),
    model: t.string({ required: true, description: 'Such as `qwen3:8b` or `hf.co/owner/model:tag`.' }),
  }),
});

const CancelPullInput = builder.inputType('CancelPullInput', {
  description: 'Which download to end.',
  fields: (t) => ({ id: t.id({ required: true }) }),
});

const CopyModelInput = builder.inputType('CopyModelInput', {
  description: 'Which model to give a second name.',
  fields: (t) => ({
    backendId: t.id({ description: 'By default the first that has the source.' }),
    destination: t.string({ required: true, description: 'The name to add. It must not be another model.' }),
    source: t.string({ required: true, description: 'By name, with or without its tag.' }),
  }),
});

const DeleteModelInput = builder.inputType('DeleteModelInput', {
  description: 'Which model to delete.',
  fields: (t) => ({
    backendId: t.id({ description: 'Needed where several backends have the model.' }),
    model: t.string({ required: true, description: 'By name, with or without its tag.' }),
  }),
});

const PullModelResult = resultUnion(
  'PullModelResult',
  builder.objectRef<{ readonly pull: ModelPull }>('PullModelPayload').implement({
    description: 'The download is under way; `pullUpdated` follows it.',
    fields: (t) => ({ pull: t.expose('pull', { type: ModelPullRef }) }),
  }),
  [BackendUnavailable, InvalidInput],
);
const CancelPullResult = resultUnion(
  'CancelPullResult',
  builder.objectRef<{ readonly pull: ModelPull }>('CancelPullPayload').implement({
    description: 'The download is over. What arrived is kept for the next one.',
    fields: (t) => ({
      pull: t.expose('pull', {
        type: ModelPullRef,
        description: 'As it is. One that had ended before stays as it was.',
      }),
    }),
  }),
  [InvalidInput],
);
const CopyModelResult = resultUnion(
  'CopyModelResult',
  builder.objectRef<{ readonly model: ModelState }>('CopyModelPayload').implement({
    description: 'The model has the second name too. Both names share the weights, and so an instance.',
    fields: (t) => ({
      model: t.expose('model', { type: ModelRef, description: 'By its new name.' }),
    }),
  }),
  [BackendUnavailable, InvalidInput, ModelNotFound],
);
const DeleteModelResult = resultUnion(
  'DeleteModelResult',
  builder.objectRef<{ readonly modelName: string }>('DeleteModelPayload').implement({
    description: 'The model is not there any more.',
    fields: (t) => ({ modelName: t.exposeString('modelName', { description: 'As given.' }) }),
  }),
  [BackendUnavailable, InvalidInput, ModelNotFound],
);

/** What is none is refused by whoever looks it up. */
function backendIdOf(input: { readonly backendId?: string | null | undefined }): BackendId | null {
  return (input.backendId ?? null) as BackendId | null;
}

builder.mutationFields((t) => ({
  pullModel: t.field({
    type: PullModelResult.ref,
    description:
      'Fetch a model, or bring it up to date; answered at once. Asked for again while it is under way, it is the same download; after ' +
      'a failure it goes on with what arrived. For administrators.',
    args: { input: t.arg({ type: PullModelInput, required: true }) },
    resolve: (_root, { input }, context) => {
      return PullModelResult.settle(async () => ({
        pull: await context.modelOperations.pull(input.model, backendIdOf(input)),
      }));
    },
  }),
  cancelPull: t.field({
    type: CancelPullResult.ref,
    description: 'End a download. What arrived is kept for the next one. For administrators.',
    args: { input: t.arg({ type: CancelPullInput, required: true }) },
    resolve: (_root, { input: { id } }, context) => {
      return CancelPullResult.settle(async () => {
        const pull = isId('pul', id) ? await context.modelOperations.cancelPull(id) : null;
        if (pull) return { pull };
        throw new InvalidInputError([
          {
            path: ['id'],
            message:
              'is of no download. They are forgotten an hour after their end, and when the server restarts.',
          },
        ]);
      });
    },
  }),
  copyModel: t.field({
    type: CopyModelResult.ref,
    description: 'Give a model a second name on its backend. Takes no space. For administrators.',
    args: { input: t.arg({ type: CopyModelInput, required: true }) },
    resolve: (_root, { input }, context) => {
      return CopyModelResult.settle(async () => {
        const { modelOperations, system } = context;
        await modelOperations.copy(input.source, input.destination, backendIdOf(input));
        const model = system.model(input.destination);
        if (model) return { model };
        throw new BackendUnavailableError(
          `It was copied, but the backend does not tell of ${input.destination} yet. Ask for the model again.`,
          input.backendId ?? null,
        );
      });
    },
  }),
  deleteModel: t.field({
    type: DeleteModelResult.ref,
    description:
      'Delete a model from a backend. Jobs that run on it are finished and it is unloaded first, unless another name shares its weights; ' +
      'answered when it is gone. A download of it under way is ended. For administrators.',
    args: { input: t.arg({ type: DeleteModelInput, required: true }) },
    resolve: (_root, { input }, context) => {
      return DeleteModelResult.settle(async () => {
        await context.modelOperations.delete(input.model, backendIdOf(input));
        return { modelName: input.model };
      });
    },
  }),
}));
