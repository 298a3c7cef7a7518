/** Jobs and what came of them, as one caller sees them: those of others are not there. */
import { UnknownJobError } from '../domain/errors.ts';
import { isId } from '../domain/ids.ts';
import { isTerminal, type Job, type JobCounts } from '../domain/job.ts';
import { type Principal, sees } from '../domain/principal.ts';
import type { Store } from '../domain/store.ts';
import { type EndStore, type JobEnd, storedEnd } from '../events/job-end.ts';

export interface OwnJob {
  readonly job: Job;
  /** Null while it is unfinished. */
  readonly end: JobEnd | null;
}

export class OwnJobs {
  readonly #store: EndStore & Pick<Store, 'counts'>;

  constructor(store: EndStore & Pick<Store, 'counts'>) {
    this.#store = store;
  }

  /** @throws UnknownJobError for what is no id, for a job that is not there, or no more, and for one of somebody else */
  async find(principal: Principal, id: string): Promise<OwnJob> {
    const job = isId('job', id) ? await this.#store.job(id) : null;
    if (!job || !sees(principal, job)) throw new UnknownJobError(id);
    return { job, end: isTerminal(job.status) ? await storedEnd(job, this.#store) : null };
  }

  /** Of all callers: how much there is to do is no secret. */
  counts(): JobCounts {
    return this.#store.counts();
  }
}
