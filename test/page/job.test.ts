/** One job, followed: its reason, its tokens, its end. */
import type { Page } from 'playwright-core';
import { describe, expect, test } from 'vitest';
import { TestApp } from '../app/test-app.ts';
import { eventually } from '../support/eventually.ts';
import { useBrowser } from './support/open-page.ts';

const open = useBrowser();

const shown = (page: Page) => page.locator('[data-output]').textContent();

async function submit(t: TestApp, maxTokens: number, more: object = {}): Promise<string> {
  const request = { generate: { prompt: 'Tell me of the tides.', options: { maxTokens, seed: 3 } } };
  return (await t.submit({ model: 'gemma:2b', request, ...more })).job.id;
}

describe('a job', () => {
  test('is followed from its wait to its end, and its tokens are its result', async () => {
    await using t = await TestApp.start({ backend: { parallel: 1 }, ollama: { tokensPerSecond: 4 } });
    const first = await submit(t, 400);
    await t.jobWhen(first, ({ status }) => status === 'RUNNING');
    const id = await submit(t, 120);
    const { page, requests } = await open(t.app.url, `/jobs/${id}`);
    await page.getByText('pending').waitFor();
    await page.locator('.note .reason').waitFor();
    const before = requests.length;
    await t.query('mutation { pauseScheduler { __typename } }');
    await page.locator('.note .reason', { hasText: 'scheduler paused' }).waitFor();
    await t.query('mutation { resumeScheduler { __typename } }');
    await t.query('mutation ($id: ID!) { cancelJob(input: { id: $id }) { __typename } }', { id: first });
    await page.getByText('running').first().waitFor();
    await eventually(
      () => shown(page),
      (text) => (text?.length ?? 0) > 20,
    );
    expect(requests.slice(before)).toEqual([]);
    await page.getByText('complete').first().waitFor();
    const { result } = await t.job(id);
    await eventually(
      () => shown(page),
      (text) => text === result.text,
    );
    await page.getByText(`${result.usage.completionTokens} produced`).waitFor();
    await page.getByRole('list', { name: 'What it waited for' }).getByRole('listitem').first().waitFor();
    await page.getByText('What it was asked').click();
    await page.getByText('Tell me of the tides.').waitFor();
  });

  test('in the middle of its answer, loaded again, goes on', async () => {
    await using t = await TestApp.start({ ollama: { tokensPerSecond: 3 } });
    const id = await submit(t, 150);
    const { page } = await open(t.app.url, `/jobs/${id}`);
    const seen = await eventually(
      () => shown(page),
      (text) => (text?.length ?? 0) > 20,
    );
    await page.reload();
    await page.getByText('complete').first().waitFor();
    const { result } = await t.job(id);
    await eventually(
      () => shown(page),
      (text) => text === result.text,
    );
    expect(result.text.startsWith(seen)).toBe(true);
  });

  test('is raised, cancelled and run again by its buttons', async () => {
    await using t = await TestApp.start({ ollama: { tokensPerSecond: 0.1 } });
    await t.query('mutation { pauseScheduler { __typename } }');
    const id = await submit(t, 50);
    const { page } = await open(t.app.url, `/jobs/${id}`);
    await page.getByRole('button', { name: 'Raise' }).click();
    await page.getByText('high').waitFor();
    expect((await t.query('query ($id: ID!) { job(id: $id) { priority } }', { id })).job.priority).toBe(
      'HIGH',
    );
    await page.getByRole('button', { name: 'Cancel' }).click();
    await page.getByText('cancelled').first().waitFor();
    await page.getByRole('button', { name: 'Run again' }).click();
    await page.getByText('pending').first().waitFor();
  });

  test('that was cancelled meanwhile says so where that is tried again', async () => {
    await using t = await TestApp.start({ ollama: { tokensPerSecond: 0.1 } });
    const id = await submit(t, 50);
    await t.jobWhen(id, ({ status }) => status === 'RUNNING');
    const { page } = await open(t.app.url, `/jobs/${id}`);
    await page.getByRole('button', { name: 'Cancel' }).click();
    await page.getByRole('dialog').getByRole('button', { name: 'Cancel' }).waitFor();
    await t.query('mutation ($id: ID!) { cancelJob(input: { id: $id }) { __typename } }', { id });
    await page.getByText('cancelled').first().waitFor();
    expect(await page.getByRole('button', { name: 'Run again' }).count()).toBe(1);
  });
});

const HOSTILE = [
  '<script>window.hacked = 1</script>',
  '<img src=x onerror="window.hacked = 1">',
  '"><svg onload=window.hacked=1>',
  'javascript:window.hacked=1',
  '{{constructor.constructor("window.hacked=1")()}}',
];

test('names and labels are text, whatever is in them', async () => {
  await using t = await TestApp.start({ ollama: { tokensPerSecond: 0.1 } });
  const labels = HOSTILE.map((value, index) => ({ key: `k${index}`, value }));
  const id = await submit(t, 50, { labels });
  await t.query(
    'mutation ($owner: String!) { reserveVram(input: { bytes: 1073741824, owner: $owner }) { __typename } }',
    {
      owner: HOSTILE[1],
    },
  );
  const { page } = await open(t.app.url, `/jobs/${id}`);
  for (const text of HOSTILE) await page.getByText(text).first().waitFor();
  await page.goto(`${t.app.url}/#/reservations`);
  await page
    .getByText(HOSTILE[1] ?? '')
    .first()
    .waitFor();
  expect(await page.evaluate('window.hacked')).toBeUndefined();
  expect(await page.locator('img').count()).toBe(0);
});
