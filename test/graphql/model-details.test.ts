/** What a model's backend tells of it, asked for this answer alone. */
import { parse, validate } from 'graphql';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { BackendError } from '../../src/domain/errors.ts';
import { schema } from '../../src/graphql/schema.ts';
import { DEFAULT_LIMITS } from '../../src/graphql/server/limits.ts';
import { limitsRule } from '../../src/graphql/server/limits-rule.ts';
import { GraphQLApi } from '../support/graphql-api.ts';

let api: GraphQLApi;

beforeEach(async () => {
  api = await GraphQLApi.open();
});
afterEach(() => api.stop());

const DETAILS = `details(verbose: $verbose) { __typename ... on UserError { code message }
  ... on ModelDetails { modelfile template system parameters license capabilities modelInfo projectorInfo tensors } }`;
const QUERY = `query ($verbose: Boolean) { model(name: "qwen3:8b") { ${DETAILS} } }`;

const detailsOf = async (variables: object = {}) => (await api.query(QUERY, { ...variables })).model.details;

const TOLD = {
  modelfile: 'FROM x',
  template: '{{ .Prompt }}',
  system: 'Be kind.',
  parameters: 'num_ctx 4096',
  license: 'MIT',
  capabilities: ['completion', 'tools'],
  model_info: { 'general.architecture': 'qwen3', 'qwen3.context_length': 40_960 },
  projector_info: { 'general.architecture': 'clip' },
};

test('is told as the backend tells it, the long part where it is asked for', async () => {
  const asked: unknown[] = [];
  api.box.library.show = async (request) => {
    asked.push(request);
    return { ...TOLD, ...(request.verbose ? { tensors: [{ name: 'a', type: 'F32', shape: [1] }] } : {}) };
  };
  const { model_info: modelInfo, projector_info: projectorInfo, ...texts } = TOLD;
  const expected = { __typename: 'ModelDetails', ...texts, modelInfo, projectorInfo };
  expect(await detailsOf()).toEqual({ ...expected, tensors: null });
  expect((await detailsOf({ verbose: true })).tensors).toEqual([{ name: 'a', type: 'F32', shape: [1] }]);
  expect(asked).toEqual([
    { model: 'qwen3:8b', verbose: false },
    { model: 'qwen3:8b', verbose: true },
  ]);
});

test.each([{}, { capabilities: 7, license: ['MIT'], modelfile: null, system: {} }])(
  'is empty where the backend tells nothing of use: %j',
  async (told) => {
    api.box.library.show = async () => told;
    expect(await detailsOf()).toEqual({
      __typename: 'ModelDetails',
      capabilities: [],
      license: null,
      modelInfo: null,
      modelfile: null,
      parameters: null,
      projectorInfo: null,
      system: null,
      template: null,
      tensors: null,
    });
  },
);

test.each([
  ['BACKEND_UNREACHABLE', 'BACKEND_UNAVAILABLE'],
  ['MODEL_NOT_FOUND', 'MODEL_NOT_FOUND'],
  ['REQUEST_REJECTED', 'INVALID_INPUT'],
] as const)('says in words why it is not told: %s', async (code, told) => {
  api.box.failure = new BackendError(code, 'none', 'The disk is gone.');
  expect(await detailsOf()).toMatchObject({ code: told, message: expect.stringMatching(/\w{3}/) });
});

test('counts as what it carries: an answer takes no more of it than of results', async () => {
  api.box.library.show = async () => ({ ...TOLD, license: 'x'.repeat(17 * 2 ** 20) });
  const { errors } = await api.execute(QUERY);
  expect(errors?.map(({ extensions }) => extensions.limit)).toEqual(['eventBytes']);
});

test('is asked for by few models of an answer', () => {
  const limits = (query: string) =>
    validate(schema, parse(query), [limitsRule(DEFAULT_LIMITS)]).map(({ extensions }) => extensions.limit);
  const page = (first: number) => `{ models(first: ${first}) { nodes { details { __typename } } } }`;
  expect(limits(page(20))).toEqual([]);
  expect(limits(page(30))).toEqual(['cost']);
  expect(limits('{ backends { instances { model { details { __typename } } } } }')).toEqual(['cost']);
});
