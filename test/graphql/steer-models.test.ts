import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { MEMBER } from '../../src/domain/scopes.ts';
import { GiB } from '../../src/domain/units.ts';
import { ANYONE, GraphQLApi } from '../support/graphql-api.ts';
import { usage } from '../support/system-fixture.ts';

let api: GraphQLApi;

beforeEach(async () => {
  api = await GraphQLApi.open();
});
afterEach(() => api.stop());

type Name = 'loadModel' | 'unloadModel' | 'pinModel' | 'unpinModel';

function mutation(name: Name): string {
  const type = name.charAt(0).toUpperCase() + name.slice(1);
  const payload =
    name === 'loadModel' || name === 'pinModel'
      ? 'instance { modelName status contextLength pinned evictable expiresAt }'
      : 'model { name instances { pinned } }';
  const insufficient =
    name === 'loadModel' || name === 'pinModel'
      ? '... on InsufficientVramError { requiredBytes largestBackendBytes } ... on BackendUnavailableError { backend { name } }'
      : '';
  return `mutation ($input: ${type}Input!) {
    answer: ${name}(input: $input) {
      __typename
      ... on ${type}Payload { ${payload} }
      ${insufficient}
      ... on ModelNotFoundError { modelName suggestions }
      ... on InvalidInputError { issues { path message } }
      ... on UserError { code message }
    }
  }`;
}

const call = async (name: Name, input: Record<string, unknown>) =>
  (await api.query(mutation(name), { input })).answer;

describe('loadModel', () => {
  test('answers with the instance when it is ready', async () => {
    expect(await call('loadModel', { model: 'all-minilm', contextLength: 512 })).toEqual({
      __typename: 'LoadModelPayload',
      instance: {
        modelName: 'all-minilm:latest',
        status: 'READY',
        contextLength: 512,
        pinned: false,
        evictable: true,
        expiresAt: null,
      },
    });
  });

  test('answers BackendUnavailableError while the backend does not answer', async () => {
    api.system.backend = { health: 'UNREACHABLE', problem: 'Nothing listens there.' };
    const backendId = api.system.backends()[0]?.id;
    expect(await call('loadModel', { model: 'qwen3:8b', backendId })).toMatchObject({
      code: 'BACKEND_UNAVAILABLE',
      backend: { name: 'box' },
    });
    expect(await call('loadModel', { model: 'qwen3:8b' })).toMatchObject({
      code: 'BACKEND_UNAVAILABLE',
      backend: null,
    });
  });

  test('answers InsufficientVramError with the figures when it can never fit', async () => {
    api.system.gpus = api.system.gpus.map((gpu) => ({ ...gpu, usage: usage({ totalBytes: 6 * GiB }) }));
    expect(await call('loadModel', { model: 'qwen3:8b' })).toMatchObject({
      code: 'INSUFFICIENT_VRAM',
      requiredBytes: 6.5 * GiB,
      largestBackendBytes: 4.5 * GiB,
    });
  });

  test('answers InvalidInputError for a backend that is not there and a context of nothing', async () => {
    const input = { model: 'qwen3:8b', backendId: 'bkd_nowhere', contextLength: 0 };
    expect((await call('loadModel', input)).issues.map((issue: { path: string[] }) => issue.path)).toEqual([
      ['backendId'],
      ['contextLength'],
    ]);
  });
});

describe('pinModel and unpinModel', () => {
  test('keep a model, and let it go again', async () => {
    expect(await call('pinModel', { model: 'qwen3:8b', lease: 60_000 })).toMatchObject({
      __typename: 'PinModelPayload',
      instance: { modelName: 'qwen3:8b', pinned: true, evictable: false, expiresAt: null },
    });
    expect(await call('unpinModel', { model: 'qwen3:8b' })).toEqual({
      __typename: 'UnpinModelPayload',
      model: { name: 'qwen3:8b', instances: [{ pinned: false }] },
    });
  });

  test('a lease of nothing is refused', async () => {
    expect(await call('pinModel', { model: 'qwen3:8b', lease: 0 })).toMatchObject({
      issues: [{ path: ['lease'] }],
    });
  });
});

test('unloadModel answers when no instance is left', async () => {
  expect(await call('unloadModel', { model: 'qwen3:8b' })).toEqual({
    __typename: 'UnloadModelPayload',
    model: { name: 'qwen3:8b', instances: [] },
  });
});

describe.each(['loadModel', 'unloadModel', 'pinModel', 'unpinModel'] as const)('%s', (name) => {
  test('answers ModelNotFoundError for a model that nobody has', async () => {
    expect(await call(name, { model: 'qwen4:8b' })).toMatchObject({
      code: 'MODEL_NOT_FOUND',
      modelName: 'qwen4:8b',
      suggestions: ['qwen3:8b'],
    });
  });

  test('is for administrators', async () => {
    await api.stop();
    api = await GraphQLApi.open({ principal: { ...ANYONE, scopes: MEMBER } });
    const before = api.system.instances;
    expect(await api.refusal(mutation(name), { input: { model: 'qwen3:8b' } })).toBe('FORBIDDEN');
    expect(api.system.instances).toBe(before);
  });
});

test('an idle instance says when it will be unloaded', async () => {
  api.system.instances = api.system.instances.map((one) => ({
    ...one,
    expiresAt: api.clock.now() + 300_000,
  }));
  const { stats } = await api.query('{ stats { instances { expiresAt } } }');
  expect(stats.instances[0]).toEqual({ expiresAt: '2026-11-20T21:45:03.120Z' });
});
