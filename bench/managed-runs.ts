/**
 * The same jobs three ways: all at once to one Ollama, through vramkeeper on one Ollama, and through vramkeeper with a server process
 * for each model in memory. Beside each what was measured on a real server with the same jobs and the same synthetic engine.
 * `npm run bench:managed -- [backlog-1 open-1-per-second ...] [--way managed]... [--runs FOLDER]`
 * With a real program: `--ollama PROGRAM --models FOLDER [--env NAME=VALUE]...`; its one card of 8192 MiB is taken as given, or read by
 * the `nvidia-smi` on the PATH of `--env` with `--probe nvidia`.
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { Agent, setGlobalDispatcher } from 'undici';
import type { BackendConfig } from '../src/config/config.ts';
import { managedConfig } from '../src/config/managed.ts';
import { createVirtualHost, runVirtualOllama } from '../src/virtual-ollama/index.ts';
import type { RealOllama } from './measured/real-ollama.ts';
import { withServer } from './measured/real-ollama.ts';
import { type Recorded, type RecordedWay, RunsFolder, USUAL_FOLDER } from './measured/runs-folder.ts';
import { throughVramkeeper } from './measured/through-vramkeeper.ts';
import { CARD_BYTES, CATALOG, CELL_ENVIRONMENT, CONTEXT_LENGTH, SERVER, SLOTS } from './measured/virtual.ts';
import { describe, type Outcome, type WorkloadJob } from './measured/workload.ts';
import { onServer } from './measured-runs.ts';

const WAYS = ['one server', 'attached', 'managed'] as const;
type Way = (typeof WAYS)[number];

const RECORDED_AS: Readonly<Record<Way, RecordedWay>> = {
  'one server': 'one Ollama',
  attached: 'attached',
  managed: 'process per model',
};

const USUAL_RUNS = ['backlog-1', 'open-1-per-second'];
/** The managed one through vramkeeper may take so many times what the recorded row took. */
const AIM = 1.15;

export async function run(print: (line: string) => void, args: readonly string[] = []): Promise<void> {
  setGlobalDispatcher(new Agent({ headersTimeout: 0, bodyTimeout: 0, connections: 256 }));
  const { values, positionals } = parseArgs({
    args: [...args],
    allowPositionals: true,
    options: {
      runs: { type: 'string', default: USUAL_FOLDER },
      way: { type: 'string', multiple: true },
      ollama: { type: 'string' },
      models: { type: 'string' },
      env: { type: 'string', multiple: true, default: [] },
      probe: { type: 'string', default: 'fixed' },
    },
  });
  const folder = new RunsFolder(values.runs);
  const real = realOllama(values.ollama, values.models, values.env);
  const ways = chosenWays(values.way ?? (real ? ['attached', 'managed'] : [...WAYS]));
  for (const name of positionals.length > 0 ? positionals : USUAL_RUNS) {
    const jobs = folder.jobs(name);
    for (const way of ways) {
      const outcome = real
        ? await onReal(way, jobs, real, values.probe === 'nvidia')
        : await onVirtual(way, jobs);
      const recorded = folder.recorded(name, RECORDED_AS[way]);
      print(`${name.padEnd(20)} ${way.padEnd(11)} ${describe(outcome)}`);
      print(`${''.padEnd(20)} ${'recorded'.padEnd(11)} ${recorded ? compare(outcome, recorded) : '-'}`);
    }
  }
  print(`(managed is to be within ${AIM} times of what was recorded)`);
}

function compare(outcome: Outcome, recorded: Recorded): string {
  const { seconds, loads, meanSeconds, p95Seconds } = recorded;
  const ratios = [
    outcome.seconds / seconds,
    outcome.meanSeconds / meanSeconds,
    outcome.p95Seconds / p95Seconds,
  ].map((ratio) => ratio.toFixed(2));
  return `${seconds.toFixed(1)} s, ${loads} loads, mean ${meanSeconds.toFixed(2)}, p95 ${p95Seconds.toFixed(2)}; times that: ${ratios.join(', ')}`;
}

function chosenWays(names: readonly string[]): readonly Way[] {
  return names.map((name) => {
    const way = WAYS.find((each) => each === name);
    if (!way) throw new Error(`There is no way "${name}". There are: ${WAYS.join(', ')}.`);
    return way;
  });
}

function realOllama(
  program: string | undefined,
  models: string | undefined,
  variables: readonly string[],
): RealOllama | null {
  if (program === undefined) return null;
  if (models === undefined) throw new Error('--ollama needs --models, the folder with its models.');
  const env = variables.map((variable) => {
    const at = variable.indexOf('=');
    if (at < 1) throw new Error(`--env ${variable} is not NAME=VALUE.`);
    return [variable.slice(0, at), variable.slice(at + 1)];
  });
  return { program, models, env: Object.fromEntries(env) };
}

async function onReal(
  way: Way,
  jobs: readonly WorkloadJob[],
  real: RealOllama,
  isProbed: boolean,
): Promise<Outcome> {
  const gpus: BackendConfig['gpus'] = [
    isProbed ? { probe: 'nvidia', index: null } : { probe: 'fixed', index: 0, totalBytes: CARD_BYTES },
  ];
  if (way !== 'managed') {
    const direct = way === 'attached' ? way : 'one Ollama';
    return withServer(real, (url) => onServer(direct, jobs, url, null, gpus));
  }
  const { program, models, env } = real;
  return {
    ...(await throughVramkeeper(jobs, managedBy({ binary: program, models, env, gpus }))),
    ownEvictions: null,
  };
}

export async function onVirtual(way: Way, jobs: readonly WorkloadJob[]): Promise<Outcome> {
  if (way !== 'managed') {
    const ollama = await runVirtualOllama(SERVER);
    try {
      return await onServer(way === 'attached' ? way : 'one Ollama', jobs, ollama.url, ollama);
    } finally {
      await ollama.stop();
    }
  }
  return onVirtualHost(async (backend) => ({
    ...(await throughVramkeeper(jobs, backend)),
    ownEvictions: null,
  }));
}

/** A virtual machine with the card of the measured runs, and the backend that manages its processes. */
export async function onVirtualHost<T>(
  use: (backend: BackendConfig) => Promise<T>,
  cardBytes = CARD_BYTES,
): Promise<T> {
  const folder = await mkdtemp(join(tmpdir(), 'vramkeeper-bench-host-'));
  const host = createVirtualHost(join(folder, 'host'), {
    gpus: [{ totalBytes: cardBytes }],
    catalog: CATALOG,
  });
  try {
    const { binary, models } = host;
    const env = { ...host.env, ...CELL_ENVIRONMENT };
    return await use(managedBy({ binary, models, env, gpus: [{ probe: 'nvidia', index: null }] }));
  } finally {
    host.killAll();
    await rm(folder, { recursive: true, force: true });
  }
}

function managedBy({
  gpus,
  ...program
}: {
  readonly binary: string;
  readonly models: string;
  readonly env: Readonly<Record<string, string>>;
  readonly gpus: BackendConfig['gpus'];
}): BackendConfig {
  return {
    name: 'ollama',
    type: 'ollama',
    url: 'managed:ollama',
    managed: managedConfig(
      { ...program, parallel: SLOTS, promptCache: 0 },
      { env: {}, home: tmpdir() },
      CONTEXT_LENGTH,
    ),
    parallel: SLOTS,
    maxLoadedModels: null,
    gpus,
  };
}
