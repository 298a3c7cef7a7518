/**
 * What a swap costs beyond the load itself: two models on virtual processes, of which the card holds one, asked for in turn. Counted from
 * the end of the victim's last job to the start of the next one's first, less what the server takes for the same load by itself.
 * `npm run bench -- swaps [how many]`
 */
import { performance } from 'node:perf_hooks';
import type { BackendConfig } from '../src/config/config.ts';
import { MiB } from '../src/domain/units.ts';
import { onVirtualHost } from './managed-runs.ts';
import { withServer } from './measured/real-ollama.ts';
import { type Served, untilModelsAreKnown, withVramkeeper } from './measured/through-vramkeeper.ts';
import { CONTEXT_LENGTH } from './measured/virtual.ts';
import { percentile } from './measured/workload.ts';

const MODELS = ['smollm:360m', 'qwen2.5:0.5b'] as const;
/** Room for either and not for both: they take 841 and 738 MiB, and with what a driver takes up to 1.4 GiB. */
const CARD_BYTES = 1_500 * MiB;
/** A run of more than a second: an instance that was loaded a moment ago is not asked to go. */
const TOKENS = 130;
const LOADS_ALONE = 5;
const AIM_MS = 100;

export async function run(
  print: (line: string) => void,
  [count = '30']: readonly string[] = [],
): Promise<void> {
  await onVirtualHost(async (backend) => {
    const alone = new Map<string, number>();
    for (const model of MODELS) alone.set(model, await loadAlone(backend, model));
    const swaps = (await swap(backend, Number(count))).map(({ model, ...parts }) => ({
      ...parts,
      overheadMs: parts.wholeMs - (alone.get(model) ?? 0),
    }));
    for (const [model, ms] of alone)
      print(`${model} loaded by the server alone: ${ms.toFixed(0)} ms (median)`);
    const figures = (name: string, values: readonly number[]) => {
      const sorted = values.toSorted((a, b) => a - b);
      const [half, most] = [0.5, 0.95].map((share) => percentile(sorted, share).toFixed(0));
      print(`${name.padEnd(44)} median ${half} ms, p95 ${most} ms`);
    };
    figures(
      'end of the drain to the decision to load',
      swaps.map(({ roomMs }) => roomMs),
    );
    figures(
      'decision to load to the first job',
      swaps.map(({ loadMs }) => loadMs),
    );
    figures(
      'overhead of the whole swap',
      swaps.map(({ overheadMs }) => overheadMs),
    );
    print(`(${swaps.length} swaps; the overhead is to be at most ${AIM_MS} ms at p95)`);
  }, CARD_BYTES);
}

/** Milliseconds of the first load of a server that stands ready, the median of several servers. */
async function loadAlone({ managed }: BackendConfig, model: string): Promise<number> {
  if (!managed?.models) throw new Error('The backend manages no processes.');
  const server = { program: managed.binary, models: managed.models, env: managed.env };
  const times: number[] = [];
  for (let i = 0; i < LOADS_ALONE; i += 1) {
    await withServer(server, async (url) => {
      const startedAt = performance.now();
      const options = { num_ctx: CONTEXT_LENGTH, num_gpu: 999, num_batch: 512 };
      const body = JSON.stringify({ model, options, stream: false });
      const answer = await fetch(`${url}/api/generate`, { method: 'POST', body });
      if (!answer.ok) throw new Error(await answer.text());
      await answer.arrayBuffer();
      times.push(performance.now() - startedAt);
    });
  }
  return percentile(
    times.toSorted((a, b) => a - b),
    0.5,
  );
}

interface Swap {
  readonly model: string;
  /** From the end of the victim's last job to the decision to load. */
  readonly roomMs: number;
  /** From there to the start of the first job. */
  readonly loadMs: number;
  readonly wholeMs: number;
}

async function swap(backend: BackendConfig, count: number): Promise<readonly Swap[]> {
  return withVramkeeper(backend, async (server) => {
    await untilModelsAreKnown(server);
    const swaps: Swap[] = [];
    let before = await submit(server, MODELS[0]);
    // One more than is counted: the first processes of a server are cold.
    for (let i = 1; i <= count + 1; i += 1) {
      const model = MODELS[i % 2] ?? MODELS[0];
      await untilStatus(server, before, ['RUNNING', 'COMPLETE']);
      const next = await submit(server, model);
      await untilStatus(server, next, ['RUNNING', 'COMPLETE']);
      const done = Date.parse((await untilStatus(server, before, ['COMPLETE'])).finishedAt);
      const started = Date.parse((await jobOf(server, next)).startedAt);
      const decided = await loadDecision(server, model);
      if (i > 1)
        swaps.push({ model, roomMs: decided - done, loadMs: started - decided, wholeMs: started - done });
      before = next;
    }
    return swaps;
  });
}

async function submit(server: Served, model: string): Promise<string> {
  const request = { generate: { prompt: 'Why?', options: { maxTokens: TOKENS } } };
  const { submitJob } = await server.ask(
    'mutation ($input: SubmitJobInput!) { submitJob(input: $input) { ... on SubmitJobPayload { job { id } } ... on UserError { message } } }',
    { input: { model, request } },
  );
  if (!submitJob.job) throw new Error(submitJob.message);
  return submitJob.job.id;
}

interface JobState {
  readonly status: string;
  readonly startedAt: string;
  readonly finishedAt: string;
}

async function jobOf(server: Served, id: string): Promise<JobState> {
  const { job } = await server.ask('query ($id: ID!) { job(id: $id) { status startedAt finishedAt } }', {
    id,
  });
  return job;
}

async function untilStatus(server: Served, id: string, statuses: readonly string[]): Promise<JobState> {
  for (;;) {
    const job = await jobOf(server, id);
    if (statuses.includes(job.status)) return job;
    if (job.status === 'FAILED') throw new Error(`${id} failed.`);
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}

/** When the newest load of a model was decided. */
async function loadDecision(server: Served, model: string): Promise<number> {
  const { decisions } = await server.ask('{ decisions(first: 50) { nodes { kind modelName at } } }');
  const load = decisions.nodes.find(
    (one: { kind: string; modelName: string | null }) => one.kind === 'LOAD' && one.modelName === model,
  );
  return Date.parse(load?.at ?? '');
}
