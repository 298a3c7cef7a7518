/** What a page costs: calls of the store, whatever the number of jobs on it. */
import { afterEach, beforeEach, expect, test } from 'vitest';
import { GraphQLApi, TEXT_RESULT } from '../support/graphql-api.ts';

let api: GraphQLApi;

beforeEach(async () => {
  api = await GraphQLApi.open();
});
afterEach(() => api.stop());

test('a page of 100 jobs costs the same handful of calls as a page of 2', async () => {
  const page = `query ($first: Int!) {
    jobs(first: $first) {
      totalCount
      nodes { id status queuePosition waiting { explanation } batch { id counts { total } } model { name } backend { name }
        result { ... on TextResult { text } } }
    }
  }`;
  for (let index = 0; index < 50; index += 1) {
    const id = await api.submit();
    await api.start(id);
    await api.complete(id, TEXT_RESULT, [{ attempt: 1, channel: 'TEXT', text: `Answer ${index}` }]);
  }
  for (let index = 0; index < 50; index += 1) {
    await api.query(`mutation {
      submitBatch(input: { jobs: [{ model: "qwen3:8b", request: { generate: { prompt: "${index}" } } }] }) { __typename }
    }`);
  }
  const expected = {
    list: 1,
    countJobs: 1,
    queuePositions: 1,
    batches: 1,
    resultSizes: 1,
    endings: 1,
    texts: 1,
  };
  api.calls.clear();
  const { jobs } = await api.query(page, { first: 100 });
  expect(Object.fromEntries(api.calls)).toEqual(expected);
  expect(jobs.nodes).toHaveLength(100);
  expect(jobs.nodes.filter((job: { batch: unknown }) => job.batch)).toHaveLength(50);
  expect(jobs.nodes.at(-1).result.text).toBe('Answer 0');
  expect(jobs.nodes[0].queuePosition).toBe(49);

  api.calls.clear();
  await api.query(page.replace('result', 'again: result'), { first: 2 });
  for (const count of api.calls.values()) expect(count).toBe(1);
});

test('the state of the backends is put together once for a page', async () => {
  for (let index = 0; index < 20; index += 1) await api.start(await api.submit());
  const { backends } = api.system;
  let calls = 0;
  api.system.backends = () => {
    calls += 1;
    return backends.call(api.system);
  };
  const { jobs } = await api.query(
    '{ jobs(first: 20) { nodes { backend { name } attempts { backend { name } } } } }',
  );
  expect(jobs.nodes.every((job: { backend: object | null }) => job.backend)).toBe(true);
  expect(calls).toBe(1);
  api.system.backend = { name: 'renamed' };
  expect((await api.query('{ backends { name } }')).backends).toEqual([{ name: 'renamed' }]);
});

test('what is not asked for is not read', async () => {
  await api.submit();
  api.calls.clear();
  await api.query('{ jobs(first: 10) { nodes { id result { __typename } } } }');
  expect(Object.fromEntries(api.calls)).toEqual({ list: 1 });
});

test('the jobs of all instances are read at once', async () => {
  const ids = [await api.submit(), await api.submit()];
  api.system.instances = api.system.instances.map((instance, index) => ({
    ...instance,
    activeJobIds: [ids[index], 'job_forgotten'] as typeof instance.activeJobIds,
  }));
  api.calls.clear();
  const { backends } = await api.query('{ backends { instances { activeJobs { id } } } }');
  expect(backends[0].instances.map((one: { activeJobs: object[] }) => one.activeJobs)).toEqual(
    ids.map((id) => [{ id }]),
  );
  expect(Object.fromEntries(api.calls)).toEqual({ jobs: 1 });
});

test('a mutation is seen by whatever is read after it in the same request', async () => {
  const id = await api.submit();
  const both = await api.query(
    `mutation ($id: ID!) {
      first: updateJobPriority(input: { id: $id, priority: LOW }) { ... on UpdateJobPriorityPayload { job { priority } } }
      second: cancelJob(input: { id: $id }) { ... on CancelJobPayload { job { status queuePosition } } }
      third: updateJobPriority(input: { id: $id, priority: HIGH }) { ... on JobNotQueuedError { job { status } } }
    }`,
    { id },
  );
  expect(both).toEqual({
    first: { job: { priority: 'LOW' } },
    second: { job: { status: 'CANCELLED', queuePosition: null } },
    third: { job: { status: 'CANCELLED' } },
  });
});
