import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { JobId } from '../../src/domain/ids.ts';
import { EMBED_RESULT, GraphQLApi, TEXT_RESULT } from '../support/graphql-api.ts';

let api: GraphQLApi;

beforeEach(async () => {
  api = await GraphQLApi.open();
});
afterEach(() => api.stop());

const JOBS = `
  query ($first: Int, $last: Int, $after: String, $before: String, $filter: JobFilter, $orderBy: JobOrder) {
    jobs(first: $first, last: $last, after: $after, before: $before, filter: $filter, orderBy: $orderBy) {
      totalCount
      pageInfo { startCursor endCursor hasNextPage hasPreviousPage }
      edges { cursor node { id } }
      nodes { id }
    }
  }`;

const list = async (variables: object) => (await api.query(JOBS, { ...variables })).jobs;
const idsOf = (page: { nodes: { id: JobId }[] }) => page.nodes.map((node) => node.id);

/** Submits `count` jobs, a second apart. */
async function submitMany(count: number, input: (index: number) => object = () => ({})): Promise<JobId[]> {
  const ids: JobId[] = [];
  for (let index = 0; index < count; index += 1) {
    ids.push(await api.submit({ ...input(index) }));
    api.clock.advance(1_000);
  }
  return ids;
}

describe('paging', () => {
  test('shows the newest first by default', async () => {
    const ids = await submitMany(3);
    const page = await list({ first: 2 });
    expect(idsOf(page)).toEqual([ids[2], ids[1]]);
    expect(page.totalCount).toBe(3);
    expect(page.edges.map((edge: { node: { id: string } }) => edge.node.id)).toEqual(idsOf(page));
    expect(page.pageInfo).toEqual({
      hasNextPage: true,
      hasPreviousPage: false,
      startCursor: page.edges[0].cursor,
      endCursor: page.edges[1].cursor,
    });
  });

  test.each(['CREATED_AT', 'FINISHED_AT', 'PRIORITY'])(
    'shows every job once by %s, both ways and in both directions',
    async (field) => {
      const ids = await submitMany(7, (index) => ({ priority: ['LOW', 'HIGH', 'NORMAL'][index % 3] }));
      // Some have finished, so that the order by FINISHED_AT has nulls in it.
      for (const index of [0, 1]) {
        const id = ids[index] as JobId;
        await api.start(id);
        await api.complete(id, TEXT_RESULT);
        api.clock.advance(10);
      }
      for (const direction of ['ASC', 'DESC']) {
        const orderBy = { field, direction };
        const whole = idsOf(await list({ first: 100, orderBy }));
        expect([...whole].sort()).toEqual([...ids].sort());
        const forwards: JobId[] = [];
        for (let after: string | null = null; ; ) {
          const page = await list({ first: 3, after, orderBy });
          forwards.push(...idsOf(page));
          if (!page.pageInfo.hasNextPage) break;
          after = page.pageInfo.endCursor;
        }
        const backwards: JobId[] = [];
        for (let before: string | null = null; ; ) {
          const page = await list({ last: 3, before, orderBy });
          backwards.unshift(...idsOf(page));
          if (!page.pageInfo.hasPreviousPage) break;
          before = page.pageInfo.startCursor;
        }
        expect(forwards).toEqual(whole);
        expect(backwards).toEqual(whole);
      }
    },
  );

  test('puts the most urgent first by PRIORITY DESC', async () => {
    const [low, high, normal] = await submitMany(3, (index) => ({
      priority: ['LOW', 'HIGH', 'NORMAL'][index],
    }));
    expect(idsOf(await list({ first: 3, orderBy: { field: 'PRIORITY', direction: 'DESC' } }))).toEqual([
      high,
      normal,
      low,
    ]);
  });

  test('is not disturbed by jobs that come meanwhile', async () => {
    const ids = await submitMany(4);
    const first = await list({ first: 2 });
    await submitMany(3);
    expect(idsOf(await list({ first: 2, after: first.pageInfo.endCursor }))).toEqual([ids[1], ids[0]]);
  });

  test.each([
    {},
    { first: 1, last: 1 },
    { first: 0 },
    { first: -5 },
    { first: 101 },
    { last: 101 },
    { first: 1, after: 'nonsense' },
    { first: 1, after: '' },
    { first: 1, before: Buffer.from('CREATED_AT x y').toString('base64url') },
  ])('refuses %j with BAD_USER_INPUT', async (variables) => {
    expect(await api.refusal(JOBS, variables)).toBe('BAD_USER_INPUT');
  });

  test('refuses a cursor of another order', async () => {
    await submitMany(1);
    const { pageInfo } = await list({ first: 1 });
    const orderBy = { field: 'PRIORITY', direction: 'ASC' };
    expect(await api.refusal(JOBS, { first: 1, after: pageInfo.endCursor, orderBy })).toBe('BAD_USER_INPUT');
  });
});

describe('filters', () => {
  test('narrow the list and its count together', async () => {
    const [first, second, third] = await submitMany(3, (index) => ({
      model: index === 2 ? 'all-minilm' : 'qwen3:8b',
      request: index === 2 ? { embed: { input: ['x'] } } : { generate: { prompt: 'x' } },
      labels: [{ key: 'n', value: String(index) }],
    }));
    await api.start(first as JobId);
    const cases: [object, (JobId | undefined)[]][] = [
      [{}, [third, second, first]],
      [{ statuses: ['RUNNING'] }, [first]],
      [{ statuses: ['RUNNING', 'PENDING'], kinds: ['GENERATE'] }, [second, first]],
      [{ statuses: [] }, []],
      [{ kinds: ['EMBED'] }, [third]],
      [{ models: ['all-minilm:latest'] }, [third]],
      [{ models: ['ALL-MINILM', 'nope'] }, [third]],
      [{ labels: [{ key: 'n', value: '1' }] }, [second]],
      [
        {
          labels: [
            { key: 'n', value: '1' },
            { key: 'n', value: '2' },
          ],
        },
        [],
      ],
      [{ createdAfter: '2026-11-20T21:40:03.120Z' }, [third, second]],
      [{ createdBefore: '2026-11-20T21:40:03.121Z' }, [first]],
      [{ finishedAfter: '2026-11-20T21:40:03.120Z' }, []],
      [{ clients: ['tester'] }, [third, second, first]],
      [{ clients: ['somebody'] }, []],
      [{ priorities: ['NORMAL', 'LOW'], matching: 'N3:8B' }, [second, first]],
      [{ priorities: ['HIGH'] }, []],
      [{ priorities: [] }, []],
      [{ matching: second }, [second]],
      [{ matching: '' }, [third, second, first]],
      [{ matching: 'nowhere' }, []],
      [{ batchId: 'bat_unknown' }, []],
      [
        {
          ...{ statuses: null, kinds: null, models: null, labels: null, createdAfter: null, batchId: null },
          ...{ clients: null, priorities: null, matching: null, createdBefore: null, finishedAfter: null },
        },
        [third, second, first],
      ],
    ];
    for (const [filter, expected] of cases) {
      const page = await list({ first: 10, filter });
      expect(idsOf(page), JSON.stringify(filter)).toEqual(expected);
      expect(page.totalCount, JSON.stringify(filter)).toBe(expected.length);
    }
  });

  test.each([
    { models: Array.from({ length: 101 }, (_, i) => `m${i}`) },
    { clients: Array.from({ length: 101 }, (_, i) => `c${i}`) },
    { priorities: Array(101).fill('LOW') },
    { matching: 'x'.repeat(101) },
  ])('bound their lists and texts', async (filter) => {
    expect(await api.refusal(JOBS, { first: 1, filter })).toBe('BAD_USER_INPUT');
  });
});

describe('a job', () => {
  const JOB = `
    query ($id: ID!) {
      job(id: $id) {
        status startedAt finishedAt queuePosition
        backend { name }
        waiting { reason explanation expectedStart expectedEnd }
        failure { code message retryable }
        attempts { number backendName backend { name } startedAt finishedAt failure { code } }
        model { name }
        result {
          __typename
          ... on TextResult {
            text thinking doneReason toolCalls raw truncated contextLength
            usage { promptTokens completionTokens evalDuration loadDuration }
          }
          ... on EmbedResult { dimensions embeddings usage { promptTokens } }
        }
      }
    }`;
  const read = async (id: string) => (await api.query(JOB, { id })).job;

  test('tells while it waits why, and where in the queue it is', async () => {
    await api.submit();
    const id = await api.submit();
    expect(await read(id)).toMatchObject({
      status: 'PENDING',
      queuePosition: 1,
      backend: null,
      attempts: [],
      result: null,
      waiting: {
        reason: 'VRAM',
        explanation: expect.stringContaining('GiB'),
        expectedStart: '2026-11-20T21:40:03.120Z',
        expectedEnd: null,
      },
    });
  });

  test('tells while it runs where, and which attempt it is on', async () => {
    const id = await api.submit();
    await api.start(id);
    expect(await read(id)).toMatchObject({
      status: 'RUNNING',
      queuePosition: null,
      waiting: null,
      backend: { name: 'box' },
      attempts: [
        { number: 1, backendName: 'box', backend: { name: 'box' }, finishedAt: null, failure: null },
      ],
    });
  });

  test('has the text of its last attempt as result', async () => {
    const id = await api.submit();
    await api.start(id);
    await api.complete(id, TEXT_RESULT, [
      { attempt: 1, channel: 'TEXT', text: 'lost' },
      { attempt: 2, channel: 'THINKING', text: 'Hm.' },
      { attempt: 2, channel: 'TEXT', text: 'Because ' },
      { attempt: 2, channel: 'TEXT', text: 'of light.' },
    ]);
    expect((await read(id)).result).toEqual({
      __typename: 'TextResult',
      truncated: null,
      contextLength: null,
      text: 'Because of light.',
      thinking: 'Hm.',
      doneReason: 'STOP',
      toolCalls: [{ function: { name: 'look', arguments: {} } }],
      raw: { done: true, eval_count: 7 },
      usage: { promptTokens: 11, completionTokens: 7, evalDuration: 123, loadDuration: 5 },
    });
  });

  test('has null for thinking and tool calls that there were not', async () => {
    const id = await api.submit();
    await api.start(id);
    await api.complete(id, { ...TEXT_RESULT, toolCalls: null });
    expect((await read(id)).result).toMatchObject({ text: '', thinking: null, toolCalls: null });
  });

  test('has vectors as the result of an embedding', async () => {
    const id = await api.submit({ model: 'all-minilm', request: { embed: { input: ['a', 'b'] } } });
    await api.start(id);
    await api.complete(id, EMBED_RESULT);
    expect((await read(id)).result).toEqual({
      __typename: 'EmbedResult',
      dimensions: 3,
      embeddings: [
        [0.25, -1, 3],
        [1, 2, 3],
      ],
      usage: { promptTokens: 4 },
    });
  });

  test('tells why it failed, and in which attempts', async () => {
    const id = await api.submit();
    await api.start(id);
    await api.fail(id, { code: 'LOAD_FAILED', message: 'No such layer.', retryable: false });
    expect(await read(id)).toMatchObject({
      status: 'FAILED',
      result: null,
      failure: { code: 'LOAD_FAILED', message: 'No such layer.', retryable: false },
      attempts: [{ number: 1, failure: { code: 'LOAD_FAILED' } }],
    });
  });

  test('outlives its model and its backend', async () => {
    const id = await api.submit();
    await api.start(id);
    api.system.infos = [];
    api.system.backend = { name: 'renamed' };
    expect(await read(id)).toMatchObject({
      model: null,
      backend: null,
      attempts: [{ backend: null, backendName: 'box' }],
    });
  });
});

test('a job tells in how many pieces its output has come while it runs, of the present run alone', async () => {
  const id = await api.submit();
  const pieces = async () =>
    (await api.query('query ($id: ID!) { job(id: $id) { pieces } }', { id })).job.pieces;
  expect(await pieces()).toBeNull();
  const { fence } = await api.start(id);
  expect(await pieces()).toBe(0);
  api.outputs.record(id, { thinking: 'Hm.', text: '', raw: {} });
  api.outputs.record(id, { thinking: '', text: 'So', raw: {} });
  // The last record has the figures alone.
  api.outputs.record(id, { thinking: '', text: '', raw: {} });
  expect(await pieces()).toBe(2);
  api.outputs.open(id, fence + 1);
  expect(await pieces()).toBe(0);
  await api.complete(id, TEXT_RESULT);
  expect(await pieces()).toBeNull();
});
