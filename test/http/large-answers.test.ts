/** Answers that would carry more than they may are refused before anything is read; what is large is not parsed on its way. */

import { describe, expect, onTestFinished, test } from 'vitest';
import { nextTurn } from '../../src/clock.ts';
import type { JobId } from '../../src/domain/ids.ts';
import type { JobResult } from '../../src/domain/job.ts';
import { MiB } from '../../src/domain/units.ts';
import { LargeAnswers } from '../../src/graphql/answer-budget.ts';
import { answerPieces, RawJson } from '../../src/graphql/raw-json.ts';
import { schema } from '../../src/graphql/schema.ts';
import { answerBody } from '../../src/graphql/server/answer-body.ts';
import type { OperationScope } from '../../src/graphql/server/scope.ts';
import { RawSocket } from '../conformance/support.ts';
import { EMBED_RESULT, GraphQLApi, TEXT_RESULT } from '../support/graphql-api.ts';
import { vectorsOf } from '../support/vectors.ts';
import { post } from './support/graphql-client.ts';
import { testServer } from './support/own-server.ts';

/** Of an embedding as below, and of less than two texts. */
const LIMIT = 12_000;

async function opened() {
  const api = await GraphQLApi.open();
  onTestFinished(() => api.stop());
  const server = await testServer({
    graphql: {
      schema,
      buildContext: ({ answer }: OperationScope) => ({ ...api.context, answer }),
      answerLimits: { answerBytes: LIMIT, eventBytes: 3_000 },
    },
  });
  const finished = async (input: object, result: JobResult, text = ''): Promise<JobId> => {
    const id = await api.submit({ ...input });
    await api.start(id);
    await api.complete(id, result, [{ attempt: 1, channel: 'TEXT', text }]);
    return id;
  };
  const embedded = () => finished({ model: 'all-minilm', request: { embed: { input: ['a'] } } }, LARGE);
  return { api, ...server, finished, embedded };
}

const NUMBERS = Array.from({ length: 100 }, (_, i) => Array.from({ length: 10 }, (_, j) => i / 8 + j));
const LARGE: JobResult = { ...EMBED_RESULT, vectors: vectorsOf(NUMBERS) } as JobResult;

const RESULT = `__typename ... on EmbedResult { count dimensions bytes embeddings } ... on TextResult { text raw }`;
const PAGE = `{ jobs(first: 10, orderBy: { field: CREATED_AT, direction: ASC }) { nodes { id result { ${RESULT} } } } }`;

interface Errors {
  readonly errors?: readonly { readonly message: string; readonly extensions: object }[];
}

describe('a page of results', () => {
  test.each([
    ['embeddings', '... on EmbedResult { embeddings }', 'vectors'],
    ['texts', '... on TextResult { text }', 'texts'],
    ['thoughts', '... on TextResult { thinking }', 'texts'],
    ['records of the backend', '... on TextResult { raw }', 'raws'],
    ['tool calls', '... on TextResult { toolCalls }', 'endings'],
  ])('with too many bytes of %s is refused, with what to do', async (_what, selection, read) => {
    const { api, url, finished, embedded } = await opened();
    const filler = 'x'.repeat(LIMIT / 2);
    const toolCalls = read === 'endings' ? [{ filler }] : null;
    for (let i = 0; i < 4; i += 1) {
      await embedded();
      await finished({}, { ...TEXT_RESULT, raw: { filler }, toolCalls }, filler);
    }
    api.asked.clear();
    const { status, result: answer } = await post(
      url,
      `{ jobs(first: 10) { nodes { result { __typename ${selection} } } } }`,
    );
    const { errors = [] } = answer as Errors;
    expect(errors.length).toBeGreaterThan(0);
    for (const { message, extensions } of errors) {
      expect(extensions).toMatchObject({
        code: 'QUERY_LIMIT_EXCEEDED',
        limit: 'answerBytes',
        maximum: LIMIT,
      });
      expect(message).toMatch(/smaller pages/);
    }
    expect(status).toBeLessThan(500);
    // What was beyond the limit was not read; what is small of the embeddings was.
    const small = read === 'endings' ? 4 : 0;
    expect(api.asked.get(read)).toBeLessThanOrEqual(2 + small);
  });

  test('of jobs in batches of jobs is refused for what their metadata adds up to', async () => {
    const { api, url } = await opened();
    const job = {
      model: 'qwen3:8b',
      request: { generate: { prompt: 'x' } },
      metadata: { filler: 'x'.repeat(1_000) },
    };
    await api.query('mutation ($input: SubmitBatchInput!) { submitBatch(input: $input) { __typename } }', {
      input: { jobs: Array(5).fill(job) },
    });
    const page = '{ jobs(first: 5) { nodes { batch { jobs(first: 5) { nodes { metadata } } } } } }';
    const { errors = [] } = (await post(url, page)).result as Errors;
    expect(errors[0]?.extensions).toMatchObject({ code: 'QUERY_LIMIT_EXCEEDED', limit: 'answerBytes' });
    expect((await post(url, '{ jobs(first: 5) { nodes { metadata } } }')).result.errors).toBeUndefined();
  });

  test('tells sizes of what it could not carry', async () => {
    const { url, embedded } = await opened();
    for (let i = 0; i < 9; i += 1) await embedded();
    const sizes =
      '{ jobs(first: 10) { nodes { result { ... on EmbedResult { count dimensions bytes } } } } }';
    const { result } = await post(url, sizes);
    expect(result.errors).toBeUndefined();
    const bytes = JSON.stringify(NUMBERS).length - 2;
    expect(result.data).toEqual({
      jobs: { nodes: Array(9).fill({ result: { count: 100, dimensions: 10, bytes } }) },
    });
  });

  test('that fits carries every number as it was stored', async () => {
    const { url, finished, embedded } = await opened();
    await embedded();
    await finished({}, TEXT_RESULT, 'Grüße');
    const { result } = await post(url, PAGE);
    expect(result.errors).toBeUndefined();
    expect(result.data).toMatchObject({
      jobs: {
        nodes: [
          { result: { __typename: 'EmbedResult', embeddings: NUMBERS } },
          { result: { __typename: 'TextResult', text: 'Grüße', raw: TEXT_RESULT.raw } },
        ],
      },
    });
  });
});

describe('embeddings', () => {
  const PART =
    'query ($id: ID!, $first: Int, $offset: Int) { job(id: $id) { result { ... on EmbedResult { embeddings(first: $first, offset: $offset) } } } }';

  test.each([
    [{}, 0, 100],
    [{ first: 7 }, 0, 7],
    [{ offset: 90 }, 90, 100],
    [{ first: 20, offset: 95 }, 95, 100],
    [{ first: 20, offset: 100 }, 0, 0],
    [{ first: null, offset: null }, 0, 100],
  ])('are given in the part %o', async (variables, from, to) => {
    const { url, embedded } = await opened();
    const { result } = await post(url, PART, { variables: { id: await embedded(), ...variables } });
    expect(result).toEqual({ data: { job: { result: { embeddings: NUMBERS.slice(from, to) } } } });
  });

  test.each([{ first: 0 }, { first: 10_001 }, { offset: -1 }])('have no part %o', async (variables) => {
    const { url, embedded } = await opened();
    const { result } = await post(url, PART, { variables: { id: await embedded(), ...variables } });
    expect((result as Errors).errors).toMatchObject([{ extensions: { code: 'BAD_USER_INPUT' } }]);
  });

  test('over a WebSocket are limited to what is written in one go', async () => {
    const { port, embedded } = await opened();
    const id = await embedded();
    const socket = await new RawSocket(port).acknowledged();
    const query = (first: number) =>
      `{ job(id: "${id}") { result { ... on EmbedResult { embeddings(first: ${first}) } } } }`;
    socket.subscribe('small', query(5));
    expect(await socket.take()).toMatchObject({
      payload: { data: { job: { result: { embeddings: NUMBERS.slice(0, 5) } } } },
    });
    await socket.take();
    socket.subscribe('large', query(100));
    expect(await socket.take()).toMatchObject({
      payload: { errors: [{ message: expect.stringMatching(/query over HTTP/) }] },
    });
    await socket.close();
  });
});

describe('large answers', () => {
  test('are few at a time, and the others come in order as callers go', async () => {
    const large = new LargeAnswers(2);
    const callers = Array.from({ length: 5 }, () => new AbortController());
    const order: number[] = [];
    const entered = callers.map((caller, i) =>
      large.enter(`client ${i}`, caller.signal).then(() => order.push(i)),
    );
    await Promise.all(entered.slice(0, 2));
    expect([order, large.present]).toEqual([[0, 1], 2]);
    callers[2]?.abort();
    await expect(entered[2]).rejects.toThrow();
    callers[1]?.abort();
    await entered[3];
    callers[0]?.abort();
    await entered[4];
    expect([order, large.present]).toEqual([[0, 1, 3, 4], 2]);
    callers[3]?.abort();
    callers[4]?.abort();
    expect(large.present).toBe(0);
    await expect(large.enter('late', AbortSignal.abort())).rejects.toThrow();
  });
});

describe('a caller of many large answers', () => {
  const ask = (large: LargeAnswers, caller: string, order: string[]) => {
    const gone = new AbortController();
    void large.enter(caller, gone.signal).then(
      () => order.push(caller),
      () => {},
    );
    return gone;
  };

  test('who never reads them keeps none of the others out', async () => {
    const large = new LargeAnswers(8);
    const order: string[] = [];
    for (let i = 0; i < 20; i += 1) ask(large, 'hoarder', order);
    for (const name of ['a', 'b', 'c']) ask(large, name, order);
    await nextTurn();
    expect(order).toEqual([...Array(4).fill('hoarder'), 'a', 'b', 'c']);
  });

  test('is given the next place only when nobody who has fewer waits for it', async () => {
    const large = new LargeAnswers(4);
    const order: string[] = [];
    const [first] = ['a', 'a', 'b', 'b'].map((caller) => ask(large, caller, order));
    ask(large, 'a', order);
    ask(large, 'b', order);
    ask(large, 'c', order);
    first?.abort();
    await nextTurn();
    expect(order).toEqual(['a', 'a', 'b', 'b', 'c']);
  });

  test('gives back its place also where it goes in the moment in which it gets it', async () => {
    const large = new LargeAnswers(2);
    const order: string[] = [];
    const [first, second] = [ask(large, 'a', order), ask(large, 'b', order)];
    const third = ask(large, 'c', order);
    first.abort();
    third.abort();
    second.abort();
    await nextTurn();
    expect(large.present).toBe(0);
  });
});

describe('an answer with stored JSON', () => {
  const written = (value: unknown) =>
    Buffer.concat([...answerPieces(value)].map((piece) => Buffer.from(piece))).toString();

  test('is written as JSON.stringify writes it', () => {
    const raw = new RawJson(Buffer.from('{"a":[0.10,"ü"]}'));
    for (const value of [
      {
        data: { one: raw, none: undefined, list: [raw, null, undefined, 'x"', 1.5, []], empty: {} },
        errors: [new Error('no')],
      },
      raw,
      [[]],
      null,
      { at: new Date(5) },
    ]) {
      expect(JSON.parse(written(value))).toEqual(JSON.parse(JSON.stringify(value)));
    }
    expect(written({ data: raw })).toBe('{"data":{"a":[0.10,"ü"]}}');
  });

  test('is the same wherever its texts are cut', () => {
    for (const shift of ['', 'x', 'xy', 'xyz']) {
      const text = `${shift}${'ü😀"\\\n'.repeat(8_000)}\ud800`;
      const value = { text, raw: new RawJson(JSON.stringify([text])) };
      expect(JSON.parse(written(value))).toEqual({ text, raw: [text] });
    }
  });

  test.each([
    ['a text', 'x'.repeat(4 * MiB)],
    ['vectors', Array.from({ length: 4_000 }, () => new RawJson(Buffer.alloc(1_024, '1')))],
    ['many small values', Array.from({ length: 100_000 }, (_, i) => ({ number: i }))],
  ])('of %s is written in small parts, each in a turn of its own or of few', async (_what, data) => {
    const body = answerBody({ data });
    if (typeof body === 'string') throw new Error('It was written at once.');
    let turns = 0;
    let going = true;
    const turn = () => {
      turns += 1;
      if (going) setImmediate(turn);
    };
    turn();
    const sizes: number[] = [];
    for await (const part of body) sizes.push(part.length);
    going = false;
    expect(Math.max(...sizes)).toBeLessThan(MiB / 8);
    expect(sizes.length).toBeGreaterThan(15);
    expect(turns).toBeGreaterThan(sizes.length / 16);
  });

  test('that is small is written at once', () => {
    expect(answerBody({ data: new RawJson('{"a":1}') })).toBe('{"data":{"a":1}}');
  });

  test('is sent whole where it is too large to be written at once', async () => {
    const api = await GraphQLApi.open();
    onTestFinished(() => api.stop());
    const { url } = await testServer({
      graphql: { schema, buildContext: ({ answer }: OperationScope) => ({ ...api.context, answer }) },
    });
    const id = await api.submit({});
    await api.start(id);
    const text = '😀 quoted "text"\n'.repeat(200_000);
    await api.complete(id, TEXT_RESULT, [{ attempt: 1, channel: 'TEXT', text }]);
    const response = await fetch(`${url}/graphql`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ query: `{ job(id: "${id}") { result { ... on TextResult { text } } } }` }),
    });
    const answer = (await response.json()) as { data: { job: { result: { text: string } } } };
    expect(response.status).toBe(200);
    expect(response.headers.get('content-length')).toBeNull();
    expect(answer.data.job.result.text === text).toBe(true);
  });
});
