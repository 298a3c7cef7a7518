/** Chats in a browser: said, seen to grow in two tabs, stopped, branched, refused with what was typed kept, deleted elsewhere. */
import type { Page } from 'playwright-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { TestApp } from '../app/test-app.ts';
import { eventually } from '../support/eventually.ts';
import { axeViolations } from './support/axe.ts';
import { useBrowser } from './support/open-page.ts';

const open = useBrowser();
let t: TestApp;
beforeAll(async () => {
  t = await TestApp.start({ ollama: { tokensPerSecond: 2 } });
});
afterAll(() => t?.[Symbol.asyncDispose]());

const message = (page: Page) => page.getByRole('textbox', { name: 'Message', exact: true });
const lastAnswer = (page: Page) => page.locator('.message.is-answer .markdown').last().textContent();

async function say(page: Page, text: string, model = 'gemma:2b'): Promise<void> {
  await page.locator(`option[value="${model}"]`).waitFor({ state: 'attached' });
  await page.getByRole('combobox', { name: 'Model' }).selectOption(model);
  await message(page).fill(text);
  await message(page).press('Enter');
}

const answered = (page: Page, count: number) =>
  eventually(
    () => page.getByRole('button', { name: 'Ask again' }).count(),
    (shown) => shown === count,
  );

test('a chat is begun, grows in two tabs, is asked again, edited, and read back after a reload', async () => {
  const { page } = await open(t.app.url, '/chat');
  await page.locator('summary', { hasText: 'System text' }).click();
  await page.getByLabel('Most tokens').fill('6');
  await say(page, 'Tell me of the tides.');
  await page.waitForURL(/chat\/chat_/);
  const second = await page.context().newPage();
  await second.goto(page.url());
  await second.locator('.message.is-question', { hasText: 'tides' }).waitFor();
  await answered(page, 1);
  await answered(second, 1);
  const { chats } = await t.query(
    '{ chats(first: 1) { nodes { id messages(last: 1) { nodes { content } } } } }',
  );
  const [{ content }] = chats.nodes[0].messages.nodes;
  expect((await lastAnswer(page))?.replace(/\s+/g, ' ').trim()).toBe(content.replace(/\s+/g, ' ').trim());
  expect(await lastAnswer(second)).toBe(await lastAnswer(page));

  await page.getByRole('button', { name: 'Ask again' }).click();
  await page.getByText('2 of 2').waitFor();
  await second.getByText('2 of 2').waitFor();
  await answered(page, 1);
  await page.getByRole('button', { name: 'Branch before' }).click();
  await second.getByText('1 of 2').waitFor();
  await page.getByRole('button', { name: 'Edit' }).click();
  await page.getByRole('textbox', { name: 'Edited message' }).fill('Tell me of the moon.');
  await page.getByRole('button', { name: 'Send the edited message' }).click();
  await page.locator('.message.is-question', { hasText: 'moon' }).waitFor();
  await answered(page, 1);

  await message(page).fill('half a sentence');
  await page.reload();
  await page.locator('.message.is-question', { hasText: 'moon' }).waitFor();
  expect(await message(page).inputValue()).toBe('half a sentence');

  for (const width of [1400, 360]) {
    await page.setViewportSize({ width, height: 800 });
    for (const colorScheme of ['light', 'dark'] as const) {
      await page.emulateMedia({ colorScheme, reducedMotion: 'reduce' });
      expect(await axeViolations(page), `${colorScheme}, ${width} px`).toEqual([]);
      expect(await page.evaluate('(window.scrollTo(10_000, 0), window.scrollX)')).toBe(0);
    }
  }
  const saved = page.waitForEvent('download');
  await page.getByRole('button', { name: 'Save as Markdown' }).click();
  expect((await saved).suggestedFilename()).toBe('Tell me of the tides..md');
});

/** Resolves when some more lines were said. */
async function grown(page: Page): Promise<void> {
  const before = (await lastAnswer(page))?.length ?? 0;
  await eventually(
    () => lastAnswer(page),
    (text) => (text?.length ?? 0) > before + 300,
  );
}

test('an answer is kept in sight, and stopped; what it said stays; one that waits says why; a deleted chat is said', async () => {
  await t.query('mutation { pauseScheduler { __typename } }');
  const { page } = await open(t.app.url, '/chat', { viewport: { width: 360, height: 600 } });
  await page.locator('summary', { hasText: 'System text' }).click();
  // Longer than this test by far: without a limit the virtual Ollama has said all after a second.
  await page.getByLabel('Most tokens').fill('4000');
  await say(page, 'Tell me everything of the sea.');
  await page.locator('.note .reason', { hasText: 'scheduler paused' }).waitFor();
  await t.query('mutation { resumeScheduler { __typename } }');
  await eventually(
    () => lastAnswer(page),
    (text) => (text?.length ?? 0) > 10,
  );
  const stop = await page.getByRole('button', { name: 'Stop' }).elementHandle();
  await grown(page);
  expect(await page.evaluate('document.documentElement.scrollHeight - scrollY - innerHeight')).toBeLessThan(
    120,
  );
  // Whoever reads what was said before is left there.
  await page.evaluate('scrollTo(0, 0)');
  await grown(page);
  expect(await page.evaluate('scrollY')).toBe(0);
  // The same button as before more was said: it holds still for whoever is about to press it.
  expect(await stop?.evaluate((button) => button.isConnected)).toBe(true);
  await stop?.click();
  await page.getByText('Stopped.').waitFor();
  expect((await lastAnswer(page))?.length).toBeGreaterThan(10);
  const id = page.url().split('/').at(-1);
  await message(page).fill('And then?');
  await t.query('mutation ($id: ID!) { deleteChat(input: { id: $id }) { __typename } }', { id });
  await page.getByText('This chat is not there').waitFor();
});

test('what is refused is said in place, and what was typed stays', async () => {
  const { page } = await open(t.app.url, '/chat');
  await page.locator('option[value="gemma:2b"]').waitFor({ state: 'attached' });
  await page.locator('input[type=file]').setInputFiles({
    name: 'words.png',
    mimeType: 'image/png',
    buffer: Buffer.from('no image at all'),
  });
  await page.getByRole('alert').filter({ hasText: 'words.png' }).waitFor();
  await page.locator('summary', { hasText: 'System text' }).click();
  await page.getByLabel('Temperature').fill('-1');
  await say(page, 'Hello');
  await page.getByRole('alert').filter({ hasText: 'must not be negative' }).waitFor();
  expect(await message(page).inputValue()).toBe('Hello');
});

test('a model that is missed is fetched where it is missed, and the list of chats folds on a phone', async () => {
  const { chatId } = (
    await t.query(
      'mutation { sendChatMessage(input: { model: "smollm:360m", content: "Hi", options: { maxTokens: 1 } }) { ... on SendChatMessagePayload { chatId: chat { id } } } }',
    )
  ).sendChatMessage;
  const { page } = await open(t.app.url, `/chat/${chatId.id}`, { viewport: { width: 360, height: 700 } });
  await answered(page, 1);
  await t.query('mutation { deleteModel(input: { model: "smollm:360m" }) { __typename } }');
  await page.getByLabel('Name', { exact: true }).waitFor();
  await page.getByRole('option', { name: 'smollm:360m (not there)' }).waitFor({ state: 'attached' });
  await message(page).fill('And now?');
  await message(page).press('Enter');
  await page.getByRole('alert').filter({ hasText: 'No backend has a model named' }).waitFor();
  expect(await message(page).inputValue()).toBe('And now?');
  await page.getByRole('button', { name: 'Fetch', exact: true }).click();
  await page.getByRole('option', { name: 'smollm:360m · ' }).waitFor({ state: 'attached' });
  await message(page).press('Enter');
  await answered(page, 2);
  expect(await page.getByRole('searchbox', { name: 'Search chats' }).isVisible()).toBe(false);
  await page.getByRole('button', { name: 'Show the chats' }).click();
  await page.getByRole('searchbox', { name: 'Search chats' }).waitFor();
  expect(await axeViolations(page)).toEqual([]);
});
