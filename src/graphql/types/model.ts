/** A model: where it is, what it can do, what it takes. */
import type { Capability } from '../../domain/model.ts';
import type { ModelState, SystemView } from '../../domain/system.ts';
import type { ModelSpeed } from '../../domain/usage-figures.ts';
import { backendsOf, instancesOf } from '../../view/lookup.ts';
import { builder } from '../builder.ts';
import { NodeRef } from '../node.ts';
import { connectionOf, pageOf, pageRange } from '../paging.ts';
import { BackendRef, InstanceRef, ModelRef } from '../refs.ts';
import { requestError } from '../request-errors.ts';
import { ModelCapabilityEnum } from './enums.ts';

const VramEstimateRef = builder
  .objectRef<NonNullable<ReturnType<SystemView['vramEstimate']>>>('VramEstimate')
  .implement({
    description: 'The GPU memory that one instance takes.',
    fields: (t) => ({
      bytes: t.expose('bytes', { type: 'Bytes' }),
      measured: t.exposeBoolean('measured', { description: 'Whether it was measured or is a prediction.' }),
    }),
  });

const DAY_MS = 86_400_000;

const ModelSpeedRef = builder.objectRef<ModelSpeed>('ModelSpeed').implement({
  description: 'How fast a model reads and writes; medians over jobs.',
  fields: (t) => ({
    jobs: t.exposeInt('jobs', { description: 'How many that is.' }),
    promptTokensPerSecond: t.exposeFloat('promptTokensPerSecond', {
      nullable: true,
      description: 'While a prompt was read; null where the backend does not say.',
    }),
    tokensPerSecond: t.exposeFloat('tokensPerSecond', {
      nullable: true,
      description: 'While an answer was produced; null where there was none.',
    }),
  }),
});

ModelRef.implement({
  description: 'A name that a backend can run. The same name on several backends is one model.',
  interfaces: [NodeRef],
  fields: (t) => ({
    aliases: t.stringList({
      description: 'Other names with the same weights, in order.',
      resolve: ({ info }, _args, { system }) =>
        system
          .models()
          .filter((other) => other.info.weights === info.weights && other.info.name !== info.name)
          .map((other) => other.info.name)
          .sort(compareNames),
    }),
    backends: t.field({
      type: [BackendRef],
      description: 'The backends that have it.',
      resolve: ({ backendIds }, _args, { system }) =>
        backendsOf(system).filter((backend) => backendIds.includes(backend.id)),
    }),
    capabilities: t.field({
      type: [ModelCapabilityEnum],
      description: 'What it can do, as far as the backend says.',
      resolve: ({ info }) => info.capabilities.map((one) => one.toUpperCase() as Uppercase<Capability>),
    }),
    contextLength: t.int({
      nullable: true,
      description: 'The context length that it was trained for; null when the backend does not say.',
      resolve: ({ info }) => info.contextLength,
    }),
    digest: t.string({
      description: 'Of its manifest: changes whenever anything about the model changes.',
      resolve: ({ info }) => info.digest,
    }),
    diskBytes: t.field({ type: 'Bytes', resolve: ({ info }) => info.diskBytes }),
    expectedLoad: t.field({
      type: 'Milliseconds',
      nullable: true,
      description: 'What loading it should take, by what was measured; null before the first load.',
      resolve: (model, _args, { system }) => system.expectedLoadMs(model),
    }),
    family: t.string({ nullable: true, description: 'Such as `llama`.', resolve: ({ info }) => info.family }),
    instances: t.field({
      type: [InstanceRef],
      description: 'Where it is loaded now, under this name or one that shares its weights.',
      resolve: ({ info }, _args, { system }) =>
        instancesOf(system).filter((instance) => instance.variant.weights === info.weights),
    }),
    lastUsedAt: t.field({
      type: 'DateTime',
      nullable: true,
      description: 'When a job of it last started or ended; null where none has since this server started.',
      resolve: (model, _args, { system }) => system.lastUsedAt(model),
    }),
    modifiedAt: t.field({
      type: 'DateTime',
      nullable: true,
      description: 'When the name got what it means now; null when the backend does not say.',
      resolve: ({ info }) => info.modifiedAt ?? null,
    }),
    name: t.string({ description: 'Canonical, with its tag.', resolve: ({ info }) => info.name }),
    parameterSize: t.string({
      nullable: true,
      description: 'Such as `8.2B`.',
      resolve: ({ info }) => info.parameterSize,
    }),
    quantization: t.string({
      nullable: true,
      description: 'Such as `Q4_K_M`.',
      resolve: ({ info }) => info.quantization,
    }),
    speed: t.field({
      type: ModelSpeedRef,
      nullable: true,
      description:
        'From the jobs of this name that were completed within `window`, as far as this server remembers; null when there were none.',
      args: { window: t.arg({ type: 'Milliseconds', defaultValue: DAY_MS }) },
      resolve: (model, { window }, { system }) => system.speed(model, window ?? DAY_MS),
    }),
    vramEstimate: t.field({
      type: VramEstimateRef,
      nullable: true,
      description:
        'The GPU memory of one instance at `contextLength` tokens (default: what it is loaded with by default). Null when too little is known of the model.',
      args: { contextLength: t.arg.int() },
      resolve: (model, { contextLength = null }, { system }) => {
        if (contextLength !== null && contextLength < 1) {
          throw requestError('BAD_USER_INPUT', `contextLength must be at least 1, not ${contextLength}.`);
        }
        return system.vramEstimate(model, contextLength);
      },
    }),
  }),
});

const CURSOR = /^model (.+)$/s;

function compareNames(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

builder.queryFields((t) => ({
  model: t.field({
    type: ModelRef,
    nullable: true,
    description:
      'A model by name, with or without its tag, or as `task:NAME` the one that is selected for a task; null when no backend has it.',
    args: { name: t.arg.string({ required: true }) },
    resolve: (_root, { name }, { system, tasks }) => system.model(tasks.modelNameOf(name)),
  }),
  models: t.connection(
    {
      type: ModelRef,
      description:
        'The models of all backends, by name. Give exactly one of `first` and `last` (at most 100).',
      resolve: (_root, args, { system }) => {
        const range = pageRange(args, (text) => CURSOR.exec(text)?.[1]);
        const models = [...system.models()].sort((a, b) => compareNames(a.info.name, b.info.name));
        const page = pageOf(models, range, (model, name) => compareNames(model.info.name, name));
        return connectionOf<ModelState>(
          page,
          ({ info }) => `model ${info.name}`,
          () => models.length,
        );
      },
    },
    { name: 'ModelConnection', description: 'A page of models.' },
    { name: 'ModelEdge', description: 'A model and its place in the list.' },
  ),
}));
