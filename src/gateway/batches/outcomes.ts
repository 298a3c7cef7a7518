/** What came of each request of a batch, in the order of its lines as far as jobs were made of them. A few are in memory at a time. */
import { withDeepJson } from '../../domain/deep-json.ts';
import { UnknownJobError } from '../../domain/errors.ts';
import type { BatchId } from '../../domain/ids.ts';
import { isTerminal, type Job } from '../../domain/job.ts';
import type { JsonObject } from '../../domain/json.ts';
import type { RefusalKind, RequestBatchStore } from '../../domain/request-batch.ts';
import type { Store } from '../../domain/store.ts';
import { type EndStore, type JobEnd, storedEnd } from '../../events/job-end.ts';
import { type Problem, problemOfEnd, refused } from '../shared/problem.ts';
import type { AnsweredJob, BatchEndpoint } from './endpoints.ts';
import { markOf } from './line-jobs.ts';

export type Outcome = { readonly customId: string; readonly id: string } & (
  | { readonly kind: 'ANSWERED'; readonly end: AnsweredJob }
  | { readonly kind: 'ERRORED'; readonly problem: Problem }
  | { readonly kind: Exclude<RefusalKind, 'ERRORED'> }
);

export interface OutcomeStore extends EndStore, Pick<Store, 'request'> {
  readonly requestBatches: Pick<RequestBatchStore, 'members' | 'refusals'>;
}

/** Results may be large. */
const JOBS_AT_ONCE = 16;
const REFUSALS_AT_ONCE = 500;

export async function* outcomesOf(
  store: OutcomeStore,
  id: BatchId,
  endpoint: Pick<BatchEndpoint, 'echoes'>,
): AsyncGenerator<Outcome> {
  for (let after = 0; ; ) {
    const jobs = await store.requestBatches.members(id, after, JOBS_AT_ONCE);
    const last = jobs.at(-1);
    if (!last) break;
    after = last.sequence;
    for (const outcome of await Promise.all(jobs.map((job) => outcomeOf(store, job, endpoint))))
      if (outcome) yield outcome;
  }
  for (let after = 0; ; ) {
    const lines = await store.requestBatches.refusals(id, after, REFUSALS_AT_ONCE);
    const last = lines.at(-1);
    if (!last) return;
    after = last.line;
    for (const { line, customId, kind, status, code, message } of lines) {
      const common = { customId, id: `${id.slice('bat_'.length)}${line}` };
      if (kind === 'ERRORED') yield { ...common, kind, problem: refused(status, code, message) };
      else yield { ...common, kind };
    }
  }
}

/** Null for a job that has not ended, or is forgotten. */
async function outcomeOf(
  store: OutcomeStore,
  job: Job,
  { echoes }: Pick<BatchEndpoint, 'echoes'>,
): Promise<Outcome | null> {
  const mark = markOf(job);
  if (!mark || !isTerminal(job.status)) return null;
  const common = { customId: mark.customId, id: job.id.slice('job_'.length) };
  if (job.status === 'CANCELLED') return { ...common, kind: 'CANCELLED' };
  if (job.failure?.code === 'DEADLINE_EXCEEDED') return { ...common, kind: 'EXPIRED' };
  if (job.status === 'FAILED') {
    const end: JobEnd = { job, result: null, texts: { TEXT: '', THINKING: '' }, answer: null };
    return { ...common, kind: 'ERRORED', problem: problemOfEnd(end) };
  }
  try {
    const end = await storedEnd(job, store);
    if (!end.result) return null;
    const echo = echoes ? await echoOf(store, job) : {};
    return { ...common, kind: 'ANSWERED', end: { ...end, result: end.result, note: mark.note, echo } };
  } catch (error) {
    if (error instanceof UnknownJobError) return null;
    throw error;
  }
}

/** @throws UnknownJobError when the job was forgotten meanwhile */
async function echoOf(store: Pick<Store, 'request'>, { id }: Job): Promise<JsonObject> {
  const request = await store.request(id);
  if (!request) throw new UnknownJobError(id);
  return ('echo' in request && withDeepJson(request.echo)) || {};
}
