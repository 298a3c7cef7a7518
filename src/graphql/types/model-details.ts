/** What a backend tells of one model when it is asked: its texts and its metadata. */
import type { Json, JsonObject } from '../../domain/json.ts';
import { builder } from '../builder.ts';
import { ModelRef } from '../refs.ts';
import { resultUnion } from '../result-union.ts';
import { BackendUnavailable, InvalidInput, ModelNotFound } from './user-errors.ts';

/** One of them is a request to a backend, so that a page of models cannot ask for all of theirs. */
const DETAILS_COST = 4_000;

const textOf = (value: Json | undefined) => (typeof value === 'string' ? value : null);

const ModelDetailsRef = builder.objectRef<JsonObject>('ModelDetails').implement({
  description: 'A model as `ollama show` tells it, read from its backend for this answer.',
  fields: (t) => ({
    capabilities: t.stringList({
      description: 'As the backend names them.',
      resolve: ({ capabilities }) =>
        Array.isArray(capabilities) ? capabilities.filter((one) => typeof one === 'string') : [],
    }),
    license: t.string({
      nullable: true,
      description: 'All of its licenses, one after the other; null where it has none.',
      resolve: ({ license }) => textOf(license),
    }),
    modelInfo: t.field({
      type: 'JSON',
      nullable: true,
      description: 'The metadata of the weights, such as `general.architecture`, by their full names.',
      resolve: ({ model_info }) => model_info ?? null,
    }),
    modelfile: t.string({
      nullable: true,
      description: 'As `ollama show --modelfile` prints it; null where the backend does not tell.',
      resolve: ({ modelfile }) => textOf(modelfile),
    }),
    parameters: t.string({
      nullable: true,
      description: 'Those of its Modelfile, a line each: name, spaces, value.',
      resolve: ({ parameters }) => textOf(parameters),
    }),
    projectorInfo: t.field({
      type: 'JSON',
      nullable: true,
      description: 'The metadata of its encoder for pictures or sound, where that is a file of its own.',
      resolve: ({ projector_info }) => projector_info ?? null,
    }),
    system: t.string({
      nullable: true,
      description: 'The system prompt; null where it has none.',
      resolve: ({ system }) => textOf(system),
    }),
    template: t.string({
      nullable: true,
      description: 'What makes a prompt of messages; null where it has none.',
      resolve: ({ template }) => textOf(template),
    }),
    tensors: t.field({
      type: 'JSON',
      nullable: true,
      description: '`{ name, type, shape }` of each, where `verbose` asks for them.',
      resolve: ({ tensors }) => tensors ?? null,
    }),
  }),
});

const ModelDetailsResult = resultUnion('ModelDetailsResult', ModelDetailsRef, [
  BackendUnavailable,
  InvalidInput,
  ModelNotFound,
]);

builder.objectField(ModelRef, 'details', (t) =>
  t.field({
    type: ModelDetailsResult.ref,
    description:
      'Texts and metadata, asked from the first backend that has the model and answers. Costly: few models of an answer can have it.',
    args: {
      verbose: t.arg.boolean({
        defaultValue: false,
        description: 'With the long lists of the metadata, and the tensors. May be some megabytes.',
      }),
    },
    extensions: { cost: DETAILS_COST },
    resolve: ({ info }, { verbose }, { modelOperations, scope, answer }, position) =>
      ModelDetailsResult.settle(async () => {
        const request = { model: info.name, verbose: verbose ?? false };
        const details = await modelOperations.show(request, scope.signal ?? new AbortController().signal);
        await answer.take(JSON.stringify(details).length, position);
        return details;
      }),
  }),
);
