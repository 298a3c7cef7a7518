/** Comparisons in a browser: set up, foreseen, sent, seen to grow in two tabs, rated, saved; and what is refused, with what was typed kept. */
import { readFile } from 'node:fs/promises';
import type { Page } from 'playwright-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { DEFAULT_CATALOG } from '../../src/virtual-ollama/index.ts';
import { TestApp } from '../app/test-app.ts';
import { eventually } from '../support/eventually.ts';
import { axeViolations } from './support/axe.ts';
import { useBrowser } from './support/open-page.ts';
import { png } from './support/png.ts';

const open = useBrowser();
const SEEING = ['qwen2.5:0.5b', 'tinyllama:1.1b', 'smollm:1.7b', 'gemma:2b', 'phi3:mini'];
const ROOM = 60;
let t: TestApp;
beforeAll(async () => {
  const catalog = DEFAULT_CATALOG.map((model) =>
    SEEING.includes(model.name) ? { ...model, capabilities: ['completion', 'vision'] as const } : model,
  );
  t = await TestApp.start({
    ollama: { catalog, tokensPerSecond: 4, numParallel: 4 },
    config: { queueLimit: ROOM },
  });
});
afterAll(() => t?.[Symbol.asyncDispose]());

const picture = (name: string, buffer: Buffer) => ({ name, mimeType: 'image/png', buffer });
const send = (page: Page) => page.getByRole('button', { name: /^Send/ });
const question = (page: Page) => page.getByLabel('Question for every input');
const model = (page: Page, name: string) =>
  page.locator('.compare-models .check', { hasText: name }).locator('input');
const cell = (page: Page, place: string) => page.locator(`td[data-place="${place}"]`);

async function saved(page: Page, name: string): Promise<string> {
  const download = page.waitForEvent('download');
  await page.getByRole('button', { name, exact: true }).click();
  return readFile(await (await download).path(), 'utf8');
}

test('ten images for five models are foreseen, sent as a batch, seen to grow in two tabs, rated and saved', async () => {
  const { page } = await open(t.app.url, '/compare');
  await model(page, 'gemma:2b').waitFor();
  await question(page).fill('What is in this image?');
  await page.locator('summary', { hasText: 'System text' }).click();
  await page.getByLabel('Most tokens').fill('24');
  await page
    .getByLabel('Images')
    .setInputFiles([
      ...Array.from({ length: 9 }, (_, i) => picture(`part ${i + 1}.png`, png(i * 36))),
      picture('words.png', Buffer.from('no image at all')),
      picture('large.png', png(350, { width: 830, height: 830, noise: true })),
    ]);
  await page.getByRole('alert').filter({ hasText: 'words.png' }).waitFor();
  await page.locator('.compare-rows li').nth(9).waitFor();
  for (const name of SEEING) await model(page, name).check();
  await page.locator('.compare-tiles', { hasText: '50' }).waitFor();
  await page.getByText('50 jobs on 5 models: at least 5 loads.').waitFor();
  await page.reload();
  await page.locator('.compare-tiles', { hasText: '50' }).waitFor();
  expect(await question(page).inputValue()).toBe('What is in this image?');

  await send(page).click();
  await page.waitForURL(/compare\/bat_/);
  await page.locator('.answer-text.is-growing').first().waitFor();
  const second = await page.context().newPage();
  await second.goto(page.url());
  await page.reload();
  for (const tab of [page, second]) await tab.getByText('50 of 50 jobs done').waitFor();
  const id = page.url().split('/').at(-1);
  const { batch } = await t.query(
    'query ($id: ID!) { batch(id: $id) { kept jobs(first: 50) { nodes { metadata modelName result { ... on TextResult { text } } } } } }',
    { id },
  );
  expect(batch.kept).toBe(true);
  for (const { metadata, modelName, result } of [batch.jobs.nodes[0], batch.jobs.nodes[49]]) {
    expect(modelName).toBe(SEEING[metadata.column]);
    const shown = await eventually(
      () => cell(page, `${metadata.row}:${metadata.column}`).locator('.answer-text').textContent(),
      (text) => text === result.text,
    );
    expect(shown).toBe(result.text);
  }
  expect(await page.locator('.answer-text').count()).toBe(50);

  await cell(page, '0:0').getByRole('button', { name: '4 of 5' }).click();
  await cell(second, '0:0').locator('[aria-pressed="true"]').waitFor();
  await cell(second, '1:1').getByRole('button', { name: '2 of 5' }).click();
  await cell(page, '0:1').locator('.answer').click();
  const dialog = page.getByRole('dialog', { name: 'Answer of' });
  await dialog.getByLabel('Note').fill('Too short; "quoted", though.');
  await dialog.getByLabel('Beside').selectOption('gemma:2b');
  await dialog.locator('.difference mark').nth(1).waitFor();
  expect(await axeViolations(page)).toEqual([]);
  await page.keyboard.press('Escape');
  await dialog.waitFor({ state: 'detached' });
  await cell(second, '0:1').getByText('Too short').waitFor();
  await page.reload();
  await cell(page, '0:1').getByText('Too short').waitFor();
  await cell(page, '0:0').locator('[aria-label="4 of 5"][aria-pressed="true"]').waitFor();
  await cell(page, '1:1').locator('[aria-label="2 of 5"][aria-pressed="true"]').waitFor();

  const { answers, models } = JSON.parse(await saved(page, 'JSON'));
  expect([answers.length, models.length]).toEqual([50, 5]);
  expect(answers[0]).toMatchObject({
    row: 1,
    image: 'part 1.png',
    prompt: 'What is in this image?',
    stars: 4,
    tokens: 24,
  });
  const csv = await saved(page, 'CSV');
  expect(csv.match(/^\d+,What is in this image\?,/gm)).toHaveLength(50);
  expect(csv).toContain('"Too short; ""quoted"", though."');
  expect((await saved(page, 'Markdown')).match(/^### /gm)).toHaveLength(50);

  for (const width of [1400, 360]) {
    await page.setViewportSize({ width, height: 800 });
    for (const colorScheme of ['light', 'dark'] as const) {
      await page.emulateMedia({ colorScheme, reducedMotion: 'reduce' });
      expect(await axeViolations(page), `${colorScheme}, ${width} px`).toEqual([]);
      expect(await page.evaluate('(window.scrollTo(10_000, 0), window.scrollX)')).toBe(0);
    }
  }
  await page.getByRole('button', { name: 'Set up again' }).click();
  await page.locator('.compare-rows li').nth(9).waitFor();
  expect(await page.getByLabel('Most tokens').inputValue()).toBe('24');
  await page.locator('.batch-row', { hasText: 'What is in this image?' }).waitFor();
});

test('what is refused is said where it belongs, and nothing that was typed is lost', async () => {
  const { page } = await open(t.app.url, '/compare');
  await model(page, 'llama3.2:1b').waitFor();
  await page.getByLabel('Texts').setInputFiles({
    name: 'questions.csv',
    mimeType: 'text/csv',
    buffer: Buffer.from(
      `id,prompt\r\n${Array.from({ length: 31 }, (_, i) => `${i},"Why, ${i}?"\r\n`).join('')}`,
    ),
  });
  await page.locator('.compare-rows li').nth(30).waitFor();
  expect(await page.getByLabel('Text of input 31').inputValue()).toBe('Why, 30?');
  for (const name of ['llama3.2:1b', 'smollm:360m']) await model(page, name).check();
  await page
    .getByRole('alert')
    .filter({ hasText: `the queue has room for ${ROOM} now` })
    .waitFor();
  await page.getByLabel('Images').setInputFiles([picture('part.png', png(0))]);
  await page
    .locator('.compare-models li', { hasText: 'llama3.2:1b' })
    .locator('.refusal', { hasText: 'does not see images' })
    .waitFor();
  await send(page).click();
  await page.getByRole('alert').filter({ hasText: 'does not see images' }).last().waitFor();
  await page.getByRole('button', { name: 'Leave out input 32' }).click();
  await send(page).click();
  await page
    .locator('.action')
    .filter({ has: send(page) })
    .getByText(/queue/)
    .waitFor();
  await page.getByRole('button', { name: 'Leave out all' }).click();
  await page.getByLabel('Texts').setInputFiles({
    name: 'questions.txt',
    mimeType: 'text/plain',
    buffer: Buffer.from('Why, 0?\nWhy, 1?\n'),
  });
  await page.locator('.compare-rows li').nth(1).waitFor();
  await t.query('mutation { deleteModel(input: { model: "smollm:360m" }) { __typename } }');
  await page
    .locator('.compare-models li', { hasText: 'smollm:360m' })
    .getByText('not there any more')
    .waitFor();
  await send(page).click();
  await page
    .locator('.action')
    .filter({ has: send(page) })
    .getByText('No backend has a model named')
    .waitFor();
  await page.reload();
  expect(await page.getByLabel('Text of input 2').inputValue()).toBe('Why, 1?');
  await model(page, 'smollm:360m').click();
  await t.query('mutation { pauseScheduler { __typename } }');
  await send(page).click();
  await page.getByText('0 of 2 jobs done').waitFor();
  await page.getByRole('button', { name: /^Cancel/ }).click();
  await page.getByRole('button', { name: 'Cancel', exact: true }).click();
  await page.getByText('2 of 2 jobs done').waitFor();
  await t.query('mutation { resumeScheduler { __typename } }');
  await page.getByRole('button', { name: /^Run 2 cancelled jobs/ }).click();
  await page.locator('.answer-text').nth(1).waitFor();

  // More than fits into one message of a socket.
  await page.goto(`${t.app.url}/#/compare`);
  await page.getByLabel('Texts').setInputFiles({
    name: 'long.txt',
    mimeType: 'text/plain',
    buffer: Buffer.from(Array.from({ length: 12 }, (_, i) => `${i} ${'long '.repeat(10_000)}`).join('\n')),
  });
  for (const name of ['llama3.2:1b', 'qwen2.5:1.5b']) await model(page, name).check();
  await page.locator('.compare-tiles', { hasText: '24' }).waitFor();
  await page.getByText('24 jobs on 2 models').waitFor();
  await page.goto(`${t.app.url}/#/compare/bat_00000000000000000000000000`);
  await page.getByText('There is no such comparison').waitFor();
});
