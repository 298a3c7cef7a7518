import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { GraphQLApi } from '../support/graphql-api.ts';

const PIXEL =
  'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==';

const SUBMIT_JOB = `
  mutation ($input: SubmitJobInput!) {
    submitJob(input: $input) {
      __typename
      ... on SubmitJobPayload {
        deduplicated
        job {
          id kind modelName priority status client createdAt deadline maxAttempts metadata
          labels { key value }
          batch { id }
          model { name }
        }
      }
      ... on InvalidInputError { issues { path message } }
      ... on ModelNotFoundError { modelName suggestions }
      ... on QueueFullError { limit retryAfter }
      ... on IdempotencyConflictError { existingJob { id } }
      ... on UserError { code message }
    }
  }`;

const SUBMIT_BATCH = `
  mutation ($input: SubmitBatchInput!) {
    submitBatch(input: $input) {
      __typename
      ... on SubmitBatchPayload {
        deduplicated
        batch { id name client finishedAt counts { pending total } jobs(first: 10) { totalCount nodes { id modelName } } }
      }
      ... on InvalidInputError { issues { path } }
      ... on ModelNotFoundError { modelName }
      ... on QueueFullError { limit }
      ... on IdempotencyConflictError { existingJob { id } }
      ... on UserError { code message }
    }
  }`;

const generate = { generate: { prompt: 'Why is the sky blue?' } };
const job = { model: 'qwen3:8b', request: generate };

let api: GraphQLApi;
const submit = async (input: object) => (await api.query(SUBMIT_JOB, { input })).submitJob;
const submitBatch = async (input: object) => (await api.query(SUBMIT_BATCH, { input })).submitBatch;

beforeEach(async () => {
  api = await GraphQLApi.open({ queueLimit: 4 });
});
afterEach(() => api.stop());

describe('submitJob', () => {
  test('queues a job with everything that was said of it', async () => {
    const deadline = '2026-11-21T00:00:00.000Z';
    const result = await submit({
      ...job,
      priority: 'HIGH',
      labels: [{ key: 'suite', value: 'nightly' }],
      metadata: { run: [1, null, { a: 'b' }] },
      deadline: '2026-11-21T01:00:00+01:00',
      maxAttempts: 5,
    });
    expect(result).toMatchObject({
      __typename: 'SubmitJobPayload',
      deduplicated: false,
      job: {
        id: expect.stringMatching(/^job_/),
        kind: 'GENERATE',
        modelName: 'qwen3:8b',
        model: { name: 'qwen3:8b' },
        priority: 'HIGH',
        status: 'PENDING',
        client: 'tester',
        createdAt: '2026-11-20T21:40:03.120Z',
        deadline,
        maxAttempts: 5,
        labels: [{ key: 'suite', value: 'nightly' }],
        metadata: { run: [1, null, { a: 'b' }] },
        batch: null,
      },
    });
    expect((await api.job(result.job.id)).id).toBe(result.job.id);
  });

  test('takes each kind of request, and every field that it may have', async () => {
    const options = { maxTokens: 5, seed: 1, temperature: 0.5, extra: { top_k: 40 } };
    const requests = {
      GENERATE: { generate: { prompt: 'x', system: 's', raw: false, format: 'json', options } },
      CHAT: {
        chat: {
          messages: [
            { role: 'USER', content: 'hi' },
            { role: 'ASSISTANT', content: '', toolCalls: [{ function: { name: 'look', arguments: {} } }] },
            { role: 'TOOL', content: '4', toolName: 'look' },
          ],
          tools: [{ type: 'function', function: { name: 'look' } }],
          options,
        },
      },
      EMBED: { embed: { input: ['a', 'b'], truncate: true } },
    };
    for (const [kind, request] of Object.entries(requests)) {
      const model = kind === 'EMBED' ? 'all-minilm' : 'qwen3:8b';
      const result = await submit({ model, request });
      expect(result, JSON.stringify(result)).toMatchObject({ job: { kind } });
      expect((await api.store.request(result.job.id))?.kind).toBe(kind);
    }
  });

  test('takes null as if it had been left out', async () => {
    const result = await submit({
      ...job,
      priority: null,
      labels: null,
      metadata: null,
      deadline: null,
      maxAttempts: null,
      idempotencyKey: null,
      request: { generate: { prompt: 'x', images: null, options: { seed: null, extra: null } } },
    });
    expect(result.job).toMatchObject({ priority: 'NORMAL', maxAttempts: 3, labels: [], metadata: null });
  });

  test('reads the same input from literals as from variables', async () => {
    const { submitJob } = await api.query(`mutation {
      submitJob(input: {
        model: "qwen3:8b", deadline: "2026-11-21T00:00:00Z", metadata: { a: [1, "x"] }, priority: LOW
        request: { generate: { prompt: "x", format: "json" } }
      }) { ... on SubmitJobPayload { job { priority metadata deadline } } ... on UserError { message } }
    }`);
    expect(submitJob.job).toEqual({
      priority: 'LOW',
      metadata: { a: [1, 'x'] },
      deadline: '2026-11-21T00:00:00.000Z',
    });
  });

  test('answers the first job when the key comes with the same input again', async () => {
    const first = await submit({ ...job, idempotencyKey: 'once' });
    const again = await submit({ ...job, idempotencyKey: 'once' });
    expect(again).toMatchObject({ deduplicated: true, job: { id: first.job.id } });
  });

  test('answers IdempotencyConflictError when the key comes with other input', async () => {
    const first = await submit({ ...job, idempotencyKey: 'once' });
    const other = await submit({ ...job, priority: 'LOW', idempotencyKey: 'once' });
    expect(other).toMatchObject({
      __typename: 'IdempotencyConflictError',
      code: 'IDEMPOTENCY_CONFLICT',
      existingJob: { id: first.job.id },
    });
  });

  test('answers InvalidInputError with every problem and its path', async () => {
    const result = await submit({ ...job, maxAttempts: 0, request: { generate: { prompt: ' ' } } });
    expect(result).toMatchObject({ __typename: 'InvalidInputError', code: 'INVALID_INPUT' });
    expect(result.issues.map((issue: { path: string[] }) => issue.path.join('.')).sort()).toEqual([
      'maxAttempts',
      'request.generate.prompt',
    ]);
    expect(await api.store.countJobs({})).toBe(0);
  });

  test('answers ModelNotFoundError with names that are close', async () => {
    expect(await submit({ ...job, model: 'qwen33:8b' })).toMatchObject({
      __typename: 'ModelNotFoundError',
      code: 'MODEL_NOT_FOUND',
      modelName: 'qwen33:8b',
      suggestions: ['qwen3:8b'],
    });
  });

  test('answers QueueFullError with the limit and when to try again', async () => {
    for (let i = 0; i < 4; i += 1) await submit(job);
    expect(await submit(job)).toMatchObject({
      __typename: 'QueueFullError',
      code: 'QUEUE_FULL',
      limit: 4,
      retryAfter: 2_500,
    });
  });

  test.each([
    ['no request', {}],
    ['two requests', { ...generate, embed: { input: ['x'] } }],
    ['a null request', { generate: null }],
  ])('refuses %s before anything runs', async (_, request) => {
    const { errors = [] } = await api.execute(SUBMIT_JOB, { input: { ...job, request } });
    expect(errors[0]?.message).toMatch(/exactly one|JobRequestInput/i);
  });

  test('lets what nobody expects propagate, for the server to mask', async () => {
    await api.store.stop();
    const { data, errors = [] } = await api.execute(SUBMIT_JOB, { input: job });
    expect(data).toBeNull();
    expect(errors[0]?.originalError).toMatchObject({ code: 'STORE_CLOSED' });
  });
});

describe('submitBatch', () => {
  test('queues all jobs in one commit and answers the batch', async () => {
    const result = await submitBatch({ name: 'nightly', jobs: [job, { ...job, model: 'llama3.2:1b' }] });
    expect(result).toMatchObject({
      __typename: 'SubmitBatchPayload',
      deduplicated: false,
      batch: {
        id: expect.stringMatching(/^bat_/),
        name: 'nightly',
        client: 'tester',
        finishedAt: null,
        counts: { pending: 2, total: 2 },
        jobs: { totalCount: 2 },
      },
    });
    expect(result.batch.jobs.nodes.map((node: { modelName: string }) => node.modelName)).toEqual([
      'qwen3:8b',
      'llama3.2:1b',
    ]);
  });

  test('answers the first batch when the key comes again', async () => {
    const first = await submitBatch({ jobs: [job], idempotencyKey: 'once' });
    const again = await submitBatch({ jobs: [job], idempotencyKey: 'once' });
    expect(again).toMatchObject({ deduplicated: true, batch: { id: first.batch.id } });
  });

  test('stores none of it when one job is wrong', async () => {
    const result = await submitBatch({ jobs: [job, { ...job, request: { generate: { prompt: '' } } }] });
    expect(result).toMatchObject({
      __typename: 'InvalidInputError',
      issues: [{ path: ['jobs', '1', 'request', 'generate', 'prompt'] }],
    });
    expect(await api.store.countJobs({})).toBe(0);
  });

  test('answers each of the other errors', async () => {
    expect(await submitBatch({ jobs: [{ ...job, model: 'nope' }] })).toMatchObject({
      __typename: 'ModelNotFoundError',
    });
    expect(await submitBatch({ jobs: [job, job, job, job, job] })).toMatchObject({
      __typename: 'QueueFullError',
    });
    const first = await submitBatch({ jobs: [job], idempotencyKey: 'once' });
    expect(await submitBatch({ jobs: [job, job], idempotencyKey: 'once' })).toMatchObject({
      __typename: 'IdempotencyConflictError',
      existingJob: { id: first.batch.jobs.nodes[0].id },
    });
  });
});

test.each([
  ['generate', { generate: { prompt: 'What is this?', images: [PIXEL] } }, ['request', 'generate', 'images']],
  [
    'chat',
    {
      chat: {
        messages: [
          { role: 'USER', content: 'Hi' },
          { role: 'USER', content: 'This?', images: [PIXEL] },
        ],
      },
    },
    ['request', 'chat', 'messages', '1', 'images'],
  ],
])('images for a model that does not see are refused by name: %s', async (_kind, request, path) => {
  await using api = await GraphQLApi.open();
  const { submitJob } = await api.query(
    'mutation ($input: SubmitJobInput!) { submitJob(input: $input) { __typename ... on InvalidInputError { issues { path message } } } }',
    { input: { model: 'qwen3:8b', request } },
  );
  expect(submitJob).toMatchObject({ __typename: 'InvalidInputError', issues: [{ path }] });
  expect(submitJob.issues[0].message).toMatch(/does not see images/);
});

describe('checkBatch', () => {
  const check = async (jobs: readonly object[]) =>
    (
      await api.query('query ($input: SubmitBatchInput!) { checkBatch(input: $input) { path message } }', {
        input: { jobs },
      })
    ).checkBatch;

  test('tells every problem of every job, missing models too, and queues nothing', async () => {
    const empty = { ...job, request: { generate: { prompt: '' } } };
    expect(await check([job, { ...job, model: 'nope' }, empty, { ...job, model: 'nix' }])).toEqual([
      { path: ['jobs', '2', 'request', 'generate', 'prompt'], message: 'must not be empty.' },
      {
        path: ['jobs', '1', 'model'],
        message: expect.stringContaining('No backend has a model named "nope"'),
      },
      {
        path: ['jobs', '3', 'model'],
        message: expect.stringContaining('No backend has a model named "nix"'),
      },
    ]);
    expect(await check([])).toEqual([{ path: ['jobs'], message: 'must have at least one job.' }]);
    expect(await check([job])).toEqual([]);
    expect(api.store.counts().PENDING).toBe(0);
  });
});
