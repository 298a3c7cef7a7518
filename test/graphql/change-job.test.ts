import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { JobId } from '../../src/domain/ids.ts';
import { MEMBER } from '../../src/domain/scopes.ts';
import { ANYONE, GraphQLApi, TEXT_RESULT } from '../support/graphql-api.ts';

let api: GraphQLApi;

beforeEach(async () => {
  api = await GraphQLApi.open();
});
afterEach(() => api.stop());

const FAILURE = { code: 'OUT_OF_MEMORY', message: 'No room.', retryable: true } as const;

async function completed(): Promise<JobId> {
  const id = await api.submit();
  await api.start(id);
  await api.complete(id, TEXT_RESULT);
  return id;
}

async function failed(): Promise<JobId> {
  const id = await api.submit();
  await api.start(id);
  await api.fail(id, FAILURE);
  return id;
}

/** Ids that no job can have: of another kind, without a rest, without end. */
const GARBAGE = ['', 'job_', 'bat_0000', 'nonsense', `job_${'x'.repeat(1000)}`, '\u0000', 'job_unknown'];

describe('cancelJob', () => {
  const cancel = async (id: string, reason?: string) =>
    (
      await api.query(
        `mutation ($input: CancelJobInput!) {
          cancelJob(input: $input) {
            __typename
            ... on CancelJobPayload { job { id status finishedAt } }
            ... on JobNotCancellableError { job { id status } }
            ... on JobNotFoundError { id }
            ... on UserError { code message }
          }
        }`,
        { input: { id, reason } },
      )
    ).cancelJob;

  test('ends a waiting job', async () => {
    const id = await api.submit();
    expect(await cancel(id, 'not needed')).toEqual({
      __typename: 'CancelJobPayload',
      job: { id, status: 'CANCELLED', finishedAt: '2026-11-20T21:40:03.120Z' },
    });
  });

  test('ends a running job, and shows the attempt that it was on', async () => {
    const id = await api.submit();
    await api.start(id);
    expect(await cancel(id)).toMatchObject({ job: { status: 'CANCELLED' } });
    const { job } = await api.query(
      `{ job(id: "${id}") { attempts { number backendName finishedAt failure { code } } } }`,
    );
    expect(job.attempts).toEqual([
      { number: 1, backendName: 'box', finishedAt: '2026-11-20T21:40:03.120Z', failure: null },
    ]);
  });

  test('answers JobNotCancellableError for a job that has ended', async () => {
    const id = await completed();
    expect(await cancel(id)).toMatchObject({
      __typename: 'JobNotCancellableError',
      code: 'JOB_NOT_CANCELLABLE',
      job: { id, status: 'COMPLETE' },
      message: expect.stringContaining('COMPLETE'),
    });
  });

  test.each(GARBAGE)('answers JobNotFoundError for %j', async (id) => {
    expect(await cancel(id)).toMatchObject({ __typename: 'JobNotFoundError', code: 'JOB_NOT_FOUND', id });
  });
});

describe('retryJob', () => {
  const retry = async (id: string) =>
    (
      await api.query(
        `mutation ($input: RetryJobInput!) {
          retryJob(input: $input) {
            __typename
            ... on RetryJobPayload { job { status failure { code } attempts { number failure { code } } } }
            ... on JobNotRetryableError { job { status } }
            ... on QueueFullError { limit }
            ... on UserError { code message }
          }
        }`,
        { input: { id } },
      )
    ).retryJob;

  test('puts a failed job back in the queue, with its history', async () => {
    expect(await retry(await failed())).toEqual({
      __typename: 'RetryJobPayload',
      job: {
        status: 'PENDING',
        failure: null,
        attempts: [{ number: 1, failure: { code: 'OUT_OF_MEMORY' } }],
      },
    });
  });

  test.each(['waiting', 'complete'])('answers JobNotRetryableError for one that is %s', async (state) => {
    const id = state === 'waiting' ? await api.submit() : await completed();
    expect(await retry(id)).toMatchObject({
      __typename: 'JobNotRetryableError',
      code: 'JOB_NOT_RETRYABLE',
      job: { status: state === 'waiting' ? 'PENDING' : 'COMPLETE' },
    });
  });

  test('answers QueueFullError when there is no room for it', async () => {
    await api.stop();
    api = await GraphQLApi.open({ queueLimit: 1 });
    const id = await failed();
    await api.submit();
    expect(await retry(id)).toMatchObject({ __typename: 'QueueFullError', code: 'QUEUE_FULL', limit: 1 });
  });

  test.each(GARBAGE)('answers JobNotFoundError for %j', async (id) => {
    expect(await retry(id)).toMatchObject({ __typename: 'JobNotFoundError' });
  });
});

describe('updateJobPriority', () => {
  const move = async (id: string, priority: string) =>
    (
      await api.query(
        `mutation ($input: UpdateJobPriorityInput!) {
          updateJobPriority(input: $input) {
            __typename
            ... on UpdateJobPriorityPayload { job { priority queuePosition } }
            ... on JobNotQueuedError { job { status } }
            ... on InvalidInputError { issues { path message } }
            ... on UserError { code message }
          }
        }`,
        { input: { id, priority } },
      )
    ).updateJobPriority;

  test('moves a waiting job past the others', async () => {
    await api.submit();
    const id = await api.submit();
    expect(await move(id, 'HIGH')).toEqual({
      __typename: 'UpdateJobPriorityPayload',
      job: { priority: 'HIGH', queuePosition: 0 },
    });
    expect(await move(id, 'LOW')).toMatchObject({ job: { priority: 'LOW', queuePosition: 1 } });
  });

  test('answers JobNotQueuedError for one that runs or has ended', async () => {
    expect(await move(await completed(), 'HIGH')).toMatchObject({
      __typename: 'JobNotQueuedError',
      code: 'JOB_NOT_QUEUED',
      job: { status: 'COMPLETE' },
    });
  });

  test('answers InvalidInputError for a priority that the client may not use', async () => {
    await api.stop();
    api = await GraphQLApi.open({ principal: { ...ANYONE, maxPriority: 'NORMAL' } });
    const id = await api.submit();
    expect(await move(id, 'HIGH')).toMatchObject({
      __typename: 'InvalidInputError',
      issues: [{ path: ['priority'], message: expect.stringContaining('NORMAL') }],
    });
  });

  test.each(GARBAGE)('answers JobNotFoundError for %j', async (id) => {
    expect(await move(id, 'LOW')).toMatchObject({ __typename: 'JobNotFoundError' });
  });
});

describe('pauseScheduler and resumeScheduler', () => {
  test('pause and resume, and say so', async () => {
    expect(await api.query('mutation { pauseScheduler { stats { paused } } }')).toEqual({
      pauseScheduler: { stats: { paused: true } },
    });
    expect(api.system.paused).toBe(true);
    expect(await api.query('mutation { resumeScheduler { stats { paused } } }')).toEqual({
      resumeScheduler: { stats: { paused: false } },
    });
    expect(api.system.paused).toBe(false);
  });

  test('are for administrators', async () => {
    await api.stop();
    api = await GraphQLApi.open({ principal: { ...ANYONE, scopes: MEMBER } });
    expect(await api.refusal('mutation { pauseScheduler { stats { paused } } }')).toBe('FORBIDDEN');
    expect(await api.refusal('mutation { resumeScheduler { stats { paused } } }')).toBe('FORBIDDEN');
    expect(api.system.paused).toBe(false);
  });
});
