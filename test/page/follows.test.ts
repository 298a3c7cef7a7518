/** What is asked for follows what happens on the server, as what is streamed does. */
import { describe, expect, test } from 'vitest';
import { GiB } from '../../src/domain/units.ts';
import { TestApp } from '../app/test-app.ts';
import { eventually } from '../support/eventually.ts';
import { useBrowser } from './support/open-page.ts';

const open = useBrowser();
const change = (t: TestApp, field: string, input: object) => {
  const type = `${field[0]?.toUpperCase()}${field.slice(1)}Input!`;
  return t.query(`mutation ($input: ${type}) { ${field}(input: $input) { __typename } }`, { input });
};

describe('without being loaded again', () => {
  test('the overview shows the last decisions', async () => {
    await using t = await TestApp.start();
    const { page } = await open(t.app.url);
    await page.getByText('Nothing has been decided yet.').waitFor();
    await change(t, 'loadModel', { model: 'gemma:2b' });
    await page.locator('.decision', { hasText: 'gemma:2b' }).first().waitFor();
    await change(t, 'unloadModel', { model: 'gemma:2b' });
    await page.locator('.decision-kind.is-unload').first().waitFor();
  });

  test('the page of decisions and that of a job do', async () => {
    await using t = await TestApp.start();
    await t.query('mutation { pauseScheduler { __typename } }');
    const id = await t.generate('gemma:2b');
    const { page } = await open(t.app.url, `/jobs/${id}`);
    const its = page.locator('section', { hasText: 'Decisions about it' }).last();
    await its.waitFor();
    const { page: all } = await open(t.app.url, '/decisions');
    await t.query('mutation { resumeScheduler { __typename } }');
    await its.locator('.decision-kind.is-dispatch').waitFor();
    await all.locator('.decision-kind.is-load').waitFor();
  });

  test('the models, the downloads and the budget do, and a download can be ended', async () => {
    await using t = await TestApp.start();
    const { page } = await open(t.app.url, '/models');
    await page.locator('.model', { hasText: 'tinyllama' }).waitFor();
    await change(t, 'copyModel', { source: 'gemma:2b', destination: 'other:1' });
    await page.locator('.model', { hasText: 'other:1' }).waitFor();
    const budget = page.locator('section', { hasText: 'Do they fit together?' }).last();
    const before = await budget.locator('.verdict').textContent();
    await change(t, 'loadModel', { model: 'gemma:2b' });
    await eventually(
      () => budget.locator('.verdict').textContent(),
      (text) => text !== before,
    );
    await change(t, 'deleteModel', { model: 'tinyllama:1.1b' });
    await page.locator('.model', { hasText: 'tinyllama' }).waitFor({ state: 'detached' });
    t.ollama.core.faults.set({ stallMidPull: 1 });
    await change(t, 'pullModel', { model: 'tinyllama:1.1b' });
    await page.getByRole('button', { name: 'Cancel fetching tinyllama:1.1b' }).click();
    await page.locator('.pull', { hasText: 'cancelled' }).waitFor();
    const { modelPulls } = await t.query('{ modelPulls { status error } }');
    expect(modelPulls).toEqual([{ status: 'FAILED', error: expect.stringContaining('cancelled') }]);
  });

  test('how many workers would fit does', async () => {
    await using t = await TestApp.start();
    const { page } = await open(t.app.url, '/reservations');
    const fit = page.locator('section', { hasText: 'Workers that would fit' }).last().locator('.verdict');
    const before = await fit.textContent();
    await change(t, 'reserveVram', { bytes: 8 * GiB, owner: 'tests' });
    await eventually(
      () => fit.textContent(),
      (text) => text !== before,
    );
  });
});

test('all models are found, however many there are', async () => {
  await using t = await TestApp.start();
  for (let copy = 0; copy < 105; copy += 1)
    await change(t, 'copyModel', { source: 'gemma:2b', destination: `copy${copy}:1` });
  const { totalCount } = (await t.query('{ models(first: 1) { totalCount } }')).models;
  const { page } = await open(t.app.url, '/models');
  await page.getByRole('heading', { name: `${totalCount} models` }).waitFor();
  expect(await page.locator('.model').count()).toBe(100);
  await page.getByRole('button', { name: 'Show more' }).click();
  await page
    .locator('.model')
    .nth(totalCount - 1)
    .waitFor();
  await page.getByLabel('Search models').fill('tinyllama');
  await page.locator('.model', { hasText: 'tinyllama' }).waitFor();
  expect(await page.locator('.model').count()).toBe(1);
});

test('older decisions go on where the newer ones end, also after these were asked for again', async () => {
  await using t = await TestApp.start();
  const quick = async (jobs: number) => {
    const ids = await Promise.all(
      Array.from({ length: jobs }, () =>
        t.generate('gemma:2b', { request: { generate: { prompt: 'Hi.', options: { maxTokens: 1 } } } }),
      ),
    );
    for (const id of ids) await t.ended(id);
  };
  await quick(70);
  const { page } = await open(t.app.url);
  const sockets: { close(options: { code: number }): Promise<void> }[] = [];
  await page.routeWebSocket(/graphql/, (socket) => {
    socket.connectToServer();
    sockets.push(socket);
  });
  await page.goto(`${t.app.url}/#/decisions`);
  await page.reload();
  await page.getByLabel('dispatch').check();
  const all = async () =>
    (await t.query('{ decisions(first: 1, filter: { kinds: [DISPATCH] }) { totalCount } }')).decisions
      .totalCount;
  const shown = () => page.locator('.decision-kind.is-dispatch').count();
  await page.getByRole('button', { name: 'Older ones' }).click();
  await eventually(shown, (count) => count === 70);
  await quick(5);
  await sockets.at(-1)?.close({ code: 1012 });
  expect(await eventually(shown, (count) => count === 75)).toBe(await all());
  await page.getByRole('button', { name: 'Back to the newest' }).click();
  await page.getByRole('button', { name: 'Older ones' }).waitFor();
});

describe('an output that has not come', () => {
  test('is not told to be none', async () => {
    await using t = await TestApp.start();
    const id = await t.generate('gemma:2b');
    await t.ended(id);
    const { page } = await open(t.app.url);
    await page.routeWebSocket(/graphql/, (socket) => {
      const server = socket.connectToServer();
      socket.onMessage((message) => {
        if (!String(message).includes('jobOutput')) server.send(message);
      });
    });
    await page.goto(`${t.app.url}/#/jobs/${id}`);
    await page.reload();
    await page.getByText('Tokens', { exact: true }).waitFor();
    expect(await page.getByText('It has no output.').count()).toBe(0);
  });
});

describe('with a clock that is wrong', () => {
  test('the time is the server’s on every page, whichever was opened first', async () => {
    await using t = await TestApp.start();
    await t.query('mutation { pauseScheduler { __typename } }');
    const id = await t.generate('gemma:2b');
    const { page } = await open(t.app.url);
    await page.addInitScript('{ const at = Date.now; Date.now = () => at() + 3_600_000; }');
    await page.goto(`${t.app.url}/#/jobs/${id}`);
    await page.reload();
    await eventually(
      () => page.locator('.time-bar').getAttribute('aria-label'),
      (text) => /^waited [a-z ]*[\d.]+ s$/.test(text ?? ''),
    );
  });

  test('the picture of memory asks from later moments on as time passes', async () => {
    await using t = await TestApp.start();
    const { page } = await open(t.app.url);
    await page.addInitScript(
      '{ const at = Date.now; window.later = 0; Date.now = () => at() + window.later; }',
    );
    const asked = new Set<string>();
    page.on('websocket', (socket) =>
      socket.on('framesent', ({ payload }) => {
        const from = /"from":"([^"]+)","atLeast"/.exec(String(payload))?.[1];
        if (from !== undefined) asked.add(from);
      }),
    );
    await page.reload();
    await eventually(
      async () => asked.size,
      (size) => size > 0,
    );
    await page.locator('.tiles').waitFor();
    const first = Date.parse([...asked].toSorted().at(-1) ?? '');
    await page.evaluate('window.later = 100_000');
    await eventually(
      async () => [...asked].map((from) => Date.parse(from)),
      (all) => all.some((from) => from >= first + 60_000),
    );
  });
});
