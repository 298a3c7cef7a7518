/**
 * What a real server did with the jobs of test/fixtures/measured-runs: Ollama v0.33.0-rc2, its own HTTP layer and scheduler, with
 * synthetic engines and one card of 8192 MiB, once each; "attached" is a simple outside scheduler on it, "process per
 * model" the same with a server for each. See docs/benchmarks.md.
 */
import { type Outcome, readWorkload, type WorkloadJob } from './workload.ts';

type Way = 'one Ollama' | 'attached' | 'process per model';

const row = (
  seconds: number,
  loads: number,
  meanSeconds: number,
  p95Seconds: number,
  ownEvictions: number | null = null,
): Outcome => ({ seconds, loads, meanSeconds, p95Seconds, ownEvictions });

export const RECORDED: Readonly<Record<string, Readonly<Record<Way, Outcome>>>> = {
  'backlog-1': {
    'one Ollama': row(110.3, 29, 60.45, 109.36),
    attached: row(25.2, 8, 13.84, 24.27, 2),
    'process per model': row(18.1, 8, 10.63, 17.2, 0),
  },
  'backlog-2': {
    'one Ollama': row(62.0, 17, 34.49, 60.71),
    attached: row(31.0, 8, 11.04, 29.86, 3),
    'process per model': row(18.7, 8, 8.28, 17.52, 0),
  },
  'backlog-3': {
    'one Ollama': row(33.3, 8, 17.76, 31.98),
    attached: row(29.7, 8, 10.61, 28.3, 1),
    'process per model': row(19.6, 8, 8.36, 18.6, 0),
  },
  'open-1-per-second': {
    'one Ollama': row(146.9, 38, 28.81, 71.19),
    attached: row(82.7, 26, 8.55, 29.93, 8),
    'process per model': row(79, 42, 2.79, 7.83, 0),
  },
  'open-0.5-per-second': {
    'one Ollama': row(178.5, 47, 18.22, 49.05),
    attached: row(154.1, 42, 7.66, 23.32, 15),
    'process per model': row(152.4, 49, 2.12, 5.04, 0),
  },
};

/** @param name one of `RECORDED`. */
export function recordedJobs(name: string): readonly WorkloadJob[] {
  return readWorkload(new URL(`../../test/fixtures/measured-runs/${name}.csv`, import.meta.url));
}
