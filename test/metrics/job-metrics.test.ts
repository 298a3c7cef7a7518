/** What is counted of jobs by what the store commits, and by the beginning of their answers. */
import { Registry } from 'prom-client';
import { expect, test } from 'vitest';
import type { FailureCode } from '../../src/domain/errors.ts';
import type { Job, JobAttempt, JobStatus } from '../../src/domain/job.ts';
import { BoundedLabel } from '../../src/metrics/bounded-label.ts';
import { ExecutionMetrics } from '../../src/metrics/execution-metrics.ts';
import { JobMetrics } from '../../src/metrics/job-metrics.ts';

const tried = (number: number, code: FailureCode | null): JobAttempt => ({
  number,
  backend: 'box',
  startedAt: 0,
  finishedAt: 1,
  failure: code === null ? null : { code, message: 'It failed.', retryable: true },
});

const job = (changes: Partial<Job>) =>
  ({
    modelName: 'm',
    priority: 'NORMAL',
    history: [],
    createdAt: 1_000,
    startedAt: null,
    finishedAt: null,
    failure: null,
    ...changes,
  }) as Job;

test.each<[string, JobStatus, JobStatus, readonly JobAttempt[], string | null]>([
  ['a run that is tried again', 'RUNNING', 'PENDING', [tried(3, 'ENGINE_DIED')], 'ENGINE_DIED'],
  ['the last run of a job', 'RUNNING', 'FAILED', [tried(3, 'BACKEND_ERROR')], 'BACKEND_ERROR'],
  [
    'a run that never reached its backend, after one that did',
    'RUNNING',
    'PENDING',
    [tried(2, 'ENGINE_DIED')],
    null,
  ],
  ['a run without an attempt', 'RUNNING', 'PENDING', [], null],
  ['a job past its deadline', 'RUNNING', 'FAILED', [tried(3, 'DEADLINE_EXCEEDED')], null],
  ['a stop of the server', 'RUNNING', 'PENDING', [tried(3, 'INTERRUPTED')], null],
  ['a run that was cancelled', 'RUNNING', 'CANCELLED', [tried(3, null)], null],
  ['a job that was cancelled while it waited', 'PENDING', 'CANCELLED', [tried(3, 'ENGINE_DIED')], null],
])('errors of backends: %s', async (_what, previousStatus, status, history, code) => {
  const registry = new Registry();
  const metrics = new JobMetrics(registry, new BoundedLabel());
  metrics.jobsChanged([{ job: job({ status, history, fence: 3 }), previousStatus }]);
  const found = [...(await registry.metrics()).matchAll(/backend_errors_total\{(.*)\} (\d+)/g)].map(
    ([, labels, count]) => `${labels} ${count}`,
  );
  expect(found).toEqual(code === null ? [] : [`backend="box",code="${code}" 1`]);
});

test('a run that is not the first counts from its start alone', async () => {
  const registry = new Registry();
  const metrics = new ExecutionMetrics(registry, new BoundedLabel());
  metrics.answerBegan(job({ startedAt: 3_000 }), 3_500);
  metrics.answerBegan(job({ startedAt: 9_000, history: [tried(1, 'ENGINE_DIED')] }), 10_000);
  const text = await registry.metrics();
  expect(text).toContain('vramkeeper_first_token_seconds_sum{model="m"} 2.5\n');
  expect(text).toContain('vramkeeper_first_token_seconds_count{model="m"} 1\n');
  expect(text).toContain('vramkeeper_first_token_after_start_seconds_sum{model="m"} 1.5\n');
});
