/** `vramkeeper demo`: a server with a virtual Ollama, or with virtual processes of its own, and sample jobs that go all the way. */
import { rmSync } from 'node:fs';
import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { App } from '../../app.ts';
import { ApiClient } from '../../client/api-client.ts';
import { Situation } from '../../client/documents.ts';
import { type Clock, seededRandom, sleep, systemClock } from '../../clock.ts';
import type { Config } from '../../config/config.ts';
import { loadConfig } from '../../config/load.ts';
import { formatDuration } from '../../domain/units.ts';
import { CommandError, EXIT, type ExitCode } from '../exit.ts';
import { allModels, batchJobs, type JobModel, submitBatch } from '../jobs/api-calls.ts';
import { tallyText } from '../jobs/job-results.ts';
import { JobWatch, type Tally } from '../jobs/job-watch.ts';
import { StopWish, startApp } from '../server/server-process.ts';
import { randomJobs } from '../submit/random-jobs.ts';
import { modelSummary } from '../submit/summary.ts';
import type { Terminal } from '../terminal/terminal.ts';
import { attachedMachine, type DemoMachine, managedMachine } from './demo-machine.ts';
import { createDemoView, type DemoView } from './demo-view.ts';
import { openBrowser } from './open-browser.ts';
import { VramWatch } from './vram-watch.ts';

const JOBS = 50;
const SEED = 7;
const USUAL_PORT = 5001;
const MODELS_WITHIN_MS = 20_000;

export interface DemoOptions {
  readonly exit?: boolean;
  readonly managed?: boolean;
  /** Opens the web page in a browser. */
  readonly open?: boolean;
}

export async function demo(
  options: DemoOptions,
  terminal: Terminal,
  clock: Clock = systemClock,
): Promise<ExitCode> {
  const folder = await mkdtemp(join(tmpdir(), 'vramkeeper-demo-'));
  let machine: DemoMachine | undefined;
  // However the process ends: a second Ctrl-C does not wait for anything.
  process.once('exit', () => {
    machine?.killAll();
    rmSync(folder, { recursive: true, force: true });
  });
  const wish = new StopWish(terminal);
  try {
    machine = options.managed ? await managedMachine(folder) : await attachedMachine();
    const app = await startApp(await demoConfig(machine, folder), { portFallback: true });
    try {
      const { exit: ends = false, open = false } = options;
      return await show({ app, machine, folder, wish, terminal, clock, serveOn: !ends, open });
    } finally {
      // What is unfinished is thrown away with the folder.
      await app.stop({ graceMs: 0 });
    }
  } finally {
    await machine?.stop();
    wish.end();
  }
}

interface Stage {
  readonly app: App;
  readonly machine: DemoMachine;
  readonly folder: string;
  readonly wish: StopWish;
  readonly terminal: Terminal;
  readonly clock: Clock;
  readonly serveOn: boolean;
  readonly open: boolean;
}

async function show(stage: Stage): Promise<ExitCode> {
  const { app, machine, folder, wish, terminal } = stage;
  const usual = new URL(app.url).port === String(USUAL_PORT);
  terminal.outLine(`The web page: ${app.url}`);
  terminal.outLine(machine.about);
  terminal.outLine(`vramkeeper with its data in ${folder}: ${app.url}`);
  terminal.outLine(`GraphiQL: ${app.graphqlUrl}`);
  if (!usual) terminal.outLine(`(port ${USUAL_PORT} is taken, so it has another one)`);
  if (stage.open) await openBrowser(app.url, terminal);
  const view = createDemoView(terminal);
  const work = runJobs(stage, view);
  const exit = await Promise.race([work, wish.wanted.then(() => null)]);
  if (exit === null) {
    // It would only notice that the server is gone.
    work.catch(() => {});
    view.stop();
    terminal.note('Stopped; its data is removed.');
    return EXIT.interrupted;
  }
  if (!stage.serveOn) return exit;
  terminal.outLine();
  terminal.outLine(
    `Still serving: ${app.url}. Try a query in GraphiQL at ${app.graphqlUrl}, or in another terminal:`,
  );
  terminal.outLine(
    `  vramkeeper submit qwen2.5:0.5b "Why is the sky blue?"${usual ? '' : ` --server ${app.url}`}`,
  );
  terminal.outLine('Ctrl-C ends it and removes its data.');
  await wish.wanted;
  return exit;
}

/** Nothing of the user's own settings: the demo is the same everywhere. */
async function demoConfig({ backend }: DemoMachine, folder: string): Promise<Config> {
  const config = await loadConfig(
    { port: String(USUAL_PORT), dataDir: join(folder, 'data') },
    { env: {}, cwd: folder, home: folder },
  );
  return {
    ...config,
    backends: [backend],
    log: { level: 'info', format: 'text', file: join(folder, 'vramkeeper.log') },
    pollIntervalMs: 500,
  };
}

async function runJobs({ app, terminal, clock }: Stage, view: DemoView): Promise<ExitCode> {
  const api = new ApiClient({ url: app.url, client: 'demo' });
  const vram = new VramWatch(api, (memory) => view.showMemory(memory));
  try {
    const models = await knownModels(api, clock);
    const jobs = randomJobs(JOBS, models, seededRandom(SEED));
    terminal.outLine(`${JOBS} random jobs over ${models.length} models:\n`);
    const startedAt = clock.monotonic();
    const batchId = await submitBatch(api, jobs, 'demo');
    vram.start();
    const tally = await follow(api, batchId, view);
    view.stop();
    await summarize(api, batchId, clock.monotonic() - startedAt, tally, terminal);
    return tally.complete === tally.total ? EXIT.done : EXIT.failed;
  } finally {
    view.stop();
    await vram.stop();
    await api.close();
  }
}

async function follow(api: ApiClient, batchId: string, view: DemoView): Promise<Tally> {
  const watch = new JobWatch(api, { filter: { batchId }, onChange: (tally) => view.showJobs(tally) });
  watch.add((await batchJobs(api, batchId)).map((job) => job.id));
  watch.seal();
  await watch.untilDone();
  return watch.tally();
}

async function summarize(
  api: ApiClient,
  batchId: string,
  tookMs: number,
  tally: Tally,
  terminal: Terminal,
): Promise<void> {
  const ids = (await batchJobs(api, batchId)).map((job) => job.id);
  const { stats } = await api.request(Situation, {});
  const { loads, evictions } = stats.swaps;
  terminal.outLine(`\n${await modelSummary(api, ids, terminal.columns)}\n`);
  terminal.outLine(
    `${formatDuration(tookMs)} in all, ${loads} model loads, ${evictions} ${evictions === 1 ? 'eviction' : 'evictions'}`,
  );
  terminal.outLine(tallyText(tally));
}

/** The server learns of the models a moment after its start. */
async function knownModels(api: ApiClient, clock: Clock): Promise<readonly JobModel[]> {
  const until = clock.monotonic() + MODELS_WITHIN_MS;
  for (;;) {
    const models = await allModels(api);
    if (models.length > 0) return models;
    if (clock.monotonic() > until) throw new CommandError('The server has not found the virtual models.');
    await sleep(clock, 100);
  }
}
