/** The past in a browser: what held the memory at any moment, in two clicks, by the keys, and as a table. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { areaPath, linePath, niceMost, stacked } from '../../src/dashboard/charts/paths.ts';
import { axeViolations } from './support/axe.ts';
import { useBrowser } from './support/open-page.ts';
import { type ServerWithPast, serverWithPast } from './support/server-with-past.ts';

const open = useBrowser();
let server: ServerWithPast;
beforeAll(async () => {
  server = await serverWithPast();
});
afterAll(() => server?.[Symbol.asyncDispose]());

test('what held the memory ten hours ago is two clicks away, with why it came and went', async () => {
  const { page } = await open(server.app.url, '/', { reducedMotion: 'reduce' });
  await page.getByRole('link', { name: 'History', exact: true }).click();
  const frame = page.locator('.chart-frame').first();
  await frame.locator('.area.series-ours').waitFor();
  const box = await frame.boundingBox();
  if (!box) throw new Error('The picture is not shown.');
  await page.mouse.click(box.x + (box.width * 14) / 24, box.y + box.height / 2);
  const then = page.locator('.card', { has: page.getByRole('heading', { name: /^At / }) });
  const row = then.locator('tr', { hasText: 'phi3:mini' });
  await row.getByText('It made room for qwen2.5:0.5b.').waitFor();
  await then.locator('tr', { hasText: 'llama3.2:1b' }).waitFor();
  expect(await then.locator('tbody tr').count()).toBe(2);
  expect(await then.locator('.moment-gpus').textContent()).toContain('6.1 GiB models, 3.0 GiB reserved');

  const moment = page.getByRole('slider', { name: 'Moment' });
  const before = await moment.getAttribute('aria-valuetext');
  for (let hours = 0; hours < 3; hours += 1) await moment.press('PageUp');
  expect(await moment.getAttribute('aria-valuetext')).not.toBe(before);
  await then.locator('tr', { hasText: 'qwen2.5:0.5b' }).getByText('It was asked to be loaded.').waitFor();

  await page.getByText('As a table').click();
  const table = page.getByRole('region', { name: 'All figures' });
  await table.locator('tbody tr').nth(100).waitFor();
  for (const width of [1400, 360]) {
    await page.setViewportSize({ width, height: 800 });
    for (const colorScheme of ['light', 'dark'] as const) {
      await page.emulateMedia({ colorScheme });
      expect(await axeViolations(page), `${colorScheme}, ${width} px`).toEqual([]);
      expect(await page.evaluate('(window.scrollTo(10_000, 0), window.scrollX)')).toBe(0);
    }
  }
  for (const range of ['7 d', '90 d', '6 h']) {
    await page.getByRole('button', { name: range, exact: true }).click();
    await page.locator(`[aria-pressed="true"]`, { hasText: range }).waitFor();
    await page.locator('.chart-frame').first().waitFor();
  }
});

test('who used the slots over the day is shown by client', async () => {
  const { page } = await open(server.app.url, '/clients', { reducedMotion: 'reduce' });
  const key = page.locator('.chart-key');
  for (const client of ['evaluation', 'nightly', 'chat']) await key.getByText(client).waitFor();
  await page.getByRole('slider', { name: 'Moment' }).press('PageDown');
  await key.locator('strong').first().waitFor();
  expect(await axeViolations(page)).toEqual([]);
});

describe('a picture of figures', () => {
  test('has gaps where nothing was read, and a stretch for a step that stands alone', () => {
    expect(linePath([1, 2, null, 4, undefined], 4, 100)).toBe('M0.5 75L1.5 50M3 0H4');
    expect(areaPath([0, 0, null], [2, 4, null], 4, 100)).toBe('M0 100V50H1V0H2V100H1V100H0Z');
  });

  test('puts one area on the other', () => {
    const [first, second] = stacked([
      [1, null, 3],
      [2, 2, null],
    ]);
    expect(first).toEqual({ lower: [0, null, 0], upper: [1, null, 3] });
    expect(second?.upper).toEqual([3, null, null]);
  });

  test.each([
    [[], 1],
    [[0.2], 1],
    [[3], 5],
    [[11, null, 17], 20],
    [[2_000], 2_000],
  ])('has room for %j up to %d', (values, most) => {
    expect(niceMost(values)).toBe(most);
  });
});
