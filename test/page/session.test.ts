/** Who looks, and what becomes of the page when the server is away. */
import type { Locator } from 'playwright-core';
import { describe, expect, test } from 'vitest';
import { createApp } from '../../src/app.ts';
import { systemClock } from '../../src/clock.ts';
import { createLoggerOn } from '../../src/telemetry/logger.ts';
import { attached, TestApp, testConfig } from '../app/test-app.ts';
import { useBrowser } from './support/open-page.ts';

const open = useBrowser();
const KEY = 'key-of-ann-0123456789';
const KEYS = [
  { name: 'ann', key: KEY, admin: true, maxPriority: 'HIGH' as const },
  { name: 'bob', key: 'key-of-bob-0123456789', admin: false, maxPriority: 'NORMAL' as const },
];

/** Also of a phone. */
async function oneLine(word: Locator): Promise<boolean> {
  const [one, other] = [await word.boundingBox(), await word.page().getByLabel('Keys').first().boundingBox()];
  return one !== null && other !== null && Math.abs(one.height - other.height) < 2;
}

describe('a server with keys', () => {
  test('is shown once a key is given, and asked for it again where it is not known', async () => {
    await using t = await TestApp.start({ config: { keys: KEYS } });
    const { page, requests } = await open(t.app.url);
    await page.getByText('This server asks for a key.').waitFor();
    await page.getByLabel('Key', { exact: true }).fill('no-such-key-0123456789');
    await page.getByRole('button', { name: 'Use this key' }).click();
    await page.getByText('The server does not know this key.').waitFor();
    await page.getByLabel('Key', { exact: true }).fill(KEY);
    await page.getByRole('button', { name: 'Use this key' }).click();
    await page.getByText('Memory of ollama').waitFor();
    expect(await page.getByText('Live').count()).toBe(1);
    await page.reload();
    await page.getByText('Memory of ollama').waitFor();
    expect(requests.filter((url) => url.includes('key-of-ann'))).toEqual([]);
    expect(await page.context().cookies()).toEqual([]);
    expect(await page.evaluate('JSON.stringify(localStorage)')).not.toContain(KEY);
    await page.getByRole('button', { name: 'Forget key' }).click();
    await page.getByText('This server asks for a key.').waitFor();
  });

  test('shows nobody but administrators what only they may do', async () => {
    await using t = await TestApp.start({ config: { keys: KEYS } });
    const { page } = await open(t.app.url);
    await page.getByLabel('Key', { exact: true }).fill('key-of-bob-0123456789');
    await page.getByRole('button', { name: 'Use this key' }).click();
    await page.getByText('Memory of ollama').waitFor();
    expect(await page.getByRole('link', { name: 'Workers' }).count()).toBe(0);
  });

  test('that lets in without one takes one all the same', async () => {
    const anonymous = { scopes: ['READ_OWN'], maxPriority: 'LOW' } as const;
    await using t = await TestApp.start({ config: { keys: KEYS, anonymous } });
    const { page } = await open(t.app.url);
    await page.getByText('Memory of ollama').waitFor();
    await page.getByRole('button', { name: 'Use a key' }).click();
    await page.getByRole('button', { name: 'Go on without a key' }).click();
    await page.getByText('Memory of ollama').waitFor();
    await page.getByRole('button', { name: 'Use a key' }).click();
    await page.getByLabel('Key', { exact: true }).fill(KEY);
    await page.keyboard.press('Enter');
    await page.getByRole('link', { name: 'Workers' }).waitFor();
    expect(await page.getByRole('button', { name: 'Use a key' }).count()).toBe(0);
    await page.setViewportSize({ width: 360, height: 780 });
    expect(await oneLine(page.getByRole('button', { name: 'Forget key' }))).toBe(true);
    await page.getByRole('button', { name: 'Forget key' }).click();
    expect(await oneLine(page.getByRole('button', { name: 'Use a key' }))).toBe(true);
  });

  test('that lets everybody do all is asked for no key', async () => {
    const anonymous = { scopes: ['ADMIN'], maxPriority: 'HIGH' } as const;
    await using t = await TestApp.start({ config: { keys: KEYS, anonymous } });
    const { page } = await open(t.app.url);
    await page.getByRole('link', { name: 'Workers' }).waitFor();
    expect(await page.getByRole('button', { name: 'Use a key' }).count()).toBe(0);
  });
});

test('a server that is started again is shown again, without what is gone', async () => {
  await using t = await TestApp.start();
  await t.query('mutation { loadModel(input: { model: "gemma:2b" }) { __typename } }');
  const { page } = await open(t.app.url);
  await page.locator('.segment[data-model="gemma:2b"]').waitFor();
  const port = Number(new URL(t.app.url).port);
  await t.app.stop({ graceMs: 0 });
  await page.getByText('Lost', { exact: true }).waitFor();
  await page.getByRole('alert').getByText('Connection lost.').waitFor();
  // What counts is not announced each second.
  expect(await page.getByRole('alert').textContent()).toBe('Connection lost. Trying again.');
  expect(await page.getByText(/^What you see is \d+(\.\d)? s old\.$/).count()).toBe(1);
  expect(await page.locator('main.stale').count()).toBe(1);
  t.ollama.core.memory.setForeign(0, 0);
  await fetch(`${t.ollama.url}/api/generate`, {
    method: 'POST',
    body: JSON.stringify({ model: 'gemma:2b', keep_alive: 0 }),
  });
  const again = createApp(testConfig(t.dataDir, [attached(t.ollama.url)], { port }), {
    clock: systemClock,
    logger: createLoggerOn({ write: () => {} }, 'silent', systemClock),
  });
  await again.start();
  try {
    await page.getByText('Live', { exact: true }).waitFor();
    await page.getByText('No model is in memory.').waitFor();
    expect(await page.locator('main.stale').count()).toBe(0);
  } finally {
    await again.stop({ graceMs: 0 });
  }
});
