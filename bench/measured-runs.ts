/**
 * The same jobs two ways: every one sent at once to one Ollama, and through vramkeeper on that Ollama. Beside each the figures of
 * the real server on the same jobs (Ollama v0.33.0-rc2 with synthetic engines, one card of 8192 MiB; see docs/benchmarks.md).
 * `npm run bench -- measured [backlog-1 ...] [--url http://a-real-one]`
 */
import { readFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Agent, setGlobalDispatcher } from 'undici';
import { createApp } from '../src/app.ts';
import { systemClock } from '../src/clock.ts';
import type { Config } from '../src/config/config.ts';
import { GiB, MiB } from '../src/domain/units.ts';
import { createLoggerOn } from '../src/telemetry/logger.ts';
import { type RunningVirtualOllama, runVirtualOllama } from '../src/virtual-ollama/index.ts';

interface WorkloadJob {
  readonly arrivalMs: number;
  readonly model: string;
  readonly outputTokens: number;
}

interface Outcome {
  readonly seconds: number;
  readonly meanSeconds: number;
  readonly p95Seconds: number;
  /** Null where the server does not tell. */
  readonly loads: number | null;
  readonly ownEvictions: number | null;
}

/** Seconds, loads, mean, p95 and Ollama's own evictions as measured on the real server. */
const RECORDED: Readonly<Record<string, Readonly<Record<'one Ollama' | 'attached', string>>>> = {
  'backlog-1': {
    'one Ollama': '110.3 s, 29 loads, mean 60.5, p95 109.4',
    attached: '25.2 s, 8 loads, mean 13.8, p95 24.3, 2 own evictions',
  },
  'backlog-2': {
    'one Ollama': '62.0 s, 17 loads, mean 34.5, p95 60.7',
    attached: '31.0 s, 8 loads, mean 11.0, p95 29.9, 3 own evictions',
  },
  'backlog-3': {
    'one Ollama': '33.3 s, 8 loads, mean 17.8, p95 32.0',
    attached: '29.7 s, 8 loads, mean 10.6, p95 28.3, 1 own eviction',
  },
  'open-1-per-second': {
    'one Ollama': '146.9 s, 38 loads, mean 28.8, p95 71.2',
    attached: '82.7 s, 26 loads, mean 8.6, p95 29.9, 8 own evictions',
  },
  'open-0.5-per-second': {
    'one Ollama': '178.5 s, 47 loads, mean 18.2, p95 49.1',
    attached: '154.1 s, 42 loads, mean 7.7, p95 23.3, 15 own evictions',
  },
};

const SLOTS = 4;
const CARD_BYTES = 8192 * MiB;

export async function run(print: (line: string) => void, args: readonly string[] = []): Promise<void> {
  setGlobalDispatcher(new Agent({ headersTimeout: 0, bodyTimeout: 0, connections: 256 }));
  const urlAt = args.indexOf('--url');
  const url = urlAt < 0 ? null : (args[urlAt + 1] ?? null);
  const named = args.filter((arg, i) => arg in RECORDED && i !== urlAt + 1);
  for (const name of named.length > 0 ? named : ['backlog-1', 'backlog-2', 'backlog-3']) {
    const jobs = readWorkload(name);
    for (const way of ['one Ollama', 'attached'] as const) {
      if (url !== null && way === 'one Ollama' && !args.includes('--both')) continue;
      const outcome = url === null ? await onVirtual(way, jobs) : await onServer(way, jobs, url, null);
      print(`${name.padEnd(20)} ${way.padEnd(11)} ${describe(outcome)}`);
      print(`${''.padEnd(20)} ${'recorded'.padEnd(11)} ${RECORDED[name]?.[way] ?? '-'}`);
    }
  }
}

function describe({ seconds, meanSeconds, p95Seconds, loads, ownEvictions }: Outcome): string {
  const counted = loads === null ? '' : `, ${loads} loads`;
  const evicted = ownEvictions === null ? '' : `, ${ownEvictions} own evictions`;
  return `${seconds.toFixed(1)} s${counted}, mean ${meanSeconds.toFixed(1)}, p95 ${p95Seconds.toFixed(1)}${evicted}`;
}

function readWorkload(name: string): readonly WorkloadJob[] {
  const text = readFileSync(new URL(`../test/fixtures/measured-runs/${name}.csv`, import.meta.url), 'utf8');
  return text
    .trim()
    .split('\n')
    .slice(1)
    .map((line) => {
      const [arrival = '0', model = '', , output = '0'] = line.split(',');
      return { arrivalMs: Number(arrival) * 1000, model, outputTokens: Number(output) };
    });
}

async function onVirtual(way: 'one Ollama' | 'attached', jobs: readonly WorkloadJob[]): Promise<Outcome> {
  const ollama = await runVirtualOllama({
    gpus: [{ totalBytes: CARD_BYTES }],
    numParallel: SLOTS,
    maxLoadedModels: 16,
    contextLength: 2048,
    loadBaseMs: 200,
    loadBytesPerSecond: GiB,
    tokensPerSecond: 100,
    promptTokensPerSecond: 2_000,
    batchExponent: 0.5,
    computeBytes: 300 * MiB,
  });
  try {
    return await onServer(way, jobs, ollama.url, ollama);
  } finally {
    await ollama.stop();
  }
}

async function onServer(
  way: 'one Ollama' | 'attached',
  jobs: readonly WorkloadJob[],
  url: string,
  ollama: RunningVirtualOllama | null,
): Promise<Outcome> {
  const started = performance.now();
  const latencies =
    way === 'one Ollama' ? await directly(jobs, url) : await throughVramkeeper(jobs, url, ollama !== null);
  const seconds = (performance.now() - started) / 1000;
  const sorted = latencies.toSorted((a, b) => a - b);
  const events = ollama?.core.events.all() ?? null;
  return {
    seconds,
    meanSeconds: sorted.reduce((sum, ms) => sum + ms, 0) / sorted.length / 1000,
    p95Seconds: (sorted[Math.ceil(sorted.length * 0.95) - 1] ?? 0) / 1000,
    loads: events?.filter((event) => event.kind === 'loaded').length ?? null,
    ownEvictions: events?.filter((event) => event.kind === 'unloaded' && event.by === 'self').length ?? null,
  };
}

const PROMPT = 'word '.repeat(40).trim();

function directly(jobs: readonly WorkloadJob[], url: string): Promise<number[]> {
  return Promise.all(
    jobs.map(async ({ arrivalMs, model, outputTokens }) => {
      await new Promise((resolve) => setTimeout(resolve, arrivalMs));
      const arrived = performance.now();
      const body = JSON.stringify({
        model,
        prompt: PROMPT,
        stream: false,
        options: { num_predict: outputTokens },
      });
      const response = await fetch(`${url}/api/generate`, { method: 'POST', body });
      if (!response.ok) throw new Error(await response.text());
      await response.arrayBuffer();
      return performance.now() - arrived;
    }),
  );
}

async function throughVramkeeper(
  jobs: readonly WorkloadJob[],
  url: string,
  isVirtual: boolean,
): Promise<number[]> {
  const dataDir = await mkdtemp(join(tmpdir(), 'vramkeeper-bench-'));
  const config: Config = {
    host: '127.0.0.1',
    port: 0,
    dataDir,
    headroomBytes: 0,
    backends: [
      {
        name: 'ollama',
        type: 'ollama',
        url,
        parallel: SLOTS,
        maxLoadedModels: 16,
        gpus: isVirtual
          ? [{ probe: 'virtual', index: null }]
          : [{ probe: 'fixed', index: 0, totalBytes: CARD_BYTES }],
      },
    ],
    retentionMs: 86_400_000,
    models: {},
    keepAliveMs: 300_000,
    warmup: [],
    keepWarm: [],
    reservations: [],
    contextLength: 2048,
    queueLimit: 100_000,
    maxBodyBytes: 20 * MiB,
    keys: [],
    log: { level: 'silent', format: 'text', file: null },
    pollIntervalMs: 1_000,
    configFile: null,
  };
  const app = createApp(config, { logger: createLoggerOn({ write: () => {} }, 'silent', systemClock) });
  await app.start();
  try {
    return await Promise.all(jobs.map((job) => latencyOf(job, app.graphqlUrl)));
  } finally {
    await app.stop({ graceMs: 0 });
    await rm(dataDir, { recursive: true, force: true });
  }
}

async function latencyOf(
  { arrivalMs, model, outputTokens }: WorkloadJob,
  graphqlUrl: string,
): Promise<number> {
  await new Promise((resolve) => setTimeout(resolve, arrivalMs));
  const ask = async (query: string, variables: object) => {
    const headers = { 'content-type': 'application/json' };
    const response = await fetch(graphqlUrl, {
      method: 'POST',
      headers,
      body: JSON.stringify({ query, variables }),
    });
    // biome-ignore lint/suspicious/noExplicitAny: what is selected is plain here.
    return ((await response.json()) as any).data;
  };
  const arrived = performance.now();
  const request = { generate: { prompt: PROMPT, options: { maxTokens: outputTokens } } };
  const { submitJob } = await ask(
    'mutation ($input: SubmitJobInput!) { submitJob(input: $input) { ... on SubmitJobPayload { job { id createdAt } } ... on UserError { message } } }',
    { input: { model, request } },
  );
  if (!submitJob.job) throw new Error(submitJob.message);
  for (;;) {
    const { job } = await ask(
      'query ($id: ID!) { job(id: $id) { status createdAt finishedAt failure { message } } }',
      { id: submitJob.job.id },
    );
    if (job.status === 'COMPLETE') return Date.parse(job.finishedAt) - Date.parse(job.createdAt);
    if (job.status === 'FAILED') throw new Error(job.failure.message);
    // Polled, so that what is measured is the server and not this client; the times are the server's.
    await new Promise((resolve) => setTimeout(resolve, 250 + (performance.now() - arrived) / 50));
  }
}
