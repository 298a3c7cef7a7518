/** A download of a model. */
import type { ModelPullStatus } from '../../domain/model-operations.ts';
import { backendById } from '../../view/lookup.ts';
import { builder } from '../builder.ts';
import { NodeRef } from '../node.ts';
import { BackendRef, ModelPullRef } from '../refs.ts';
import { enumOf } from './enums.ts';

const ModelPullStatusEnum = enumOf<ModelPullStatus>('ModelPullStatus', 'What has become of a download.', {
  RUNNING: 'Under way.',
  SUCCEEDED: 'The model is there and can be used.',
  FAILED: 'It ended without the model; `error` says why. The next pull goes on with what arrived.',
});

ModelPullRef.implement({
  description: 'A download of a model, in progress or done. Forgotten an hour after its end.',
  interfaces: [NodeRef],
  fields: (t) => ({
    backend: t.field({
      type: BackendRef,
      nullable: true,
      description: 'Where the model goes.',
      resolve: ({ backendId }, _args, { system }) => backendById(system, backendId),
    }),
    completedBytes: t.expose('completedBytes', {
      type: 'Bytes',
      description: 'Over all parts of the model. Never goes back.',
    }),
    error: t.exposeString('error', {
      nullable: true,
      description: 'Why it failed and what to do; null otherwise.',
    }),
    finishedAt: t.expose('finishedAt', {
      type: 'DateTime',
      nullable: true,
      description: 'Null while it runs.',
    }),
    modelName: t.exposeString('modelName', { description: 'As asked for.' }),
    startedAt: t.expose('startedAt', { type: 'DateTime' }),
    status: t.expose('status', { type: ModelPullStatusEnum }),
    step: t.exposeString('step', { description: "The backend's own word for the present step." }),
    totalBytes: t.expose('totalBytes', {
      type: 'Bytes',
      nullable: true,
      description: 'Of all parts that are known by now; null before the first.',
    }),
  }),
});

builder.queryField('modelPulls', (t) =>
  t.field({
    type: [ModelPullRef],
    description:
      'Downloads under way and those that ended within the last hour (at most 100), newest first. Bounded, so not paginated.',
    resolve: (_root, _args, { modelOperations }) => modelOperations.pulls(),
  }),
);
