/** When jobs should start and end, as a whole server tells it, and what a full queue says of its room. */
import { expect, it } from 'vitest';
import { eventually } from '../support/eventually.ts';
import { TestApp } from './test-app.ts';

const MODEL = 'smollm:360m';
const COUNT = 30;
const request = { generate: { prompt: 'x', options: { maxTokens: 40 } } };
const SLOW = { speed: 1, tokensPerSecond: 20, loadBaseMs: 10 };

const BATCH = `mutation ($input: SubmitBatchInput!) {
  submitBatch(input: $input) { ... on SubmitBatchPayload { batch { id } } }
}`;
const TOLD = `query ($id: ID!) { batch(id: $id) { expectedEnd finishedAt jobs(first: ${COUNT}) { nodes {
  id status startedAt expectedStartAt expectedEndAt waiting { explanation expectedStart }
} } } }`;

interface Told {
  readonly status: string;
  readonly expectedStartAt: string | null;
}

/** One job has ended, so that it is known what the others will take; then many come. */
async function manyWaiting(t: TestApp): Promise<string> {
  await t.ended(await t.generate(MODEL, { request }));
  const jobs = Array.from({ length: COUNT }, () => ({ model: MODEL, request }));
  return (await t.query(BATCH, { input: { jobs } })).submitBatch.batch.id;
}

it('tells of waiting and running jobs and of their batch when they should start and end, one after the other', async () => {
  await using t = await TestApp.start({ ollama: SLOW });
  const id = await manyWaiting(t);
  const { batch } = await eventually(
    () => t.query(TOLD, { id }),
    ({ batch: { jobs } }) =>
      jobs.nodes.some(({ status }: Told) => status === 'RUNNING') &&
      jobs.nodes.every(({ status, expectedStartAt }: Told) => status !== 'PENDING' || expectedStartAt),
  );
  const { nodes } = batch.jobs;
  const [running, waiting] = ['RUNNING', 'PENDING'].map((status) =>
    nodes.filter((job: { status: string }) => job.status === status),
  );
  for (const job of running ?? []) expect(job).toMatchObject({ expectedStartAt: null, waiting: null });
  const starts = (waiting ?? []).map((job: { expectedStartAt: string }) => Date.parse(job.expectedStartAt));
  expect(starts.length).toBeGreaterThan(COUNT / 2);
  expect(starts.every(Number.isFinite)).toBe(true);
  expect(starts).toEqual(starts.toSorted((a: number, b: number) => a - b));
  // Two at a time, each for some two seconds: the last starts after most of them.
  expect(starts.at(-1) - starts[0]).toBeGreaterThan(10_000);
  const last = waiting?.at(-1);
  expect(last.waiting.explanation).toMatch(
    /^About \d+ of its model's jobs come before it .* It should start in about /,
  );
  expect(last.waiting.expectedStart).toBe(last.expectedStartAt);
  expect(Date.parse(last.expectedEndAt)).toBeGreaterThan(Date.parse(last.expectedStartAt));
  expect(Date.parse(batch.expectedEnd)).toBeGreaterThanOrEqual(Date.parse(last.expectedEndAt));

  const { stats } = await eventually(
    () => t.query('{ stats { startEstimates { sampleCount medianError } } }'),
    ({ stats }) => stats.startEstimates.sampleCount >= 2,
  );
  expect(stats.startEstimates.medianError).toBeLessThan(10_000);
});

it('tells of a full queue when it should have room, by when its jobs should start', async () => {
  await using t = await TestApp.start({ ollama: SLOW, config: { queueLimit: COUNT } });
  await manyWaiting(t);
  // What runs has left its place.
  const { retryAfter } = await eventually(async () => {
    const answer = await t.submit({ model: MODEL, request });
    // By the jobs that ended lately it would be a minute.
    return answer.__typename === 'QueueFullError' && answer.retryAfter < 60_000 && answer;
  });
  // Ten jobs of two seconds, two at a time.
  expect(retryAfter).toBeGreaterThan(3_000);
});
