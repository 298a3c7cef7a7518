/** What is to be done: jobs with their models, as data, so that every policy gets the same. */
import type { JobPriority } from '../../domain/job.ts';

export interface SimulatedModel {
  readonly name: string;
  /** On a card, with all of its slots. */
  readonly bytes: number;
  /** What a load reads. */
  readonly weightsBytes: number;
  /** What an Ollama predicts before it loads it. */
  readonly predictedBytes: number;
}

export interface SimulatedJob {
  /** Its place in the workload. */
  readonly number: number;
  readonly model: string;
  readonly client: string;
  readonly priority: JobPriority;
  /** What it takes alone on its model, with nothing else on the card. */
  readonly workMs: number;
  /** Since the start, or since the end of the job that it waits for. */
  readonly arrivalMs: number;
  /** The number of an earlier job that is to end first: whoever waits for an answer before the next question. Null: none. */
  readonly after: number | null;
}

export interface Workload {
  readonly name: string;
  readonly models: readonly SimulatedModel[];
  /** In order of their numbers. */
  readonly jobs: readonly SimulatedJob[];
  /** What was made up although the source did not tell it, for people; null when nothing was. */
  readonly note: string | null;
}

/** A job before it has its number. */
export type JobDraft = Omit<SimulatedJob, 'number'>;

/** Jobs in order of arrival; those that wait for others keep their order. @param drafts without `after` */
export function numbered(drafts: readonly JobDraft[]): readonly SimulatedJob[] {
  return drafts.toSorted((a, b) => a.arrivalMs - b.arrivalMs).map((draft, number) => ({ ...draft, number }));
}

/** The earliest instant at which each job can arrive, since the start, by number. */
export function earliestArrivals({ jobs }: Workload): readonly number[] {
  const arrivals: number[] = [];
  for (const { after, arrivalMs } of jobs) {
    const before = after === null ? undefined : jobs[after];
    const start = before ? (arrivals[before.number] ?? 0) + before.workMs : 0;
    arrivals.push(start + arrivalMs);
  }
  return arrivals;
}
