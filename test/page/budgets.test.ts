/** What the page may weigh and ask for. Counted, not timed: the same on every machine. */
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { PAGE_FOLDER } from '../../src/app/page-folder.ts';
import { KiB, MiB } from '../../src/domain/units.ts';
import { TestApp } from '../app/test-app.ts';
import { eventually } from '../support/eventually.ts';
import { useBrowser } from './support/open-page.ts';

const open = useBrowser();
const ASSETS = join(PAGE_FOLDER, 'assets');

/** Of what is code or style, as it is sent to a browser that knows no better than gzip. */
const codeBytes = (names: readonly string[]) =>
  names
    .filter((name) => /\.(js|css)$/.test(name))
    .reduce((sum, name) => sum + statSync(join(ASSETS, `${name}.gz`)).size, 0);

describe('the built page', () => {
  const all = readdirSync(ASSETS);
  const html = readFileSync(join(PAGE_FOLDER, 'index.html'), 'utf8');
  const first = all.filter((name) => html.includes(name));

  test('is light', () => {
    expect(codeBytes(first)).toBeLessThan(130 * KiB);
    for (const name of all.filter((each) => !first.includes(each)))
      expect(codeBytes([name]), name).toBeLessThan(60 * KiB);
    expect(codeBytes(all)).toBeLessThan(260 * KiB);
  });

  test('takes little of the package', () => {
    const bytes = readdirSync(PAGE_FOLDER, { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile())
      .reduce((sum, entry) => sum + statSync(join(entry.parentPath, entry.name)).size, 0);
    expect(bytes).toBeLessThan(1.2 * MiB);
  });

  test('names the licenses of the code of others in it', () => {
    const licenses = readFileSync(join(PAGE_FOLDER, 'licenses.txt'), 'utf8');
    for (const name of ['react', 'react-dom', 'graphql-ws', 'marked', 'wouter', '@fontsource-variable/inter'])
      expect(licenses).toMatch(new RegExp(`^${name} \\d`, 'm'));
  });
});

describe('the overview', () => {
  test('asks for five things before it shows data, and for nothing more after it', async () => {
    await using t = await TestApp.start();
    await t.query('mutation { loadModel(input: { model: "gemma:2b" }) { __typename } }');
    const { page, requests } = await open(t.app.url);
    await page.locator('.segment.is-ready').waitFor();
    await page.locator('.skeleton').first().waitFor({ state: 'detached' });
    expect(
      requests.map((url) => url.replace(t.app.url, '')).filter((url) => !url.startsWith('data:')),
    ).toHaveLength(5);
    const id = await t.generate('qwen2.5:0.5b');
    await t.ended(id);
    await page.locator('.segment[data-model="qwen2.5:0.5b"].is-ready').waitFor();
    expect(requests.filter((url) => !url.startsWith('data:'))).toHaveLength(5);
  });

  test('is as small with a thousand waiting as with none', async () => {
    await using t = await TestApp.start({ ollama: { tokensPerSecond: 0.1 } });
    const jobs = Array.from({ length: 1_000 }, (_, index) => ({
      model: index % 2 === 0 ? 'gemma:2b' : 'qwen2.5:0.5b',
      request: { generate: { prompt: `Number ${index}.` } },
    }));
    await t.query('mutation ($input: SubmitBatchInput!) { submitBatch(input: $input) { __typename } }', {
      input: { jobs },
    });
    const { page } = await open(t.app.url);
    await page.locator('.waiting-row').nth(14).waitFor();
    const nodes = await eventually(
      () => page.evaluate<number>('document.querySelectorAll("*").length'),
      (count) => count > 0,
    );
    expect(nodes).toBeLessThan(1_500);
  });
});
