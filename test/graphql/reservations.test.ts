import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { MEMBER } from '../../src/domain/scopes.ts';
import { GiB } from '../../src/domain/units.ts';
import { ANYONE, GraphQLApi } from '../support/graphql-api.ts';

let api: GraphQLApi;

beforeEach(async () => {
  api = await GraphQLApi.open();
});
afterEach(() => api.stop());

const RESERVATION = '{ id owner bytes ready expiresAt kind gpu { index } }';

const reserve = async (input: Record<string, unknown>) =>
  (
    await api.query(
      `mutation ($input: ReserveVramInput!) {
        reserveVram(input: $input) {
          __typename
          ... on ReserveVramPayload { reservation ${RESERVATION} }
          ... on InsufficientVramError { requiredBytes largestBackendBytes }
          ... on InvalidInputError { issues { path message } }
          ... on UserError { code message }
        }
      }`,
      { input },
    )
  ).reserveVram;

const RELEASE = `mutation ($id: ID!) {
  releaseVram(input: { id: $id }) {
    __typename
    ... on ReleaseVramPayload { stats { vram { reservedBytes } } }
    ... on InvalidInputError { issues { path message } }
    ... on UserError { code message }
  }
}`;

const release = async (id: string) => (await api.query(RELEASE, { id })).releaseVram;

/** Goes on as a client without rights. */
async function asClient(client: string): Promise<void> {
  await api.stop();
  api = await GraphQLApi.open({ principal: { ...ANYONE, client, scopes: MEMBER } });
}

describe('reserveVram', () => {
  test('keeps memory on the GPU named, for as long as was asked for', async () => {
    const gpuId = api.system.gpus[1]?.id;
    expect(await reserve({ bytes: 4 * GiB, gpuId, lease: 60_000, owner: 'ComfyUI' })).toEqual({
      __typename: 'ReserveVramPayload',
      reservation: {
        id: expect.stringMatching(/^rsv_/),
        owner: 'ComfyUI',
        bytes: 4 * GiB,
        ready: true,
        expiresAt: '2026-11-20T21:41:03.120Z',
        kind: 'LEASE',
        gpu: { index: 1 },
      },
    });
    const { backends, reservations } = await api.query(
      '{ reservations { owner client createdAt } backends { gpus { vram { reservedBytes } reservations { owner } } } }',
    );
    expect(reservations).toEqual([
      { owner: 'ComfyUI', client: 'tester', createdAt: '2026-11-20T21:40:03.120Z' },
    ]);
    expect(backends[0].gpus).toEqual([
      { vram: { reservedBytes: 0 }, reservations: [] },
      { vram: { reservedBytes: 4 * GiB }, reservations: [{ owner: 'ComfyUI' }] },
    ]);
  });

  test('takes the GPU with the most room and the name of its client, for ever, when nothing else is said', async () => {
    const [first, second] = api.system.gpus;
    if (!first || !second) throw new Error('The fixture has GPUs.');
    api.system.gpus = [{ ...first, usage: { ...first.usage, foreignBytes: 9 * GiB } }, second];
    expect((await reserve({ bytes: GiB })).reservation).toMatchObject({
      owner: 'tester',
      expiresAt: null,
      gpu: { index: 1 },
    });
  });

  test('is not ready until instances have made room', async () => {
    const { reservation } = await reserve({ bytes: 20 * GiB });
    expect(reservation.ready).toBe(false);
    api.memory.settle();
    const { node } = await api.query(
      'query ($id: ID!) { node(id: $id) { id ... on Reservation { ready } } }',
      {
        id: reservation.id,
      },
    );
    expect(node).toEqual({ id: reservation.id, ready: true });
  });

  test('answers InsufficientVramError with the figures when no GPU can ever give so much', async () => {
    expect(await reserve({ bytes: 23 * GiB })).toEqual({
      __typename: 'InsufficientVramError',
      code: 'INSUFFICIENT_VRAM',
      requiredBytes: 23 * GiB,
      largestBackendBytes: 22.5 * GiB,
      message: expect.stringContaining('22.5 GiB'),
    });
  });

  test('answers InvalidInputError with every problem', async () => {
    const { issues, code } = await reserve({ bytes: 0, gpuId: 'gpu_nowhere', lease: 0, owner: ' ' });
    expect(code).toBe('INVALID_INPUT');
    expect(issues.map((issue: { path: string[] }) => issue.path)).toEqual([
      ['bytes'],
      ['gpuId'],
      ['lease'],
      ['owner'],
    ]);
    expect((await reserve({ bytes: 1, owner: 'x'.repeat(101) })).issues).toHaveLength(1);
    expect(api.memory.reservations()).toEqual([]);
  });

  test.each([-1, 1.5, '1 GiB', 2 ** 53, null])('refuses %j as a number of bytes', async (bytes) => {
    const { errors } = await api.execute(
      'mutation ($input: ReserveVramInput!) { reserveVram(input: $input) { __typename } }',
      { input: { bytes } },
    );
    expect(errors).toHaveLength(1);
  });

  test('is open to every client, in its own name', async () => {
    await asClient('test-runner');
    expect(await reserve({ bytes: GiB, owner: 'someone else' })).toMatchObject({
      issues: [{ path: ['owner'], message: expect.stringContaining('"test-runner"') }],
    });
    expect(await reserve({ bytes: GiB })).toMatchObject({ reservation: { owner: 'test-runner' } });
  });

  test('ends by itself when its lease does', async () => {
    await reserve({ bytes: GiB, lease: 1_000 });
    api.clock.advance(1_000);
    expect(await api.query('{ reservations { id } }')).toEqual({ reservations: [] });
  });
});

describe('releaseVram', () => {
  test('gives the memory back', async () => {
    const { reservation } = await reserve({ bytes: GiB });
    expect(await release(reservation.id)).toMatchObject({ __typename: 'ReleaseVramPayload' });
    expect(api.memory.reservations()).toEqual([]);
    expect(await api.query('query ($id: ID!) { node(id: $id) { id } }', { id: reservation.id })).toEqual({
      node: null,
    });
  });

  test.each(['', 'rsv_', 'rsv_unknown', 'job_0000', 'nonsense'])(
    'answers InvalidInputError for %j',
    async (id) => {
      expect(await release(id)).toMatchObject({
        code: 'INVALID_INPUT',
        issues: [{ path: ['id'], message: expect.stringContaining('no reservation') }],
      });
    },
  );

  test('leaves what the configuration keeps', async () => {
    api.memory.configure('desktop', GiB, api.system.gpus[0]?.id as never);
    const [reservation] = api.memory.reservations();
    expect(await release(reservation?.id ?? '')).toMatchObject({
      issues: [{ message: expect.stringContaining('configuration') }],
    });
    expect(api.memory.reservations()).toHaveLength(1);
  });

  test('ends only its own for a client without rights', async () => {
    await asClient('test-runner');
    const own = (await reserve({ bytes: GiB })).reservation;
    const foreign = await api.memory.reserve({ owner: 'other', bytes: GiB, gpuId: null, leaseMs: null });
    expect(await api.refusal(RELEASE, { id: foreign.id })).toBe('FORBIDDEN');
    expect(await release(own.id)).toMatchObject({ __typename: 'ReleaseVramPayload' });
    expect(api.memory.reservations()).toEqual([foreign]);
  });
});
