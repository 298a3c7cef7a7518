/** The overview: what it shows of memory is what the ledger says, and stays so. */
import type { Page } from 'playwright-core';
import { describe, expect, test } from 'vitest';
import { GiB } from '../../src/domain/units.ts';
import { TestApp } from '../app/test-app.ts';
import { eventually } from '../support/eventually.ts';
import { useBrowser } from './support/open-page.ts';

const open = useBrowser();

interface Drawn {
  readonly kind: string;
  readonly model: string | null;
  readonly bytes: number;
  readonly width: number;
}

/** Each segment of the first bar, with its part of the bar's width. */
function drawn(page: Page): Promise<readonly Drawn[]> {
  return page.evaluate(`[...document.querySelectorAll('.gpu')[0].querySelectorAll('.segment')].map((segment) => ({
    kind: segment.dataset.kind,
    model: segment.dataset.model ?? null,
    bytes: Number(segment.dataset.bytes),
    width: segment.getBoundingClientRect().width / segment.parentElement.getBoundingClientRect().width,
  }))`);
}

const bytesOf = (segments: readonly Drawn[], kind: string) =>
  segments.filter((segment) => segment.kind === kind).reduce((sum, { bytes }) => sum + bytes, 0);

const LEDGER = `{ backends { gpus { vram { totalBytes headroomBytes reservedBytes foreignBytes instanceBytes freeBytes deficitBytes } } } }`;

describe('the map of memory', () => {
  test('is the ledger to scale, with every model in its place', async () => {
    await using t = await TestApp.start({ config: { headroomBytes: GiB } });
    t.ollama.core.memory.setForeign(0, 3 * GiB);
    await t.query('mutation { reserveVram(input: { bytes: 2147483648, owner: "tests" }) { __typename } }');
    for (const model of ['gemma:2b', 'qwen2.5:0.5b'])
      await t.query('mutation ($model: String!) { loadModel(input: { model: $model }) { __typename } }', {
        model,
      });
    const { page } = await open(t.app.url);
    await page.locator('.segment[data-kind="foreign"]').waitFor();
    await page.locator('.segment.is-ready').nth(1).waitFor();
    const ledger = async () => (await t.query(LEDGER)).backends[0].gpus[0].vram;
    const { vram, segments } = await eventually(
      async () => ({ vram: await ledger(), segments: await drawn(page) }),
      (seen) => bytesOf(seen.segments, 'instance') === seen.vram.instanceBytes,
    );
    expect(bytesOf(segments, 'reserved')).toBe(vram.reservedBytes);
    expect(bytesOf(segments, 'foreign')).toBe(vram.foreignBytes);
    expect(bytesOf(segments, 'headroom')).toBe(GiB);
    expect(bytesOf(segments, 'free')).toBe(vram.freeBytes);
    expect(segments.filter(({ kind }) => kind === 'instance').map(({ model }) => model)).toEqual([
      'gemma:2b',
      'qwen2.5:0.5b',
    ]);
    const settled = await eventually(
      () => drawn(page),
      (all) => all.every(({ bytes, width }) => Math.abs(width - bytes / vram.totalBytes) < 0.003),
    );
    expect(settled.reduce((sum, { bytes }) => sum + bytes, 0)).toBe(vram.totalBytes);
  });

  test('says what is claimed too much', async () => {
    await using t = await TestApp.start({ config: { headroomBytes: GiB } });
    await t.query('mutation { loadModel(input: { model: "phi3:mini" }) { __typename } }');
    const { page } = await open(t.app.url);
    await page.locator('.segment.is-ready').waitFor();
    t.ollama.core.memory.setForeign(0, 20 * GiB);
    await page
      .getByText(/too much claimed/)
      .first()
      .waitFor();
    expect(await page.locator('.bar-end').count()).toBe(1);
    const segments = await drawn(page);
    const claimed = segments.reduce((sum, { bytes }) => sum + bytes, 0);
    expect(claimed).toBeGreaterThan(24 * GiB);
  });

  test('shows a load, its jobs in their slots, and that it left, without being asked', async () => {
    await using t = await TestApp.start({ ollama: { tokensPerSecond: 0.01 } });
    const { page, requests } = await open(t.app.url);
    await page.getByText('No model is in memory.').waitFor();
    const before = requests.length;
    const id = await t.generate('gemma:2b');
    await page.locator('.segment[data-model="gemma:2b"] .slot.busy').first().waitFor({ state: 'attached' });
    await t.query('mutation ($id: ID!) { cancelJob(input: { id: $id }) { __typename } }', { id });
    await page.locator('.segment.is-ready .slot:not(.busy)').nth(1).waitFor({ state: 'attached' });
    await t.query('mutation { unloadModel(input: { model: "gemma:2b" }) { __typename } }');
    await page.getByText('No model is in memory.').waitFor();
    expect(requests.slice(before)).toEqual([]);
  });

  test('keeps a model and lets it go by its buttons', async () => {
    await using t = await TestApp.start({ ollama: { tokensPerSecond: 0.01 } });
    const id = await t.generate('gemma:2b');
    const { page } = await open(t.app.url);
    await page.getByRole('button', { name: 'Pin gemma:2b', exact: true }).click();
    await page.getByRole('cell', { name: 'pinned' }).waitFor();
    await page.getByRole('button', { name: 'Unpin gemma:2b' }).click();
    const unload = page.getByRole('button', { name: 'Unload gemma:2b' });
    await unload.click();
    const question = page.getByRole('dialog');
    await question.getByRole('button', { name: 'No' }).click();
    expect((await t.job(id)).status).toBe('RUNNING');
    await unload.click();
    await question.getByRole('button', { name: 'Unload' }).click();
    await page.locator('.segment.is-draining').waitFor();
    await t.query('mutation ($id: ID!) { cancelJob(input: { id: $id }) { __typename } }', { id });
    await page.getByText('No model is in memory.').waitFor();
  });
});

test('the picture of the past has a span for each state of a stay, and says why it came and went', async () => {
  await using t = await TestApp.start();
  await t.query('mutation { loadModel(input: { model: "gemma:2b" }) { __typename } }');
  const { page } = await open(t.app.url);
  const lane = page.locator('[data-lane="gemma:2b"]');
  await lane.locator('path.span-ready').waitFor({ state: 'attached' });
  await t.query('mutation { unloadModel(input: { model: "gemma:2b" }) { __typename } }');
  await page.getByText('No model is in memory.').waitFor();
  const ended = async () => {
    const { residencies } = await t.query(
      '{ residencies(from: "2020-01-01T00:00:00.000Z") { nodes { goneAt reason endReason } } }',
    );
    return residencies.nodes[0];
  };
  const stay = await eventually(ended, ({ goneAt }) => goneAt !== null);
  expect(await lane.locator('svg path').count()).toBeLessThanOrEqual(3);
  await page.getByText('As a table').click();
  const row = page.locator('.as-table tbody tr');
  await row.getByText(stay.reason).waitFor();
  await row.getByText(stay.endReason).waitFor();
  expect(await row.count()).toBe(1);
  await page.getByRole('button', { name: '7 d' }).click();
  await lane.waitFor();
});
