/** What holds on every page: usable by all, in both schemes, on a phone as on a wall. */
import type { Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { axeViolations } from './support/axe.ts';
import { type FullApp, fullApp } from './support/full-app.ts';
import { useBrowser } from './support/open-page.ts';

const open = useBrowser();
let full: FullApp;
beforeAll(async () => {
  full = await fullApp();
});
afterAll(() => full?.[Symbol.asyncDispose]());

/** Each with what shows that it has its data. */
const PAGES: readonly (readonly [name: string, path: () => string, sign: string])[] = [
  ['overview', () => '/', '.segment.is-ready'],
  ['queue', () => '/queue', '.waiting-row'],
  ['a running job', () => `/jobs/${full.runningId}`, '[data-output]:not(:empty)'],
  ['a waiting job', () => `/jobs/${full.waitingId}`, '.note'],
  ['a job that is done', () => `/jobs/${full.doneId}`, '.facts >> text=Tokens'],
  ['a job that failed', () => `/jobs/${full.failedId}`, '.note.is-bad'],
  ['batches', () => '/batches', '.batch-row'],
  ['a batch', () => `/batches/${full.batchId}`, '.batch-jobs a'],
  ['a comparison that is set up', () => '/compare', '.compare-models li'],
  ['a new chat', () => '/chat', '.composer'],
  ['models', () => '/models', '.model-where >> text=ready'],
  ['reservations', () => '/reservations', '.verdict'],
  ['history', () => '/history', '.chart-frame'],
  ['decisions', () => '/decisions', '.decision'],
  ['clients', () => '/clients', '.share'],
  ['workers', () => '/workers', '.facts'],
];

/** What stands out to the side, where one can scroll there. */
async function sideways(page: Page): Promise<readonly string[]> {
  return page.evaluate(`(window.scrollTo(10_000, 0), window.scrollX === 0) ? [] : [...document.querySelectorAll('*')]
    .filter((element) => element.getBoundingClientRect().right > innerWidth - window.scrollX)
    .map(({ tagName, className }) => tagName + ' ' + className)`);
}

describe.each(PAGES)('%s', (_name, path, sign) => {
  test('can be used by everybody, in light and dark, on a phone and on a wall', async () => {
    const { page } = await open(full.t.app.url, path(), { reducedMotion: 'reduce' });
    await page.locator(sign).first().waitFor();
    await page.locator('.skeleton').first().waitFor({ state: 'detached' });
    for (const width of [1400, 360]) {
      await page.setViewportSize({ width, height: 800 });
      for (const colorScheme of ['light', 'dark'] as const) {
        await page.emulateMedia({ colorScheme });
        expect(await axeViolations(page), `${colorScheme}, ${width} px`).toEqual([]);
        expect(await sideways(page), `${colorScheme}, ${width} px`).toEqual([]);
      }
    }
    for (const fold of await page.locator('summary').all()) await fold.click();
    expect(await sideways(page), 'with all unfolded').toEqual([]);
  });
});

test('the keys go everywhere', async () => {
  const { page } = await open(full.t.app.url);
  await page.locator('.segment.is-ready').first().waitFor();
  for (const [letter, sign] of [
    ['q', 'text=By model'],
    ['b', '.batch-row'],
    ['p', '.compare-models li'],
    ['c', '.composer'],
    ['m', '.model'],
    ['r', 'text=Workers that would fit'],
    ['h', '.chart-frame'],
    ['d', '.decision'],
    ['l', '.share'],
    ['w', '.facts'],
    ['o', '.tiles'],
  ] as const) {
    await page.keyboard.press('g');
    await page.keyboard.press(letter);
    await page.locator(sign).first().waitFor();
    // One writes in a chat at once: letters are the text's.
    if (letter === 'c') await page.locator('#main').focus();
  }
  await page.keyboard.press('?');
  await page.getByRole('dialog', { name: 'Keys' }).waitFor();
  await page.keyboard.press('Escape');
  await page.getByRole('dialog', { name: 'Keys' }).waitFor({ state: 'hidden' });
  await page.locator('[data-row]').nth(1).waitFor();
  await page.keyboard.press('j');
  await page.keyboard.press('j');
  await page.keyboard.press('k');
  const first = await page.locator('[data-row]').first().getAttribute('href');
  await page.keyboard.press('Enter');
  await page.getByText('Time line').waitFor();
  expect(page.url().endsWith(first ?? 'no row')).toBe(true);
  await page.keyboard.press('g');
  await page.keyboard.press('m');
  await page.locator('.model').first().waitFor();
  await page.keyboard.press('/');
  await page.keyboard.type('gmail');
  await page.getByText('There is no such model.').waitFor();
  await page.keyboard.press('Escape');
  await page.locator('.model').first().waitFor();
});

test('the menu marks the page that one is in', async () => {
  const { page } = await open(full.t.app.url, `/batches/${full.batchId}`);
  await page.locator('.batch-jobs a').first().waitFor();
  const current = () => page.locator('.menu-row [aria-current=page]').allTextContents();
  expect(await current()).toEqual(['Batches']);
  await page.goto(`${full.t.app.url}/#/models`);
  await page.locator('.model').first().waitFor();
  expect(await current()).toEqual(['Models']);
});

test('what is not there is said', async () => {
  const { page } = await open(full.t.app.url, '/jobs/job_00000000000000000000000000');
  await page.getByText('There is no such job').waitFor();
  await page.goto(`${full.t.app.url}/#/nowhere`);
  await page.getByText('There is no such page.').waitFor();
});
