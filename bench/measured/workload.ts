/** The jobs of a measured run, and how long they took. */
import { readFileSync } from 'node:fs';

export interface WorkloadJob {
  readonly arrivalMs: number;
  readonly model: string;
  readonly outputTokens: number;
}

/** Fifty tokens, as every job of the measured runs has them. */
export const PROMPT = 'word '.repeat(40).trim();

/** @param file `arrivalSeconds,model,promptTokens,outputTokens` lines below a head line. */
export function readWorkload(file: string | URL): readonly WorkloadJob[] {
  return readFileSync(file, 'utf8')
    .trim()
    .split('\n')
    .slice(1)
    .map((line) => {
      const [arrival = '0', model = '', , output = '0'] = line.split(',');
      return { arrivalMs: Number(arrival) * 1000, model, outputTokens: Number(output) };
    });
}

export interface Outcome {
  /** From the start, which is the first possible arrival, to the end of the last job. */
  readonly seconds: number;
  readonly meanSeconds: number;
  readonly p95Seconds: number;
  /** Null where the server does not tell. */
  readonly loads: number | null;
  readonly ownEvictions: number | null;
}

/** When each job came and was done, in the same milliseconds as `startedAt`. */
export interface JobTimes {
  readonly arrivedAt: number;
  readonly doneAt: number;
}

export function summarize(
  startedAt: number,
  times: readonly JobTimes[],
): Pick<Outcome, 'seconds' | 'meanSeconds' | 'p95Seconds'> {
  const latencies = times.map(({ arrivedAt, doneAt }) => doneAt - arrivedAt).sort((a, b) => a - b);
  return {
    seconds: (Math.max(...times.map(({ doneAt }) => doneAt)) - startedAt) / 1000,
    meanSeconds: latencies.reduce((sum, ms) => sum + ms, 0) / latencies.length / 1000,
    p95Seconds: percentile(latencies, 0.95) / 1000,
  };
}

/** @param sorted ascending. */
export function percentile(sorted: readonly number[], share: number): number {
  return sorted[Math.max(0, Math.ceil(sorted.length * share) - 1)] ?? 0;
}

export function describe({ seconds, meanSeconds, p95Seconds, loads, ownEvictions }: Outcome): string {
  const counted = loads === null ? '' : `, ${loads} loads`;
  const evicted = ownEvictions ? `, ${ownEvictions} own eviction${ownEvictions === 1 ? '' : 's'}` : '';
  return `${seconds.toFixed(1)} s${counted}, mean ${meanSeconds.toFixed(2)}, p95 ${p95Seconds.toFixed(2)}${evicted}`;
}
