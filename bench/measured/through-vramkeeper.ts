/** The jobs submitted to a vramkeeper with one backend. All times are the server's own, so that asking it costs the jobs nothing. */
import type { App } from '../../src/app.ts';
import type { BackendConfig } from '../../src/config/config.ts';
import { withServedApp } from '../support/served-app.ts';
import { CONTEXT_LENGTH } from './virtual.ts';
import { type JobTimes, type Outcome, PROMPT, summarize, type WorkloadJob } from './workload.ts';

const ASK_MS = 250;
const PATIENCE_MS = 30_000;
const PAGE = 100;

// biome-ignore lint/suspicious/noExplicitAny: what is selected is plain where it is asked for.
type Answer = any;

export interface Served {
  ask(query: string, variables?: object): Promise<Answer>;
}

export async function throughVramkeeper(
  jobs: readonly WorkloadJob[],
  backend: BackendConfig,
): Promise<Pick<Outcome, 'seconds' | 'meanSeconds' | 'p95Seconds' | 'loads'>> {
  return withVramkeeper(backend, async (server) => {
    await untilModelsAreKnown(server);
    const startedAt = Date.now();
    await Promise.all(jobs.map((job) => submit(server, job)));
    await untilDone(server);
    const { stats } = await server.ask('{ stats { swaps { loads } } }');
    return { ...summarize(startedAt, await timesOf(server)), loads: stats.swaps.loads };
  });
}

/** A server with this backend while `use` runs. */
export async function withVramkeeper<T>(
  backend: BackendConfig,
  use: (server: Served) => Promise<T>,
): Promise<T> {
  const settings = {
    backends: [backend],
    keepAliveMs: 300_000,
    contextLength: CONTEXT_LENGTH,
    queueLimit: 100_000,
    pollIntervalMs: 1_000,
  };
  return withServedApp(settings, (app) =>
    use({ ask: (query, variables = {}) => ask(app, query, variables) }),
  );
}

async function ask(app: App, query: string, variables: object): Promise<Answer> {
  const response = await fetch(app.graphqlUrl, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ query, variables }),
  });
  const { data, errors } = (await response.json()) as Answer;
  if (!data) throw new Error(JSON.stringify(errors));
  return data;
}

async function submit(server: Served, { arrivalMs, model, outputTokens }: WorkloadJob): Promise<void> {
  await pause(arrivalMs);
  const request = { generate: { prompt: PROMPT, options: { maxTokens: outputTokens } } };
  const { submitJob } = await server.ask(
    'mutation ($input: SubmitJobInput!) { submitJob(input: $input) { ... on SubmitJobPayload { job { id } } ... on UserError { message } } }',
    { input: { model, request } },
  );
  if (!submitJob.job) throw new Error(submitJob.message);
}

export async function untilModelsAreKnown(server: Served): Promise<void> {
  await until(server, 'models(first: 1) { totalCount }', ({ models }) => models.totalCount > 0);
}

async function untilDone(server: Served): Promise<void> {
  await until(server, 'stats { counts { pending queued running } }', ({ stats: { counts } }) => {
    return counts.pending + counts.queued + counts.running === 0;
  });
}

/** @throws Error with what is wrong when the server is not well for too long: then jobs may wait for ever */
async function until(server: Served, selection: string, isSo: (answer: Answer) => boolean): Promise<void> {
  let wellAt = performance.now();
  for (;;) {
    const answer = await server.ask(`{ ${selection} health { problems { message } } }`);
    if (isSo(answer)) return;
    const { problems } = answer.health;
    if (problems.length === 0) wellAt = performance.now();
    else if (performance.now() - wellAt > PATIENCE_MS)
      throw new Error(problems.map(({ message }: { readonly message: string }) => message).join(' '));
    await pause(ASK_MS);
  }
}

/** @throws Error naming the first job that did not complete */
async function timesOf(server: Served): Promise<readonly JobTimes[]> {
  const times: JobTimes[] = [];
  for (let after: string | null = null; ; ) {
    const { jobs }: Answer = await server.ask(
      'query ($first: Int!, $after: String) { jobs(first: $first, after: $after) { nodes { id status createdAt finishedAt failure { message } } pageInfo { hasNextPage endCursor } } }',
      { first: PAGE, after },
    );
    for (const job of jobs.nodes) {
      if (job.status !== 'COMPLETE') throw new Error(`${job.id}: ${job.failure?.message ?? job.status}`);
      times.push({ arrivedAt: Date.parse(job.createdAt), doneAt: Date.parse(job.finishedAt) });
    }
    if (!jobs.pageInfo.hasNextPage) return times;
    after = jobs.pageInfo.endCursor;
  }
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
