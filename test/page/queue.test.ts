/** The queue: its order, what is found in it, and what is done to many at once. */
import { expect, test } from 'vitest';
import { systemClock } from '../../src/clock.ts';
import { TestApp } from '../app/test-app.ts';
import { eventually } from '../support/eventually.ts';
import { useBrowser } from './support/open-page.ts';

const open = useBrowser();

test('shows who waits in the order of their starts, live, and changes many at once', async () => {
  await using t = await TestApp.start();
  await t.query('mutation { pauseScheduler { __typename } }');
  const { page, requests } = await open(t.app.url, '/queue');
  await page.getByText('Nobody waits.').waitFor();
  const before = requests.length;
  for (const suite of ['mmlu', 'mmlu', 'demo'])
    await t.generate('gemma:2b', { labels: [{ key: 'suite', value: suite }] });
  const high = await t.generate('qwen2.5:0.5b', { priority: 'HIGH' });
  await page.getByText('4 jobs waiting').waitFor();
  await page.locator('.waiting-row .reason', { hasText: 'scheduler paused' }).nth(3).waitFor();
  expect(requests.slice(before)).toEqual([]);

  await page.getByLabel('Priority').selectOption('HIGH');
  await page.getByText('1 job found').waitFor();
  expect(await page.locator('.waiting-row').getAttribute('data-id')).toBe(high);
  await page.getByLabel('Priority').selectOption('');

  await page.getByLabel('Search the queue').fill('mmlu');
  await page.getByText('2 jobs found').waitFor();
  await page.getByRole('button', { name: 'Make low priority for 2 jobs' }).click();
  await page.locator('.priority.is-low').nth(1).waitFor();
  await page.getByRole('button', { name: 'Cancel 2 jobs' }).click();
  await page.getByRole('dialog').getByRole('button', { name: 'Cancel' }).click();
  await page.getByText('None of these waits.').waitFor();
  await page.getByLabel('Search the queue').fill('');
  await page.getByText('2 jobs waiting').waitFor();

  await page.getByRole('checkbox', { name: /on gemma:2b/ }).check();
  await page.getByRole('button', { name: 'Make high priority for 1 job' }).click();
  await page.locator('.priority.is-high').nth(1).waitFor();
  await page.getByRole('button', { name: 'Resume starting jobs' }).click();
  await page.getByText('Nobody waits.').waitFor();
  const { jobs } = await t.query('{ jobs(first: 10) { nodes { status } } }');
  await eventually(
    async () => (await t.query('{ stats { counts { complete cancelled } } }')).stats.counts,
    ({ complete, cancelled }) => complete === 2 && cancelled === 2,
  );
  expect(jobs.nodes).toHaveLength(4);
});

test('jobs that failed are queued again, those that are marked or all', async () => {
  await using t = await TestApp.start();
  await t.query('mutation { pauseScheduler { __typename } }');
  const deadline = new Date(systemClock.now() + 1_000).toISOString();
  const late = await Promise.all([1, 2, 3].map(() => t.generate('gemma:2b', { deadline })));
  for (const id of late) expect((await t.ended(id)).status).toBe('FAILED');
  const { page } = await open(t.app.url, '/queue');
  await page.getByText('3 jobs failed').waitFor();
  await page.getByRole('checkbox', { name: 'Mark the failed job' }).first().check();
  await page.getByRole('button', { name: 'Try again 1 failed job' }).click();
  await page.getByText('1 job queued again.').waitFor();
  await page.getByText('2 jobs failed').waitFor();
  await page.getByRole('button', { name: 'Try again 2 failed jobs' }).click();
  await page.getByRole('dialog').getByRole('button', { name: 'Try again' }).click();
  await page.getByText('2 jobs queued again.').waitFor();
  await page.getByText('3 jobs waiting').waitFor();
});
