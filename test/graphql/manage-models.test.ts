import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { nextTurn } from '../../src/clock.ts';
import { BackendError } from '../../src/domain/errors.ts';
import { MEMBER } from '../../src/domain/scopes.ts';
import { type Events, GraphQLApi } from '../support/graphql-api.ts';
import { layer } from '../support/library-fixture.ts';
import { modelInfo } from '../support/system-fixture.ts';

let api: GraphQLApi;

beforeEach(async () => {
  api = await GraphQLApi.open();
});
afterEach(() => api.stop());

const ERRORS = `__typename ... on UserError { code message } ... on InvalidInputError { issues { path message } }
  ... on BackendUnavailableError { backend { name } }`;
const PULL = `mutation ($input: PullModelInput!) { pullModel(input: $input) { ${ERRORS}
  ... on PullModelPayload { pull { id status modelName backend { name } } } } }`;
const COPY = `mutation ($input: CopyModelInput!) { copyModel(input: $input) { ${ERRORS}
  ... on ModelNotFoundError { suggestions } ... on CopyModelPayload { model { name } } } }`;
const DELETE = `mutation ($input: DeleteModelInput!) { deleteModel(input: $input) { ${ERRORS}
  ... on ModelNotFoundError { modelName suggestions } ... on DeleteModelPayload { modelName } } }`;
const UPDATED = `subscription ($id: ID!) { pullUpdated(id: $id) {
  id status step completedBytes totalBytes error startedAt finishedAt } }`;

const pull = async (input: object) => (await api.query(PULL, { input })).pullModel;
const copy = async (input: object) => (await api.query(COPY, { input })).copyModel;
const remove = async (input: object) => (await api.query(DELETE, { input })).deleteModel;
const next = async (events: Events) => (await events.next()).pullUpdated;

describe('pullModel', () => {
  test('answers at once, and the same download while it is under way', async () => {
    const { pull: first } = await pull({ model: 'new:1' });
    expect(first).toMatchObject({ status: 'RUNNING', modelName: 'new:1', backend: { name: 'box' } });
    expect((await pull({ model: 'NEW:1', backendId: api.box.id })).pull.id).toBe(first.id);
    expect(api.box.pulls).toHaveLength(1);
    const { node, modelPulls } = await api.query(
      'query ($id: ID!) { node(id: $id) { __typename id } modelPulls { id } }',
      { id: first.id },
    );
    expect(node).toEqual({ __typename: 'ModelPull', id: first.id });
    expect(modelPulls).toEqual([{ id: first.id }]);
  });

  test('tells what is wrong with the input, and which backend does not answer', async () => {
    expect(await pull({ model: 'not a name' })).toMatchObject({
      code: 'INVALID_INPUT',
      issues: [{ path: ['model'] }],
    });
    expect(await pull({ model: 'a:1', backendId: 'bkd_none' })).toMatchObject({
      code: 'INVALID_INPUT',
      issues: [{ path: ['backendId'] }],
    });
    api.system.backend = { health: 'UNREACHABLE' };
    expect(await pull({ model: 'a:1' })).toMatchObject({
      code: 'BACKEND_UNAVAILABLE',
      backend: { name: 'box' },
    });
  });
});

describe('pullUpdated', () => {
  test('tells a download as it is, as it gets on, and its end, to every subscriber', async () => {
    const { id } = (await pull({ model: 'new:1' })).pull;
    const events = await api.subscribe(UPDATED, { id });
    expect(await next(events)).toMatchObject({ id, status: 'RUNNING', completedBytes: 0, totalBytes: null });
    api.clock.advance(1_000);
    api.box.lastPull.report(layer('a', 3 * 2 ** 32, 4 * 2 ** 32));
    expect(await next(events)).toMatchObject({ completedBytes: 3 * 2 ** 32, totalBytes: 4 * 2 ** 32 });
    const late = await api.subscribe(UPDATED, { id });
    expect(await next(late)).toMatchObject({ completedBytes: 3 * 2 ** 32 });
    api.box.lastPull.succeed();
    const ends = [await events.rest(), await late.rest()];
    for (const end of ends)
      expect(end).toMatchObject([
        { pullUpdated: { status: 'SUCCEEDED', completedBytes: 4 * 2 ** 32, error: null } },
      ]);
  });

  test('gives one that stood still the newest state and the end, and nothing between', async () => {
    const { id } = (await pull({ model: 'new:1' })).pull;
    const events = await api.subscribe(UPDATED, { id });
    await next(events);
    for (let i = 1; i <= 50; i += 1) {
      api.clock.advance(1_000);
      api.box.lastPull.report(layer('a', i, 50));
    }
    expect(await next(events)).toMatchObject({ completedBytes: 50, status: 'RUNNING' });
    api.box.lastPull.fail(new BackendError('BACKEND_ERROR', 'retry', 'It broke.'));
    await nextTurn();
    expect(await events.rest()).toMatchObject([{ pullUpdated: { status: 'FAILED', error: 'It broke.' } }]);
  });

  test('refuses an id of no download', async () => {
    for (const id of ['pul_none', 'job_x', ''])
      await expect(api.subscribe(UPDATED, { id })).rejects.toMatchObject({
        errors: [{ extensions: { code: 'NOT_FOUND' } }],
      });
  });
});

describe('copyModel', () => {
  test('answers the model by its new name', async () => {
    expect(await copy({ source: 'qwen3:8b', destination: 'mine' })).toMatchObject({
      model: { name: 'mine:latest' },
    });
  });

  test('tells what is missing or in the way', async () => {
    expect(await copy({ source: 'nothing:1', destination: 'mine' })).toMatchObject({
      code: 'MODEL_NOT_FOUND',
      suggestions: ['qwen3:8b'],
    });
    expect(await copy({ source: 'qwen3:8b', destination: 'llama3.2:1b' })).toMatchObject({
      issues: [{ path: ['destination'] }],
    });
    api.box.failure = new BackendError('BACKEND_UNREACHABLE', 'wait', 'Gone.');
    expect(await copy({ source: 'qwen3:8b', destination: 'mine' })).toMatchObject({
      code: 'BACKEND_UNAVAILABLE',
      message: 'Gone.',
    });
  });
});

describe('deleteModel', () => {
  test('unloads and deletes', async () => {
    const [info] = api.system.infos;
    expect(api.system.instances.some(({ variant }) => variant.weights === info?.weights)).toBe(true);
    expect(await remove({ model: 'qwen3:8b' })).toMatchObject({ modelName: 'qwen3:8b' });
    expect(api.system.model('qwen3:8b')).toBeNull();
    expect(api.system.instances.some(({ variant }) => variant.weights === info?.weights)).toBe(false);
    expect(await remove({ model: 'qwen3:8b' })).toMatchObject({
      code: 'MODEL_NOT_FOUND',
      modelName: 'qwen3:8b',
    });
  });

  test('leaves the instance of weights that have another name', async () => {
    const [info] = api.system.infos;
    api.system.infos = [...api.system.infos, modelInfo('alias:1', { weights: info?.weights ?? '' })];
    await remove({ model: 'qwen3:8b' });
    expect(api.system.instances.some(({ variant }) => variant.weights === info?.weights)).toBe(true);
  });
});

test('all of it takes an administrator; looking does not', async () => {
  await using guest = await GraphQLApi.open({
    principal: { client: 'guest', scopes: MEMBER, maxPriority: 'HIGH' },
  });
  expect(await guest.refusal(PULL, { input: { model: 'a:1' } })).toBe('FORBIDDEN');
  expect(await guest.refusal(COPY, { input: { source: 'qwen3:8b', destination: 'b' } })).toBe('FORBIDDEN');
  expect(await guest.refusal(DELETE, { input: { model: 'qwen3:8b' } })).toBe('FORBIDDEN');
  expect(guest.box.pulls).toEqual([]);
  expect(guest.system.model('qwen3:8b')).not.toBeNull();
  expect(await guest.query('{ modelPulls { id } }')).toEqual({ modelPulls: [] });
});

describe('pullsUpdated and cancelPull', () => {
  const CANCEL = `mutation ($id: ID!) { cancelPull(input: { id: $id }) {
    ... on UserError { code message } ... on InvalidInputError { issues { path message } }
    ... on CancelPullPayload { pull { id status error finishedAt } } } }`;
  const cancel = async (id: string) => (await api.query(CANCEL, { id })).cancelPull;
  const ALL = 'subscription { pullsUpdated { modelName status } }';
  const told = async (events: Events) => {
    const { modelName, status } = (await events.next()).pullsUpdated;
    return `${modelName} ${status}`;
  };

  test('every download is told as it is, then those that begin and end', async () => {
    await pull({ model: 'a:1' });
    await pull({ model: 'b:1' });
    const events = await api.subscribe(ALL);
    expect([await told(events), await told(events)]).toEqual(['a:1 RUNNING', 'b:1 RUNNING']);
    await pull({ model: 'c:1' });
    expect(await told(events)).toBe('c:1 RUNNING');
    api.box.pulls[0]?.fail(new Error('No space.'));
    expect(await told(events)).toBe('a:1 FAILED');
    await events.stop();
  });

  test('one that is cancelled is broken off, is over when that is answered, and says so to who follows it', async () => {
    const { pull: begun } = await pull({ model: 'a:1' });
    const events = await api.subscribe(ALL);
    expect(await told(events)).toBe('a:1 RUNNING');
    const { pull: ended } = await cancel(begun.id);
    expect(ended).toMatchObject({
      id: begun.id,
      status: 'FAILED',
      error: expect.stringMatching(/cancelled/),
    });
    expect(api.box.pulls[0]?.broken()).not.toBeNull();
    expect(await told(events)).toBe('a:1 FAILED');
    expect((await cancel(begun.id)).pull).toEqual(ended);
    const { pull: again } = await pull({ model: 'a:1' });
    expect(again.id).not.toBe(begun.id);
  });

  test.each(['pul_none', 'cat'])('one that is not there is told: %s', async (id) => {
    expect(await cancel(id)).toMatchObject({ code: 'INVALID_INPUT', issues: [{ path: ['id'] }] });
  });

  test('cancelling is for administrators', async () => {
    const bob = await GraphQLApi.open({ principal: { client: 'bob', scopes: MEMBER, maxPriority: 'HIGH' } });
    expect(await bob.refusal(CANCEL, { id: 'pul_none' })).toBe('FORBIDDEN');
    await bob.stop();
  });
});
