/**
 * The same jobs two ways: every one sent at once to one Ollama, and through vramkeeper on that Ollama. Beside each the figures of
 * the real server on the same jobs (Ollama v0.33.0-rc2 with synthetic engines, one card of 8192 MiB; see docs/benchmarks.md).
 * `npm run bench -- measured [backlog-1 ...] [--url http://a-real-one]`
 */
import { Agent, setGlobalDispatcher } from 'undici';
import type { BackendConfig } from '../src/config/config.ts';
import { type RunningVirtualOllama, runVirtualOllama } from '../src/virtual-ollama/index.ts';
import { directly } from './measured/directly.ts';
import { RECORDED, recordedJobs } from './measured/recorded.ts';
import { throughVramkeeper } from './measured/through-vramkeeper.ts';
import { CARD_BYTES, MOST_LOADED, SERVER, SLOTS } from './measured/virtual.ts';
import { describe, type Outcome, summarize, type WorkloadJob } from './measured/workload.ts';

export async function run(print: (line: string) => void, args: readonly string[] = []): Promise<void> {
  setGlobalDispatcher(new Agent({ headersTimeout: 0, bodyTimeout: 0, connections: 256 }));
  const urlAt = args.indexOf('--url');
  const url = urlAt < 0 ? null : (args[urlAt + 1] ?? null);
  const named = args.filter((arg, i) => arg in RECORDED && (urlAt < 0 || i !== urlAt + 1));
  for (const name of named.length > 0 ? named : ['backlog-1', 'backlog-2', 'backlog-3']) {
    const jobs = recordedJobs(name);
    for (const way of ['one Ollama', 'attached'] as const) {
      if (url !== null && way === 'one Ollama' && !args.includes('--both')) continue;
      const outcome = url === null ? await onVirtual(way, jobs) : await onServer(way, jobs, url, null);
      print(`${name.padEnd(20)} ${way.padEnd(11)} ${describe(outcome)}`);
      const recorded = RECORDED[name]?.[way];
      if (recorded) print(`${''.padEnd(20)} ${'recorded'.padEnd(11)} ${describe(recorded)}`);
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
