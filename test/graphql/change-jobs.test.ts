/** One change for many jobs: by their ids, and by a filter. */

import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { JobId } from '../../src/domain/ids.ts';
import { MEMBER } from '../../src/domain/scopes.ts';
import { ANYONE, GraphQLApi } from '../support/graphql-api.ts';

let api: GraphQLApi;

beforeEach(async () => {
  api = await GraphQLApi.open({ queueLimit: 10_000 });
});
afterEach(() => api.stop());

const ERRORS = '__typename ... on UserError { code message } ... on InvalidInputError { issues { path } }';
const COUNTS = 'changed unchanged missing more';
const MUTATIONS = {
  cancelJobs: `mutation ($input: CancelJobsInput!) { cancelJobs(input: $input) { ${ERRORS} ... on CancelJobsPayload { ${COUNTS} } } }`,
  retryJobs: `mutation ($input: RetryJobsInput!) { retryJobs(input: $input) { ${ERRORS} ... on RetryJobsPayload { ${COUNTS} } } }`,
  updateJobPriorities: `mutation ($input: UpdateJobPrioritiesInput!) { updateJobPriorities(input: $input) { ${ERRORS} ... on UpdateJobPrioritiesPayload { ${COUNTS} } } }`,
};
type Name = keyof typeof MUTATIONS;
const NAMES = Object.keys(MUTATIONS) as Name[];

const change = async (name: Name, jobs: object, on: GraphQLApi = api) => {
  const input = { jobs, ...(name === 'updateJobPriorities' ? { priority: 'LOW' } : {}) };
  return (await on.query(MUTATIONS[name], { input }))[name];
};
const statuses = async (ids: readonly JobId[]) => (await api.store.jobs(ids)).map((job) => job?.status);

async function batchOf(count: number): Promise<string> {
  const jobs = Array.from({ length: count }, () => ({
    model: 'qwen3:8b',
    request: { generate: { prompt: 'x' } },
  }));
  const { submitBatch } = await api.query(
    'mutation ($jobs: [SubmitJobInput!]!) { submitBatch(input: { jobs: $jobs }) { ... on SubmitBatchPayload { batch { id } } } }',
    { jobs },
  );
  return submitBatch.batch.id;
}

test('is made to the jobs named, each once, and says which are none', async () => {
  const ids = [await api.submit(), await api.submit(), await api.submit()];
  await api.store.cancel(ids[0] as JobId, null);
  const named = { ids: [...ids, ids[1], 'job_unknown', 'bat_0', ''] };
  const missing = expect.arrayContaining(['job_unknown', 'bat_0', '']);
  expect(await change('updateJobPriorities', named)).toMatchObject({ changed: 2, unchanged: 1, missing });
  expect(await change('cancelJobs', named)).toMatchObject({ changed: 2, unchanged: 1, missing, more: false });
  expect(await statuses(ids)).toEqual(['CANCELLED', 'CANCELLED', 'CANCELLED']);
  expect(await change('retryJobs', named)).toMatchObject({ changed: 3, unchanged: 0, missing });
});

test('is made to all of a filter in pieces of 1,000, each of them one commit', async () => {
  const batches = [await batchOf(1_000), await batchOf(1_000), await batchOf(500)];
  const other = await api.submit({ priority: 'HIGH' });
  const commits: number[] = [];
  api.store.onCommit((changes) => void commits.push(changes.length));
  const byModel = { filter: { models: ['qwen3:8b'], createdAfter: new Date(0).toISOString() } };
  expect(await change('cancelJobs', { filter: { batchId: batches[2] } })).toMatchObject({ changed: 500 });
  expect(await change('cancelJobs', byModel)).toMatchObject({ changed: 2_001, unchanged: 0, more: false });
  expect(commits).toEqual([500, 1_000, 1_000, 1]);
  expect(await statuses([other])).toEqual(['CANCELLED']);
  expect(await change('retryJobs', { filter: { batchId: batches[0] } })).toMatchObject({ changed: 1_000 });
  expect(api.store.counts()).toMatchObject({ PENDING: 1_000, CANCELLED: 1_501 });
});

test('does not touch what the filter leaves out, nor what cannot be changed', async () => {
  const ids = [await api.submit(), await api.submit({ priority: 'HIGH' }), await api.submit()];
  await api.store.cancel(ids[0] as JobId, null);
  const onlyEnded = { filter: { statuses: ['CANCELLED', 'COMPLETE'] } };
  expect(await change('cancelJobs', onlyEnded)).toMatchObject({ changed: 0, unchanged: 0 });
  expect(await change('retryJobs', onlyEnded)).toMatchObject({ changed: 1 });
  expect(await statuses(ids)).toEqual(['PENDING', 'PENDING', 'PENDING']);
});

test('stops where the queue is full, says that more are left, and refuses when none could be taken', async () => {
  await using small = await GraphQLApi.open({ queueLimit: 2 });
  const ids: JobId[] = [];
  for (let i = 0; i < 3; i += 1) {
    const id = await small.submit();
    await small.store.cancel(id, null);
    ids.push(id);
  }
  for (const jobs of [{ ids }, { filter: { statuses: ['CANCELLED'] } }]) {
    expect(await change('retryJobs', jobs, small)).toMatchObject({ changed: 2, more: true });
    expect(await change('retryJobs', { ids: ids.slice(2) }, small)).toMatchObject({ code: 'QUEUE_FULL' });
    await change('cancelJobs', { ids }, small);
  }
});

describe.each(NAMES)('%s', (name) => {
  test('refuses what names every job there is, and more ids than it takes', async () => {
    await api.submit();
    for (const filter of [{}, { labels: [] }])
      expect(await change(name, { filter })).toMatchObject({
        code: 'INVALID_INPUT',
        issues: [{ path: ['jobs', 'filter'] }],
      });
    const ids = Array.from({ length: 1_001 }, (_, i) => `job_${i}`);
    expect(await change(name, { ids })).toMatchObject({ issues: [{ path: ['jobs', 'ids'] }] });
    expect(api.store.counts()).toMatchObject({ PENDING: 1, CANCELLED: 0 });
  });

  test('leaves jobs of others alone, and does not tell that they are there', async () => {
    const theirs = await api.submit({ priority: 'HIGH' });
    if (name === 'retryJobs') await api.store.cancel(theirs, null);
    const before = await api.job(theirs);
    await using foreign = await GraphQLApi.open({
      principal: { ...ANYONE, client: 'somebody', scopes: MEMBER },
      store: api.store,
    });
    expect(await change(name, { ids: [theirs] }, foreign)).toMatchObject({ changed: 0, missing: [theirs] });
    const filter = { createdAfter: new Date(0).toISOString() };
    expect(await change(name, { filter }, foreign)).toMatchObject({ changed: 0, unchanged: 0 });
    expect(await api.job(theirs)).toEqual(before);
  });
});

test('is made to what a filter by client, priority, time or text takes, and an empty text takes nothing', async () => {
  const ids: JobId[] = [];
  for (const priority of ['HIGH', 'NORMAL', 'LOW']) ids.push(await api.submit({ priority }));
  const [high, normal, low] = ids as [JobId, JobId, JobId];
  const by = (filter: object) => change('cancelJobs', { filter });
  expect(await by({ matching: '' })).toMatchObject({ __typename: 'InvalidInputError' });
  expect(await by({ clients: ['somebody'] })).toMatchObject({ changed: 0 });
  expect(await by({ priorities: ['LOW'], matching: 'job_' })).toMatchObject({ changed: 1 });
  expect(await by({ matching: high })).toMatchObject({ changed: 1 });
  expect(await statuses([high, normal, low])).toEqual(['CANCELLED', 'PENDING', 'CANCELLED']);
  const createdBefore = new Date(api.clock.now() + 1).toISOString();
  expect(await by({ createdBefore, clients: ['tester'] })).toMatchObject({ changed: 1 });
  const finishedAfter = new Date(api.clock.now() - 1).toISOString();
  expect(await change('retryJobs', { filter: { finishedAfter } })).toMatchObject({ changed: 3 });
});
