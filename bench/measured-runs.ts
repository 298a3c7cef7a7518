/**
 * The same jobs two ways: every one sent at once to one Ollama, and through vramkeeper on that Ollama. Beside each the figures of
 * the real server on the same jobs (Ollama v0.33.0-rc2 with synthetic engines, one card of 8192 MiB; see docs/benchmarks.md).
 * `npm run bench -- measured [backlog-1 ...] [--url http://a-real-one]`
 */
import { Agent, setGlobalDispatcher } from 'undici';
import type { BackendConfig } from '../src/config/config.ts';
import { type RunningVirtualOllama, runVirtualOllama } from '../src/virtual-ollama/index.ts';
import { directly } from './measured/directly.ts';
import { throughVramkeeper } from './measured/through-vramkeeper.ts';
import { CARD_BYTES, MOST_LOADED, SERVER, SLOTS } from './measured/virtual.ts';
import { describe, type Outcome, readWorkload, summarize, type WorkloadJob } from './measured/workload.ts';

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

export async function run(print: (line: string) => void, args: readonly string[] = []): Promise<void> {
  setGlobalDispatcher(new Agent({ headersTimeout: 0, bodyTimeout: 0, connections: 256 }));
  const urlAt = args.indexOf('--url');
  const url = urlAt < 0 ? null : (args[urlAt + 1] ?? null);
  const named = args.filter((arg, i) => arg in RECORDED && i !== urlAt + 1);
  for (const name of named.length > 0 ? named : ['backlog-1', 'backlog-2', 'backlog-3']) {
    const jobs = readWorkload(new URL(`../test/fixtures/measured-runs/${name}.csv`, import.meta.url));
    for (const way of ['one Ollama', 'attached'] as const) {
      if (url !== null && way === 'one Ollama' && !args.includes('--both')) continue;
      const outcome = url === null ? await onVirtual(way, jobs) : await onServer(way, jobs, url, null);
      print(`${name.padEnd(20)} ${way.padEnd(11)} ${describe(outcome)}`);
      print(`${''.padEnd(20)} ${'recorded'.padEnd(11)} ${RECORDED[name]?.[way] ?? '-'}`);
    }
  }
}

async function onVirtual(way: 'one Ollama' | 'attached', jobs: readonly WorkloadJob[]): Promise<Outcome> {
  const ollama = await runVirtualOllama(SERVER);
  try {
    return await onServer(way, jobs, ollama.url, ollama);
  } finally {
    await ollama.stop();
  }
}

const VIRTUAL_CARD: BackendConfig['gpus'] = [{ probe: 'virtual', index: null }];
const GIVEN_CARD: BackendConfig['gpus'] = [{ probe: 'fixed', index: 0, totalBytes: CARD_BYTES }];

/** @param gpus of the attached backend. */
export async function onServer(
  way: 'one Ollama' | 'attached',
  jobs: readonly WorkloadJob[],
  url: string,
  ollama: RunningVirtualOllama | null,
  gpus: BackendConfig['gpus'] = ollama ? VIRTUAL_CARD : GIVEN_CARD,
): Promise<Outcome> {
  const startedAt = performance.now();
  const taken =
    way === 'one Ollama'
      ? summarize(startedAt, await directly(jobs, url))
      : await throughVramkeeper(jobs, attachedTo(url, gpus));
  const events = ollama?.core.events.all() ?? null;
  return {
    loads: null,
    ...taken,
    ...(events && { loads: events.filter((event) => event.kind === 'loaded').length }),
    ownEvictions: events?.filter((event) => event.kind === 'unloaded' && event.by === 'self').length ?? null,
  };
}

function attachedTo(url: string, gpus: BackendConfig['gpus']): BackendConfig {
  return {
    name: 'ollama',
    type: 'ollama',
    url,
    parallel: SLOTS,
    maxLoadedModels: MOST_LOADED,
    gpus,
  };
}
