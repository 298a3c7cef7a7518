/** Takes the pictures of the web page: `npm run pictures [FOLDER] [PAGE...]`. Without a folder, those of docs/web.md. */
import { mkdirSync } from 'node:fs';
import { join, resolve } from 'node:path';
import type { Page } from 'playwright-core';
import { eventually } from '../support/eventually.ts';
import { launchBrowser } from './support/browser.ts';
import { BusyServer } from './support/busy-server.ts';
import { serverWithPast } from './support/server-with-past.ts';

const [folder = resolve(import.meta.dirname, '../../docs/pictures'), ...wanted] = process.argv.slice(2);
const SIZES = [
  { name: 'wide', width: 1400, height: 900 },
  { name: 'narrow', width: 360, height: 780 },
] as const;
const PAGES: Readonly<Record<string, string | (() => Promise<string>)>> = {
  overview: '/',
  queue: '/queue',
  job: () => jobIn('RUNNING'),
  waiting: () => jobIn('PENDING'),
  done: () => jobIn('COMPLETE'),
  chat: () => chatOf('Why is the sky blue, and why are sunsets red?'),
  batch: async () => `/batches/${await comparison()}`,
  compare: '/compare',
  comparison: async () => `/compare/${await comparison()}`,
  answer: async () => `/compare/${await comparison()}`,
  batches: '/batches',
  models: '/models',
  reservations: '/reservations',
  history: '/history',
  decisions: '/decisions',
  clients: '/clients',
  workers: '/workers',
};

/** What is compared in the picture of setting up. */
const SET_UP = {
  name: '',
  question: 'Explain it to a child of ten, in three sentences.',
  rows: ['Why is the sky blue?', 'What makes a good bridge?', 'How do bees find home?'].map((text) => ({
    key: text,
    text,
    image: null,
  })),
  models: ['qwen2.5:0.5b', 'gemma:2b', 'phi3:mini', 'smollm:1.7b'],
};

mkdirSync(folder, { recursive: true });
/** Of another server: a day is behind it. */
const OF_THE_PAST = ['history'];
const isWanted = (name: string) => wanted.length === 0 || wanted.includes(name);
await using past = OF_THE_PAST.some(isWanted) ? await serverWithPast() : null;
await using server = await BusyServer.start();
const browser = await launchBrowser();
try {
  for (const colorScheme of ['light', 'dark'] as const) {
    for (const { name: size, width, height } of SIZES) {
      const context = await browser.newContext({
        colorScheme,
        viewport: { width, height },
        deviceScaleFactor: 1,
        reducedMotion: 'reduce',
      });
      const page = await context.newPage();
      await page.addInitScript(
        `sessionStorage.setItem('vramkeeper-comparison', ${JSON.stringify(JSON.stringify(SET_UP))})`,
      );
      page.on('console', (message) => console.log(`${message.type()}: ${message.text()}`));
      page.on('pageerror', (error) => console.log(String(error)));
      for (const [name, path] of Object.entries(PAGES)) {
        if (!isWanted(name)) continue;
        const { url } = past && OF_THE_PAST.includes(name) ? past.app : server.app;
        await show(page, url, typeof path === 'string' ? path : await path());
        if (name === 'answer') {
          await page.locator('td[data-place="0:0"] .answer').click();
          await page.getByLabel('Beside').selectOption('gemma:2b');
        }
        if (name === 'history') await page.locator('.chart-frame').first().click();
        await page.screenshot({
          path: join(folder, `${name}-${size}-${colorScheme}.png`),
          fullPage: size === 'narrow',
        });
      }
      await context.close();
    }
  }
} finally {
  await browser.close();
}

async function show(page: Page, url: string, path: string): Promise<void> {
  await page.goto(`${url}/#${path}`);
  await page.locator('main .card, main .empty, main .failure').first().waitFor();
  await page.locator('.skeleton').first().waitFor({ state: 'detached' });
  await page.evaluate('document.fonts.ready.then(() => true)');
}

/** Of the job in this state that was submitted first. */
async function jobIn(status: string): Promise<string> {
  const { jobs } = await server.ask(
    'query ($status: JobStatus!) { jobs(last: 1, filter: { statuses: [$status] }) { nodes { id } } }',
    { status },
  );
  return `/jobs/${jobs.nodes[0]?.id ?? 'none'}`;
}

/** The same one in all pictures, once it is answered. */
async function chatOf(content: string): Promise<string> {
  const ask = (query: string) => server.ask(query, { content }, 'anonymous');
  const known = async () =>
    (await ask('{ chats(first: 1) { nodes { id activeJob { id } } } }')).chats.nodes[0];
  if (!(await known()))
    await ask(
      `mutation ($content: String!) { sendChatMessage(input: { model: "gemma:2b", content: $content }) {
        ... on UserError { message } } }`,
    );
  const { id } = await eventually(known, (chat) => chat?.activeJob === null);
  return `/chat/${id}`;
}

/** The same one in all pictures, once half of it is answered. */
async function comparison(): Promise<string> {
  const known = async () =>
    (
      await server.ask(
        '{ batches(first: 1, kind: "comparison") { nodes { id counts { complete } } } }',
        {},
        'anonymous',
      )
    ).batches.nodes[0];
  if (!(await known())) {
    const models = ['qwen2.5:0.5b', 'gemma:2b', 'phi3:mini'];
    const questions = ['Why is the sky blue?', 'What makes a good bridge?', 'How do bees find home?'];
    const jobs = models.flatMap((model, column) =>
      questions.map((prompt, row) => ({
        model,
        priority: 'HIGH',
        metadata: { row, column },
        request: { generate: { prompt, options: { maxTokens: 60 + 20 * row, seed: row } } },
      })),
    );
    const metadata = {
      kind: 'comparison',
      question: '',
      rows: questions.length,
      images: {},
      models,
      settings: {},
      ratings: { '0:0': { stars: 4 }, '0:1': { stars: 5, note: 'Clear, and short.' } },
    };
    await server.ask(
      'mutation ($input: SubmitBatchInput!) { submitBatch(input: $input) { __typename ... on UserError { message } } }',
      { input: { name: 'Short explanations', keep: true, metadata, jobs } },
      'anonymous',
    );
  }
  return (await eventually(known, (batch) => batch?.counts.complete >= 5)).id;
}
