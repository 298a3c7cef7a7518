/** What may be asked for in a batch: for each path, how a request becomes a job, and a job's end the body of its answer. */
import type { ModelDirectory } from '../../accept/accept.ts';
import type { JobSubmission } from '../../accept/submission.ts';
import type { Clock } from '../../clock.ts';
import type { Job } from '../../domain/job.ts';
import type { JsonObject } from '../../domain/json.ts';
import type { CompleteEnd } from '../shared/answer-with-job.ts';

export interface BatchRequest {
  readonly job: Pick<JobSubmission, 'model' | 'request' | 'wishes' | 'metadata'>;
  /** What little `toBody` has to know of the request. Kept in the metadata of the job, so what may be large is the request's `echo`. */
  readonly note?: JsonObject;
}

export interface AnsweredJob extends CompleteEnd {
  readonly job: Job;
  /** As `toJob` left it. */
  readonly note: JsonObject;
  /** As `toJob` left it in its request. */
  readonly echo: JsonObject;
}

export interface BatchEndpoint {
  /** Its answers say again what they were asked with. */
  readonly echoes?: true;
  /** @param body JSON of one request @throws what the path itself would answer, as a problem or an error of Ollama's */
  toJob(models: ModelDirectory, body: string): BatchRequest;
  /** JSON. The same end gives the same text. */
  toBody(end: AnsweredJob, clock: Pick<Clock, 'now'>): string;
}

/** By path. */
export type BatchEndpoints = Readonly<Record<string, BatchEndpoint>>;
