/** What the executor works with, and what it tells. */
import type { Clock, Random } from '../clock.ts';
import type { Backend } from '../domain/backend.ts';
import type { PromptTooLongError } from '../domain/context-errors.ts';
import type { EndWriter, OutputWriter } from '../domain/events.ts';
import type { Evidence } from '../domain/evidence.ts';
import type { BackendId, InstanceId, JobId } from '../domain/ids.ts';
import type { Job, JobResult } from '../domain/job.ts';
import type { JobCourse } from '../domain/job-course.ts';
import type { Variant } from '../domain/model.ts';
import type { QueueKey } from '../domain/queue-key.ts';
import type { JobRequest } from '../domain/request.ts';
import type { Store } from '../domain/store.ts';
import type { DoneWork } from '../domain/work.ts';
import type { Logger } from '../telemetry/logger.ts';

/** What the executor tells the loop; the loop's own events of these names. */
export interface ExecutorReports {
  claimed(claimNumber: number, jobs: readonly JobId[]): void;
  left(report: {
    instanceId: InstanceId;
    jobId: JobId;
    client: string;
    ranMs: number;
    evidence: Evidence;
    succeeded: boolean;
    work?: DoneWork | undefined;
  }): void;
  /** A job has its result. */
  answered(
    of: { readonly job: Pick<Job, 'client' | 'id' | 'queue'>; readonly request: JobRequest },
    result: JobResult,
  ): void;
  loaded(
    instanceId: InstanceId,
    variant: Variant,
    measured: { sizeBytes: number; vramBytes: number } | null,
    loadMs: number,
  ): void;
  /** The first text of a run came. @param at epoch milliseconds */
  answerBegan(job: Job, at: number): void;
  loadFailed(instanceId: InstanceId, error: unknown, loadMs: number): void;
  unloaded(instanceId: InstanceId): void;
}

/** Where jobs go on whose prompt is too long for the context that they had. */
export interface LargerContexts {
  /** Null where there is none, or where it is not to be chosen. */
  larger(
    job: Pick<Job, 'queue'>,
    refused: {
      readonly request: JobRequest;
      /** Of the instance. */
      readonly contextLength: number;
      readonly error: PromptTooLongError;
    },
  ): QueueKey | null;
}

/** Who knows what jobs waited for. */
export interface CourseKeeper {
  /** The first of what an attempt answers has come. */
  outputBegan(id: JobId): void;
  /** As it is kept of a job that ends now. */
  ended(job: Job): JobCourse;
}

export interface ExecutorDependencies {
  readonly courses: CourseKeeper;
  readonly contexts: LargerContexts;
  /** What the model of that backend cannot do and the request asks for, for people; null when nothing of it is known. */
  unmetBy(backendId: BackendId, modelName: string, request: JobRequest): string | null;
  readonly store: Store;
  readonly backends: ReadonlyMap<BackendId, Backend>;
  readonly outputs: OutputWriter;
  readonly ends: EndWriter;
  readonly clock: Clock;
  readonly random: Random;
  readonly logger: Logger;
  readonly reports: ExecutorReports;
}
