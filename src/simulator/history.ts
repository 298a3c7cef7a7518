/** What happened in a simulated run, in milliseconds since its start. */
import type { SimulatedJob } from './workload/workload.ts';

export interface Finished {
  readonly job: SimulatedJob;
  readonly arrivedMs: number;
  readonly startedMs: number;
  readonly doneMs: number;
  /** When it should have started, by what was foreseen as it came; null where nobody was asked, or nobody knew. */
  readonly foreseenMs: number | null;
}

export interface JobRecord extends Finished {
  /** What it would have taken if it alone had been in a hurry (figures/least.ts). */
  readonly leastMs: number;
}

/** The time of a model in memory. */
export interface Stay {
  readonly model: string;
  readonly gpus: readonly number[];
  readonly loadStartedMs: number;
  /** Null when its load did not end. */
  readyMs: number | null;
  /** When it was told to go; null when it stayed to the end. */
  unloadMs: number | null;
  /** When its memory was free again. */
  goneMs: number | null;
}

export interface History {
  /** In order of their ends. */
  readonly jobs: readonly JobRecord[];
  /** In order of their loads. */
  readonly stays: readonly Stay[];
  /** What each decision took, by the processor's clock, in milliseconds; empty where nothing is decided. */
  readonly decisionMs: readonly number[];
}
