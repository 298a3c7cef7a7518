import { tmpdir } from 'node:os';
import { expect, test } from 'vitest';
import { TestApp } from '../app/test-app.ts';
import { run } from './support/program.ts';

test('export prints every job once, newest first, with its answer', async () => {
  await using server = await TestApp.start();
  const post = (path: string, body: object) =>
    fetch(new URL(path, server.app.url), {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(body),
    }).then((answer) => answer.text());
  const jobs = Array.from({ length: 103 }, () => ({
    model: 'not-loaded',
    request: { generate: { prompt: 'x' } },
  }));
  const model = 'qwen2.5:0.5b';
  await post('/graphql', { query: 'mutation { pauseScheduler { __typename } }' });
  const input = { jobs: jobs.map((job) => ({ ...job, model })) };
  await post('/graphql', {
    query: 'mutation ($input: SubmitBatchInput!) { submitBatch(input: $input) { __typename } }',
    variables: { input },
  });
  await post('/graphql', {
    query: 'mutation { cancelJobs(input: { jobs: { filter: { statuses: [PENDING] } } }) { __typename } }',
  });
  await post('/graphql', { query: 'mutation { resumeScheduler { __typename } }' });
  await post('/api/generate', { model, prompt: 'Why?', stream: false, options: { num_predict: 3 } });
  await post('/api/embed', { model: 'nomic-embed-text', input: 'Why?' });
  const { code, notes, out } = await run(['export'], {
    cwd: tmpdir(),
    env: { VRAMKEEPER_URL: server.app.url },
  });
  expect({ code, notes }).toEqual({ code: 0, notes: '105 jobs.\n' });
  const lines = out
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line));
  expect(new Set(lines.map(({ id }) => id)).size).toBe(105);
  expect(lines[0].result.embeddings[0].length).toBeGreaterThan(10);
  expect(lines[1].result.text.length).toBeGreaterThan(0);
  expect(lines.slice(2).every(({ status }) => status === 'CANCELLED')).toBe(true);
  const some = await run(['export', '--status', 'complete'], {
    cwd: tmpdir(),
    env: { VRAMKEEPER_URL: server.app.url },
  });
  expect(some.notes).toBe('2 jobs.\n');
});
