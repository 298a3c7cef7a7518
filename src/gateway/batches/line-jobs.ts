/** From a line of a batch to a job that is fit to be queued, or to why not. */
import type { AcceptService } from '../../accept/accept-service.ts';
import type { ModelDirectory } from '../../accept/admit.ts';
import type { Json, JsonObject } from '../../domain/json.ts';
import type { Principal } from '../../domain/principal.ts';
import type { RefusedLine, RequestBatch } from '../../domain/request-batch.ts';
import { MEMBER } from '../../domain/scopes.ts';
import type { NewJob, Submission } from '../../domain/store.ts';
import { OllamaError } from '../../ollama-api/errors.ts';
import { type Problem, problemOf, refused } from '../shared/problem.ts';
import type { BatchEndpoints } from './endpoints.ts';
import type { RequestLine } from './request-lines.ts';

export interface LineJobsDependencies {
  readonly accept: Pick<AcceptService, 'prepare'>;
  readonly models: ModelDirectory;
  readonly endpoints: BatchEndpoints;
  readonly log: (message: string) => void;
}

/** What a job remembers of its line, in its metadata. */
export interface LineMark {
  readonly line: number;
  readonly customId: string;
  readonly note: JsonObject;
}

const MARK = 'batch_request';

export interface LineJob {
  readonly job: NewJob;
  readonly blobs: Submission['blobs'];
}

export class LineJobs {
  readonly #deps: LineJobsDependencies;

  constructor(deps: LineJobsDependencies) {
    this.#deps = deps;
  }

  /** Nothing is stored. Its deadline is the batch's. */
  jobOf(
    batch: Pick<RequestBatch, 'client' | 'endpoint' | 'priority' | 'expiresAt'>,
    line: number,
    { customId, body }: RequestLine,
  ): LineJob | Problem {
    const { accept, endpoints, log, models } = this.#deps;
    const endpoint = endpoints[batch.endpoint];
    if (!endpoint)
      return refused(400, 'UNKNOWN_ENDPOINT', `This server knows no endpoint ${batch.endpoint} any more.`);
    // Whether the client may use that priority was asked when the batch was made.
    const principal: Principal = { client: batch.client, scopes: MEMBER, maxPriority: 'HIGH' };
    try {
      const { job: asked, note = {} } = endpoint.toJob(models, body);
      const mark: LineMark = { line, customId, note };
      const { job, blobs } = accept.prepare(principal, {
        ...asked,
        priority: batch.priority,
        metadata: { ...asked.metadata, [MARK]: mark as unknown as Json },
      });
      return { job: { ...job, deadline: batch.expiresAt }, blobs };
    } catch (error) {
      return error instanceof OllamaError
        ? refused(error.status, 'REQUEST_REJECTED', error.message)
        : problemOf(error, log);
    }
  }
}

/** Null for a job that is none of a batch of requests. */
export function markOf({ metadata }: { readonly metadata: JsonObject | null }): LineMark | null {
  return (metadata?.[MARK] as unknown as LineMark | undefined) ?? null;
}

export function refusedLine(line: number, customId: string, problem: Problem): RefusedLine {
  const { status, code, message } = problem;
  return { line, customId, kind: 'ERRORED', status, code, message };
}
