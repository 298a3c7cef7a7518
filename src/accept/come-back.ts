/** Callers that come back: a client library sends a request again whose connection broke, and the job of then was cancelled. */
import { messageOf } from '../domain/errors.ts';
import type { JobId } from '../domain/ids.ts';
import type { Job } from '../domain/job.ts';
import { canonicalJson } from '../domain/json.ts';
import type { NewJob, Store } from '../domain/store.ts';

/** After that it is another request that says the same. */
const COMES_BACK_WITHIN_MS = 60_000;

/** Of one client's cancelled jobs. */
const LOOKED_AT = 100;

export interface ComeBackDependencies {
  readonly store: Pick<Store, 'list' | 'request'>;
  readonly log: (message: string) => void;
}

/** The oldest job that its caller left within the last minute, and that is the same but for when it has to be done; null for none. */
export async function jobLeft(
  { store, log }: ComeBackDependencies,
  asked: NewJob,
  now: number,
): Promise<JobId | null> {
  const filter = { client: asked.client, kinds: [asked.kind], statuses: ['CANCELLED'] as const };
  const order = { field: 'FINISHED_AT', direction: 'DESC' } as const;
  try {
    const { jobs } = await store.list({ filter, order, limit: LOOKED_AT }, { caller: asked.client });
    const left = jobs
      .filter((job) => job.callerLeft && (job.finishedAt ?? 0) > now - COMES_BACK_WITHIN_MS)
      .sort((a, b) => a.sequence - b.sequence);
    const wanted = sameness(asked, asked.request);
    for (const job of left) {
      const request = await store.request(job.id);
      if (request && sameness(job, request) === wanted) return job.id;
    }
  } catch (error) {
    // It costs the place, and not the answer.
    log(`The place of a request that was sent again could not be looked for: ${messageOf(error)}`);
  }
  return null;
}

type Compared = Pick<
  Job,
  'kind' | 'modelName' | 'queue' | 'priority' | 'labels' | 'metadata' | 'maxAttempts'
>;

function sameness(job: Compared, request: NewJob['request']): string {
  const { kind, modelName, queue, priority, labels, metadata, maxAttempts } = job;
  return canonicalJson({ kind, modelName, queue, priority, labels, metadata, maxAttempts, request });
}
