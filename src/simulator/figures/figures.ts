/** What came of a run, in numbers. */

import { JOB_PRIORITIES, type JobPriority } from '../../domain/job.ts';
import { greatest } from '../../domain/long-lists.ts';
import type { History, JobRecord } from '../history.ts';
import type { Bounds } from './bounds.ts';
import { loadedAgainWithin, serviceGapMs } from './gaps.ts';

/** Who is back in memory so soon had better not have left it. */
const SOON_MS = 60_000;

export interface PriorityFigures {
  readonly meanSeconds: number;
  readonly p95Seconds: number;
  readonly maxSeconds: number;
}

/** As `vramkeeper simulate --json` prints them. */
export interface RunFigures {
  readonly workload: string;
  readonly policy: string;
  readonly seed: number;
  readonly jobs: number;
  /** From the start to the last end. */
  readonly makespanSeconds: number;
  /** No policy can be done sooner. */
  readonly makespanBoundSeconds: number;
  readonly loads: number;
  /** Of all loads together. */
  readonly loadSeconds: number;
  /** From arrivals to ends, as all that follow. */
  readonly meanSeconds: number;
  /** If each job alone had been in a hurry when it came (least.ts). */
  readonly leastMeanSeconds: number;
  readonly p50Seconds: number;
  readonly p95Seconds: number;
  readonly p99Seconds: number;
  /** Of those priorities that had jobs. */
  readonly byPriority: Readonly<Partial<Record<JobPriority, PriorityFigures>>>;
  /** Of the mean slowdowns of clients: 1 when all are slowed down alike, 1/n when one bears all. */
  readonly jainIndex: number;
  /** The longest time in which a client had jobs that waited and none of them was started. */
  readonly serviceGapSeconds: number;
  /** Of models that had left memory within the last minute. */
  readonly loadsWithin60Seconds: number;
  /** Between the starts that were foreseen as jobs came and those that came true, the median; null where none was foreseen. */
  readonly startErrorP50Seconds: number | null;
  /** By the processor's clock: the one figure that differs from run to run. 0 where nothing is decided. */
  readonly decisionP99Ms: number;
}

export function figuresOf(
  history: History,
  bounds: Bounds,
  named: Pick<RunFigures, 'workload' | 'policy' | 'seed'>,
): RunFigures {
  const latencies = secondsOf(history.jobs);
  const loads = history.stays.flatMap(({ loadStartedMs, readyMs }) =>
    readyMs === null ? [] : [readyMs - loadStartedMs],
  );
  const ends = history.jobs.map(({ doneMs }) => doneMs);
  return {
    ...named,
    jobs: history.jobs.length,
    makespanSeconds: Math.max(0, greatest(ends)) / 1_000,
    makespanBoundSeconds: bounds.makespanMs / 1_000,
    loads: loads.length,
    loadSeconds: sumOf(loads) / 1_000,
    meanSeconds: meanOf(latencies),
    leastMeanSeconds: meanOf(history.jobs.map(({ leastMs }) => leastMs)) / 1_000,
    p50Seconds: percentile(latencies, 0.5),
    p95Seconds: percentile(latencies, 0.95),
    p99Seconds: percentile(latencies, 0.99),
    byPriority: Object.fromEntries(
      JOB_PRIORITIES.flatMap((priority) => {
        const own = secondsOf(history.jobs.filter(({ job }) => job.priority === priority));
        if (own.length === 0) return [];
        const figures = {
          meanSeconds: meanOf(own),
          p95Seconds: percentile(own, 0.95),
          maxSeconds: greatest(own),
        };
        return [[priority, figures]];
      }),
    ),
    jainIndex: jainIndex(history.jobs),
    serviceGapSeconds: serviceGapMs(history.jobs) / 1_000,
    loadsWithin60Seconds: loadedAgainWithin(history.stays, SOON_MS),
    startErrorP50Seconds: startErrorP50(history.jobs),
    decisionP99Ms: percentile(
      history.decisionMs.toSorted((a, b) => a - b),
      0.99,
    ),
  };
}

function startErrorP50(jobs: readonly JobRecord[]): number | null {
  const errors = jobs.flatMap(({ foreseenMs, startedMs }) =>
    foreseenMs === null ? [] : [Math.abs(startedMs - foreseenMs) / 1_000],
  );
  return errors.length === 0
    ? null
    : percentile(
        errors.toSorted((a, b) => a - b),
        0.5,
      );
}

/** From arrivals to ends, ascending. */
export function secondsOf(jobs: readonly JobRecord[]): readonly number[] {
  return jobs.map(({ arrivedMs, doneMs }) => (doneMs - arrivedMs) / 1_000).sort((a, b) => a - b);
}

/** @param sorted ascending */
export function percentile(sorted: readonly number[], share: number): number {
  return sorted[Math.max(0, Math.ceil(sorted.length * share) - 1)] ?? 0;
}

export function meanOf(values: readonly number[]): number {
  return values.length === 0 ? 0 : sumOf(values) / values.length;
}

function sumOf(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0);
}

/** (Σx)² / (n·Σx²) of the mean slowdowns x of n clients (Jain, Chiu, Hawe 1984); a slowdown is latency / work. */
function jainIndex(jobs: readonly JobRecord[]): number {
  const byClient = Map.groupBy(jobs, ({ job }) => job.client);
  const slowdowns = [...byClient.values()].map((own) =>
    meanOf(own.map(({ job, arrivedMs, doneMs }) => (doneMs - arrivedMs) / Math.max(1, job.workMs))),
  );
  const squares = sumOf(slowdowns.map((each) => each ** 2));
  return squares === 0 ? 1 : sumOf(slowdowns) ** 2 / (slowdowns.length * squares);
}
