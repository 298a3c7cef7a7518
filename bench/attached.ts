/**
 * How much of the attached way is chance: the recorded jobs with many seeds, in virtual time, beside what was recorded.
 * `npm run bench -- attached [SEEDS]`
 */
import { createOllamaBackend } from '../src/backend/ollama/ollama-backend.ts';
import { systemClock } from '../src/clock.ts';
import type { ModelInfo } from '../src/domain/model.ts';
import { runVirtualOllama } from '../src/virtual-ollama/index.ts';
import { RECORDED, recordedJobs } from './measured/recorded.ts';
import { SERVER } from './measured/virtual.ts';
import { replayAttached } from './measured/virtual-time.ts';
import { describe, type Outcome, percentile } from './measured/workload.ts';

/** Times the recorded makespan, in the mean. */
export const AIM = 1.1;
const USUAL_SEEDS = 60;

/** Of so many runs of one file of jobs. */
export interface Spread {
  readonly name: string;
  readonly outcomes: readonly Outcome[];
  /** Of the mean makespan, times the recorded one. */
  readonly ratio: number;
}

export async function spreads(seeds: number): Promise<readonly Spread[]> {
  const models = await modelsOfVirtualOllama();
  return Object.entries(RECORDED).map(([name, { attached }]) => {
    const jobs = recordedJobs(name);
    const outcomes = Array.from({ length: seeds }, (_, i) => replayAttached(jobs, models, i + 1));
    return { name, outcomes, ratio: mean(outcomes.map(({ seconds }) => seconds)) / attached.seconds };
  });
}

export async function run(print: (line: string) => void, args: readonly string[] = []): Promise<void> {
  const seeds = args[0] === undefined ? USUAL_SEEDS : Number(args[0]);
  if (!Number.isInteger(seeds) || seeds < 1) throw new Error(`"${args[0]}" is no number of seeds.`);
  print(`The means of ${seeds} runs with different seeds, in virtual time.`);
  for (const { name, outcomes, ratio } of await spreads(seeds)) {
    const recorded = RECORDED[name]?.attached;
    if (!recorded) continue;
    const seconds = outcomes.map((one) => one.seconds).sort((a, b) => a - b);
    const [low, high] = [percentile(seconds, 0.05), percentile(seconds, 0.95)].map((each) => each.toFixed(1));
    const over = seconds.filter((each) => each > AIM * recorded.seconds).length;
    print(`${name.padEnd(20)} ${describe(meanOf(outcomes))}; 90 of 100 runs between ${low} and ${high} s`);
    print(
      `${'  recorded'.padEnd(20)} ${describe(recorded)}; times that ${ratio.toFixed(2)}, over ${AIM} in ${over} runs`,
    );
  }
}

function meanOf(outcomes: readonly Outcome[]): Outcome {
  return {
    seconds: mean(outcomes.map(({ seconds }) => seconds)),
    meanSeconds: mean(outcomes.map(({ meanSeconds }) => meanSeconds)),
    p95Seconds: mean(outcomes.map(({ p95Seconds }) => p95Seconds)),
    loads: Math.round(mean(outcomes.map(({ loads }) => loads ?? 0))),
    ownEvictions: mean(outcomes.map(({ ownEvictions }) => ownEvictions ?? 0)),
  };
}

/** As a client reads them from it. */
async function modelsOfVirtualOllama(): Promise<readonly ModelInfo[]> {
  const ollama = await runVirtualOllama(SERVER);
  try {
    const backend = createOllamaBackend({ name: 'ollama', url: ollama.url, clock: systemClock });
    return await backend.library.list(AbortSignal.timeout(60_000));
  } finally {
    await ollama.stop();
  }
}

function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}
