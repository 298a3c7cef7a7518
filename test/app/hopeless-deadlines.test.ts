/** A deadline that should be missed is refused, told, or left alone, as configured. */
import { expect, it } from 'vitest';
import type { HopelessDeadlines } from '../../src/domain/hopeless-deadline.ts';
import { TestApp } from './test-app.ts';

const MODEL = 'smollm:360m';
const request = { generate: { prompt: 'x', options: { maxTokens: 40 } } };
const BATCH = `mutation ($input: SubmitBatchInput!) {
  submitBatch(input: $input) { __typename ... on SubmitBatchPayload { batch { id } } ... on UserError { code } }
}`;
const SUBMIT = `mutation ($input: SubmitJobInput!) { submitJob(input: $input) {
  __typename ... on SubmitJobPayload { job { id } } ... on HopelessDeadlineError { code message deadline expectedEnd }
} }`;

/** Sixty jobs of two seconds wait, two at a time. */
async function busy(hopelessDeadlines?: HopelessDeadlines): Promise<TestApp> {
  const t = await TestApp.start({
    ollama: { speed: 1, tokensPerSecond: 20, loadBaseMs: 10 },
    config: hopelessDeadlines ? { hopelessDeadlines } : {},
  });
  await t.ended(await t.generate(MODEL, { request }));
  const jobs = Array.from({ length: 60 }, () => ({ model: MODEL, request }));
  await t.query(BATCH, { input: { jobs } });
  return t;
}

const soon = () => new Date(Date.now() + 20_000).toISOString();
const input = () => ({ model: MODEL, request, deadline: soon() });

it('is refused with when the job should end, where that is set; one in time is taken', async () => {
  await using t = await busy('refuse');
  const { submitJob: refused } = await t.query(SUBMIT, { input: input() });
  expect(refused).toMatchObject({ __typename: 'HopelessDeadlineError', code: 'DEADLINE_HOPELESS' });
  expect(Date.parse(refused.expectedEnd)).toBeGreaterThan(Date.parse(refused.deadline));
  expect(refused.message).toMatch(/^The job should end .* after its deadline/);
  expect((await t.query(BATCH, { input: { jobs: [input()] } })).submitBatch.code).toBe('DEADLINE_HOPELESS');
  const urgent = { ...input(), priority: 'HIGH' };
  expect((await t.query(SUBMIT, { input: urgent })).submitJob.__typename).toBe('SubmitJobPayload');
  const drop = await fetch(new URL('/api/generate', t.app.url), {
    method: 'POST',
    headers: { 'x-deadline': soon() },
    body: JSON.stringify({ model: MODEL, prompt: 'x' }),
  });
  expect(drop.status).toBe(504);
  expect(await drop.text()).toContain('after its deadline');
});

it('is told in the explanation of the waiting job, where nothing is set', async () => {
  await using t = await busy();
  const { job } = await t.submit(input());
  const { waiting } = await t.jobWhen(job.id, ({ waiting }) => waiting?.explanation.includes('deadline'));
  expect(waiting.explanation).toMatch(/It should end .* after its deadline\.$/);
});

it('is left alone, where that is set', async () => {
  await using t = await busy('ignore');
  const { job } = await t.submit(input());
  const { waiting } = await t.jobWhen(job.id, ({ waiting }) =>
    waiting?.explanation.includes('It should start'),
  );
  expect(waiting.explanation).not.toContain('deadline');
});
