/**
 * The web page before a full queue that changes: what its main thread, its heap and its elements take, and how soon it shows data.
 * `npm run bench -- page [JOBS] [CHANGES]`: so many jobs wait (100,000), so many change each second (500).
 */
import { chromium, type Page } from 'playwright-core';
import { sleep, systemClock } from '../src/clock.ts';
import { GiB } from '../src/domain/units.ts';
import { runVirtualOllama } from '../src/virtual-ollama/index.ts';
import { withServedApp } from './support/served-app.ts';

type Print = (line: string) => void;

/** As many as a batch may have. */
const AT_ONCE = 1_000;
const TICK_MS = 100;
const MEASURED_MS = 15_000;
const MODELS = ['gemma:2b', 'qwen2.5:0.5b', 'phi3:mini', 'llama3.2:1b'];
const PAGES = [
  { name: 'Overview', path: '/', sign: '.waiting-row' },
  { name: 'Queue', path: '/queue', sign: '.waiting-row' },
];

export async function run(print: Print, args: readonly string[] = []): Promise<void> {
  const [waiting = 100_000, changes = 500] = args.map(Number);
  const ollama = await runVirtualOllama({ gpus: [{ totalBytes: 24 * GiB }], tokensPerSecond: 0.01 });
  const backend = {
    name: 'box',
    type: 'ollama',
    url: ollama.url,
    parallel: 2,
    maxLoadedModels: null,
  } as const;
  try {
    await withServedApp({ backends: [{ ...backend, gpus: 'auto' }] }, async ({ url }) => {
      const server = new Server(url);
      for (let left = waiting; left > 0; left -= AT_ONCE) await server.submit(Math.min(left, AT_ONCE));
      const browser = await chromium.launch({
        executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium',
        args: ['--no-sandbox', '--disable-dev-shm-usage'],
      });
      try {
        for (const one of PAGES) await measure(one, await browser.newPage(), server, changes, print);
      } finally {
        await browser.close();
      }
    });
  } finally {
    await ollama.stop();
  }
}

async function measure(
  { name, path, sign }: (typeof PAGES)[number],
  page: Page,
  server: Server,
  changes: number,
  print: Print,
): Promise<void> {
  await page.setViewportSize({ width: 1400, height: 900 });
  const begin = systemClock.monotonic();
  await page.goto(`${server.url}/#${path}`);
  await page.locator(sign).first().waitFor();
  const firstMs = systemClock.monotonic() - begin;
  const session = await page.context().newCDPSession(page);
  await session.send('Performance.enable');
  const figures = async () => {
    await session.send('HeapProfiler.collectGarbage');
    const { metrics } = await session.send('Performance.getMetrics');
    const of = (figure: string) => metrics.find((each) => each.name === figure)?.value ?? Number.NaN;
    const elements = await page.evaluate<number>('document.querySelectorAll("*").length');
    return { busySeconds: of('TaskDuration'), heapBytes: of('JSHeapUsedSize'), elements };
  };
  const quiet = await over(figures, () => sleep(systemClock, MEASURED_MS / 3));
  let done = 0;
  const busy = await over(figures, async () => {
    done = await server.change(changes, MEASURED_MS);
  });
  print(
    `${name}: first data after ${firstMs.toFixed(0)} ms; main thread ${percent(quiet.share)} at rest, ` +
      `${percent(busy.share)} with ${done.toFixed(0)} changes a second; heap ${mib(busy.before.heapBytes)} to ` +
      `${mib(busy.after.heapBytes)} MiB; ${busy.after.elements} elements`,
  );
  await page.close();
}

async function over<T extends { readonly busySeconds: number }>(
  figures: () => Promise<T>,
  during: () => Promise<unknown>,
) {
  const before = await figures();
  const begin = systemClock.monotonic();
  await during();
  const seconds = (systemClock.monotonic() - begin) / 1_000;
  const after = await figures();
  return { before, after, share: (after.busySeconds - before.busySeconds) / seconds };
}

const percent = (share: number) => `${(share * 100).toFixed(1)} %`;
const mib = (bytes: number) => (bytes / 2 ** 20).toFixed(1);

class Server {
  readonly url: string;
  #submitted = 0;

  constructor(url: string) {
    this.url = url;
  }

  /** @returns the id of the batch */
  async submit(count: number): Promise<string> {
    const jobs = Array.from({ length: count }, () => {
      this.#submitted += 1;
      return {
        model: MODELS[this.#submitted % MODELS.length],
        priority: 'LOW',
        request: { generate: { prompt: `Number ${this.#submitted}.` } },
      };
    });
    const { submitBatch } = await this.#ask(
      'mutation ($input: SubmitBatchInput!) { submitBatch(input: $input) { ... on SubmitBatchPayload { batch { id } } ... on UserError { message } } }',
      { input: { jobs } },
    );
    if (!submitBatch.batch) throw new Error(submitBatch.message);
    return submitBatch.batch.id;
  }

  /** Half of the changes are jobs that come, half are the same ones cancelled. @returns how many there were a second */
  async change(perSecond: number, ms: number): Promise<number> {
    const count = Math.max(1, Math.round((perSecond * TICK_MS) / 2_000));
    const begin = systemClock.monotonic();
    let changes = 0;
    for (let tick = 1; systemClock.monotonic() - begin < ms; tick += 1) {
      const id = await this.submit(count);
      await this.#ask('mutation ($id: ID!) { cancelBatch(input: { id: $id }) { __typename } }', { id });
      changes += 2 * count;
      await sleep(systemClock, Math.max(0, begin + tick * TICK_MS - systemClock.monotonic()));
    }
    return (changes * 1_000) / (systemClock.monotonic() - begin);
  }

  async #ask(query: string, variables: object) {
    const response = await fetch(`${this.url}/graphql`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ query, variables }),
    });
    const { data, errors } = (await response.json()) as {
      // biome-ignore lint/suspicious/noExplicitAny: what is selected is the caller's own affair.
      data: any;
      errors?: readonly { message: string }[];
    };
    if (errors) throw new Error(errors.map(({ message }) => message).join(' '));
    return data;
  }
}
