/** What a whole server foresees of a batch before it is sent: known, unknown, paused, too much, wrong. */
import { expect, test } from 'vitest';
import { TestApp } from './test-app.ts';

const PREVIEW = `query ($input: SubmitBatchInput!) { previewBatch(input: $input) {
  jobs loads unloads expectedStart expectedEnd explanation issues { path message }
  models { modelName contextLength jobs loads inMemory expectedStart expectedEnd problem } } }`;

const jobs = (model: string, count: number) =>
  Array.from({ length: count }, (_, i) => ({
    model,
    request: { generate: { prompt: `Number ${i}.`, options: { maxTokens: 8 } } },
  }));

test('a batch is foreseen by what is known, with what would be wrong with it, and none of it is queued', async () => {
  await using t = await TestApp.start({
    config: {
      queueLimit: 60,
      clients: { others: { weight: 1, maxRunning: null, maxQueued: 40 }, named: new Map() },
    },
  });
  const preview = async (all: readonly object[]) =>
    (await t.query(PREVIEW, { input: { jobs: all } })).previewBatch;

  const fresh = await preview([...jobs('gemma:2b', 4), ...jobs('qwen2.5:0.5b', 4)]);
  expect(fresh).toMatchObject({ jobs: 8, loads: 2, unloads: [], expectedEnd: null, issues: [] });
  expect(fresh.explanation).toContain('8 jobs on 2 models: at least 2 loads.');
  expect(fresh.explanation).toContain('No job of gemma:2b or qwen2.5:0.5b has ended yet: nobody');

  for (const model of ['gemma:2b', 'qwen2.5:0.5b']) await t.ended(await t.generate(model));
  const known = await preview([...jobs('gemma:2b', 10), ...jobs('qwen2.5:0.5b', 10)]);
  expect(known).toMatchObject({ jobs: 20, loads: 0, unloads: [], issues: [] });
  expect(known.explanation).toMatch(
    /^20 jobs on 2 models: nothing has to be loaded\. The first should start at once\. The last should be done /,
  );
  expect(Date.parse(known.expectedEnd)).toBeGreaterThan(Date.parse(known.expectedStart));
  expect(known.models).toHaveLength(2);
  for (const one of known.models)
    expect(one).toMatchObject({ jobs: 10, loads: 0, inMemory: true, contextLength: null, problem: null });
  const [longer] = (
    await preview(
      jobs('gemma:2b', 10).map(({ model, request }) => ({
        model,
        request: { generate: { ...request.generate, options: { contextLength: 8_192 } } },
      })),
    )
  ).models;
  expect(longer).toMatchObject({ contextLength: 8_192, inMemory: false, loads: 1 });

  const wrong = await preview([...jobs('gemma:2b', 45), ...jobs('nowhere', 1)]);
  expect(wrong).toMatchObject({ jobs: 45, loads: 0 });
  expect(wrong.issues).toEqual([
    {
      path: ['jobs', '45', 'model'],
      message: expect.stringContaining('No backend has a model named "nowhere"'),
    },
    {
      path: ['jobs'],
      message: expect.stringMatching(/^are 45, and the queue has room for 40 now\. Of .+ at most 40 jobs/),
    },
  ]);
  expect((await preview(jobs('gemma:2b', 70))).issues).toHaveLength(1);
  const nothing = await preview(jobs('nowhere', 1));
  expect(nothing).toMatchObject({
    jobs: 0,
    models: [],
    explanation: 'None of the jobs can be queued as it is.',
  });

  await t.query('mutation { pauseScheduler { __typename } }');
  const paused = await preview(jobs('gemma:2b', 3));
  expect(paused).toMatchObject({ expectedStart: null, expectedEnd: null });
  expect(paused.explanation).toContain('The scheduler is paused');
  const { jobs: all } = await t.query('{ jobs(first: 1) { totalCount } }');
  expect(all.totalCount).toBe(2);
});
