/** The frame around the pages: what it says where the server or a part of the page is not to be had, and its keys. */
import { describe, expect, test } from 'vitest';
import { TestApp } from '../app/test-app.ts';
import { useBrowser } from './support/open-page.ts';

const open = useBrowser();
const KEY = 'key-of-bob-0123456789';
const KEYS = [{ name: 'bob', key: KEY, admin: false, maxPriority: 'NORMAL' as const }];

test('a server that was never heard cannot be reached, which is no age of what is seen', async () => {
  await using t = await TestApp.start();
  const { page } = await open(t.app.url);
  await page.getByText('Memory of ollama').waitFor();
  await page.routeWebSocket(/graphql/, (socket) => socket.close({ code: 1013 }));
  await page.reload();
  await page.getByRole('alert').getByText('The server cannot be reached.').waitFor();
  expect(await page.getByText('What you see is').count()).toBe(0);
});

test('a page whose code did not come can be loaded again', async () => {
  await using t = await TestApp.start();
  const { page } = await open(t.app.url);
  await page.getByText('Memory of ollama').waitFor();
  await page.route(/assets\/models/, (route) => route.abort());
  await page.locator('.menu-row').getByText('Models').click();
  await page.getByText('This part of the page did not come.').waitFor();
  await page.unroute(/assets\/models/);
  await page.getByRole('button', { name: 'Load the page again' }).click();
  await page.locator('.model').first().waitFor();
  expect(page.url()).toContain('#/models');
});

describe('with keys', () => {
  test('the same key, given again, is tried again', async () => {
    await using t = await TestApp.start({ config: { keys: KEYS } });
    const { page } = await open(t.app.url);
    await page.getByText('This server asks for a key.').waitFor();
    for (const _ of ['first', 'second', 'third']) {
      await page.getByLabel('Key', { exact: true }).fill('no-such-key-0123456789');
      const socket = page.waitForEvent('websocket');
      await page.getByRole('button', { name: 'Use this key' }).click();
      await socket;
      await page.getByText('The server does not know this key.').waitFor();
    }
  });

  test('who is no administrator is told of no page and no shortcut for administrators', async () => {
    await using t = await TestApp.start({ config: { keys: KEYS } });
    const { page } = await open(t.app.url);
    await page.getByLabel('Key', { exact: true }).fill(KEY);
    await page.getByRole('button', { name: 'Use this key' }).click();
    await page.getByText('Memory of ollama').waitFor();
    await page.keyboard.press('?');
    const help = page.getByRole('dialog', { name: 'Keys' });
    await help.getByText('Reservations').waitFor();
    expect(await help.getByText('Workers').count()).toBe(0);
    await page.keyboard.press('Escape');
    await page.keyboard.press('g');
    await page.keyboard.press('w');
    await page.keyboard.press('g');
    await page.keyboard.press('q');
    await page.getByText('By model').waitFor();
    expect(await page.evaluate('history.length')).toBeLessThanOrEqual(3);
  });
});

test('the keys work where a box has been ticked', async () => {
  await using t = await TestApp.start();
  await t.query('mutation { pauseScheduler { __typename } }');
  await t.generate('gemma:2b');
  const { page } = await open(t.app.url, '/queue');
  await page.locator('.waiting-row input').check();
  await page.keyboard.press('j');
  expect(await page.evaluate('document.activeElement.hasAttribute("data-row")')).toBe(true);
});

describe('the command that asks for a job', () => {
  test('is shown where the page may not copy it, and names the key where one is needed', async () => {
    await using t = await TestApp.start({
      config: { keys: [{ ...KEYS[0], name: 'bob', key: KEY, admin: true, maxPriority: 'HIGH' }] },
    });
    const { page } = await open(t.app.url);
    // As in a page that came over plain HTTP from another machine.
    await page.addInitScript('Object.defineProperty(navigator, "clipboard", { value: undefined })');
    await page.getByLabel('Key', { exact: true }).fill(KEY);
    await page.getByRole('button', { name: 'Use this key' }).click();
    await page.getByText('Memory of ollama').waitFor();
    const submitted = await fetch(t.app.graphqlUrl, {
      method: 'POST',
      headers: { 'content-type': 'application/json', authorization: `Bearer ${KEY}` },
      body: JSON.stringify({
        query:
          'mutation { submitJob(input: { model: "gemma:2b", request: { generate: { prompt: "Hi." } } }) { ... on SubmitJobPayload { job { id } } } }',
      }),
    });
    const { id } = ((await submitted.json()) as { data: { submitJob: { job: { id: string } } } }).data
      .submitJob.job;
    await page.goto(`${t.app.url}/#/jobs/${id}`);
    await page.reload();
    await page.getByRole('button', { name: 'Copy as curl' }).click();
    const command = await page.getByLabel('The command, to be copied').inputValue();
    expect(command).toContain(`${t.app.url}/graphql`);
    expect(command).toContain('-H "authorization: Bearer $VRAMKEEPER_KEY"');
    expect(command).not.toContain(KEY);
  });
});
