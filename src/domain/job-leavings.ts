/** What finished jobs leave. It may be large, so each part is read alone, and only where somebody asks for it. */
import type { JobId } from './ids.ts';
import type { JobEnding, OutputChannel, OutputPart } from './job.ts';
import type { JobCourse } from './job-course.ts';

/** What a finished job left, in bytes as stored. Told without reading any of it. */
export interface ResultSizes {
  /** Of `JobEnding`. */
  readonly ending: number;
  readonly output: number;
  readonly raw: number;
}

export interface JobLeavings {
  /** Null for unfinished and unknown jobs, as in the next ones. Same order and length as `ids`. */
  resultSizes(ids: readonly JobId[]): Promise<readonly (ResultSizes | null)[]>;
  /** Null unless it is COMPLETE. Same order and length as `ids`. */
  endings(ids: readonly JobId[]): Promise<readonly (JobEnding | null)[]>;
  /** The whole text of its last attempt on each channel. Same order and length as `ids`. */
  texts(ids: readonly JobId[]): Promise<readonly (Readonly<Record<OutputChannel, string>> | null)[]>;
  /** The final record as the backend gave it, as JSON. Same order and length as `ids`. */
  raws(ids: readonly JobId[]): Promise<readonly (string | null)[]>;
  /** How jobs came to their end; null where nobody knows. Same order and length as `ids`. */
  courses(ids: readonly JobId[]): Promise<readonly (JobCourse | null)[]>;
  /** All of its output, in order. */
  output(id: JobId): Promise<readonly OutputPart[] | null>;
  /** Up to `count` vectors of an embedding from the `from`th on (the first is 0), each as JSON. */
  vectors(id: JobId, from: number, count: number): Promise<readonly Uint8Array[]>;
}
