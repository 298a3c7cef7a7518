/** What is asked before something is destroyed stands as it was put, whatever happens on the server until it is answered. */
import type { Page } from 'playwright-core';
import { describe, expect, test } from 'vitest';
import { TestApp } from '../app/test-app.ts';
import { eventually } from '../support/eventually.ts';
import { useBrowser } from './support/open-page.ts';

const open = useBrowser();
const CANCEL = 'mutation ($id: ID!) { cancelJob(input: { id: $id }) { __typename } }';
const counts = async (t: TestApp) =>
  (await t.query('{ stats { counts { cancelled pending } } }')).stats.counts;
const mark = (page: Page, id: string) => page.locator(`.waiting-row[data-id="${id}"] input`).check();

async function found(t: TestApp, jobs: number) {
  await t.query('mutation { pauseScheduler { __typename } }');
  const ids: string[] = [];
  for (let job = 0; job < jobs; job += 1)
    ids.push(await t.generate('gemma:2b', { labels: [{ key: 'suite', value: 'mmlu' }] }));
  const { page } = await open(t.app.url, '/queue');
  await page.getByLabel('Search the queue').fill('mmlu');
  await page.getByText(`${jobs} jobs found`).waitFor();
  return { page, ids };
}

describe('of marked jobs', () => {
  test('a question is about those that were marked, also once they wait no longer', async () => {
    await using t = await TestApp.start();
    const { page, ids } = await found(t, 4);
    const [first = ''] = ids;
    await mark(page, first);
    await page.getByRole('button', { name: 'Cancel 1 job' }).click();
    await page.getByRole('dialog', { name: 'Cancel 1 job?' }).waitFor();
    await t.query(CANCEL, { id: first });
    await page.getByText('3 jobs found').waitFor();
    await page.getByRole('dialog', { name: 'Cancel 1 job?' }).getByRole('button', { name: 'Cancel' }).click();
    await page.getByRole('dialog').waitFor({ state: 'detached' });
    await eventually(
      () => page.locator('.bulk').textContent(),
      (text) => text?.includes('3 jobs') ?? false,
    );
    expect(await counts(t)).toEqual({ cancelled: 1, pending: 3 });
  });

  test('none that waits is not all that were found', async () => {
    await using t = await TestApp.start();
    const { page, ids } = await found(t, 3);
    const [first = ''] = ids;
    await mark(page, first);
    await t.query(CANCEL, { id: first });
    await page.getByText('The marked jobs wait no longer.').waitFor();
    expect(await page.getByRole('button', { name: 'Cancel' }).count()).toBe(0);
    await page.getByRole('button', { name: 'Unmark them' }).click();
    await page.getByRole('button', { name: 'Cancel 2 jobs' }).waitFor();
  });

  test('none is marked under another search', async () => {
    await using t = await TestApp.start();
    const { page, ids } = await found(t, 2);
    await mark(page, ids[0] ?? '');
    await page.getByRole('button', { name: 'Cancel 1 job' }).waitFor();
    await page.getByLabel('Search the queue').fill('gemma');
    await page.getByRole('button', { name: 'Cancel 2 jobs' }).waitFor();
  });
});

test('a refusal is told once, by the button that was pressed', async () => {
  await using t = await TestApp.start();
  const { page } = await found(t, 2);
  await page.route(/graphql/, (route) => route.abort());
  await page.getByRole('button', { name: 'Make low priority' }).click();
  await page.locator('.bulk [role=alert]').waitFor();
  expect(await page.locator('.bulk [role=alert]').count()).toBe(1);
});

test('what was too much for one go is told', async () => {
  await using t = await TestApp.start();
  const { page } = await found(t, 2);
  await page.route(/graphql/, (route) =>
    route.fulfill({
      json: {
        data: {
          updateJobPriorities: { __typename: 'UpdateJobPrioritiesPayload', changed: 100_000, more: true },
        },
      },
    }),
  );
  await page.getByRole('button', { name: 'Make low priority' }).click();
  await page.getByText('Done to the first 100,000. There are others').waitFor();
});

test('a question about an instance stands when its job ends, and does what it says', async () => {
  await using t = await TestApp.start({ ollama: { tokensPerSecond: 2 } });
  const id = await t.generate('gemma:2b', {
    request: { generate: { prompt: 'Tell me everything.', options: { maxTokens: 2_000 } } },
  });
  await t.jobWhen(id, ({ status }) => status === 'RUNNING');
  const { page } = await open(t.app.url);
  await page.getByRole('button', { name: 'Unload gemma:2b' }).click();
  const question = page.getByRole('dialog', { name: 'Unload gemma:2b?' });
  await question.waitFor();
  await t.query(CANCEL, { id });
  await page.getByText('0 of 2', { exact: true }).waitFor();
  await question.getByRole('button', { name: 'Unload' }).click();
  await page.getByText('No model is in memory.').waitFor();
});
