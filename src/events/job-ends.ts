/**
 * Waiting for jobs to end. A waiter costs one entry of a map; a commit costs a look-up for each job in it that ended. What a run of this
 * server left is handed to whoever waits as it is, without the store being asked for it.
 *
 * Order: the waiter is entered before the store is asked whether the job has ended already. So an end that is committed meanwhile is told
 * by the commit, and one that was committed before is found by the question; should both tell it, the first one counts.
 */
import { type BackendAnswer, ServerStoppingError, UnknownJobError } from '../domain/errors.ts';
import type { EndWriter } from '../domain/events.ts';
import type { JobId } from '../domain/ids.ts';
import { isTerminal, type Job, textsOf } from '../domain/job.ts';
import type { Finish, JobChange } from '../domain/store.ts';
import { type EndStore, type JobEnd, NO_TEXTS, storedEnd } from './job-end.ts';

interface Waiter {
  readonly resolve: (end: JobEnd | Promise<JobEnd>) => void;
  readonly reject: (reason: unknown) => void;
}

interface Awaited {
  readonly waiters: Set<Waiter>;
  /** What a run left whose end is being committed. */
  left: Left | null;
}

interface Left {
  readonly finish: Finish;
  readonly answer: BackendAnswer | null;
}

export class JobEnds implements EndWriter {
  readonly #store: EndStore;
  readonly #awaited = new Map<JobId, Awaited>();
  #isStopped = false;

  constructor(store: EndStore) {
    this.#store = store;
  }

  /** Jobs whose end somebody waits for. */
  get size(): number {
    return this.#awaited.size;
  }

  /**
   * The next end of the job that is committed from now on: for who makes an id and is about to submit under it.
   * @throws (rejects) ServerStoppingError, the signal's reason, what a failed read of the store throws
   */
  next(jobId: JobId, signal: AbortSignal): Promise<JobEnd> {
    return this.#wait(jobId, signal).ended;
  }

  /**
   * The end of the job, whether it is yet to come or is there already.
   * @throws (rejects) UnknownJobError, and as `next`
   */
  async endOf(jobId: JobId, signal: AbortSignal): Promise<JobEnd> {
    const { ended, tell } = this.#wait(jobId, signal);
    this.#store.job(jobId).then((job) => {
      if (!job) tell.reject(new UnknownJobError(jobId));
      else if (isTerminal(job.status)) storedEnd(job, this.#store).then(tell.resolve, tell.reject);
    }, tell.reject);
    return await ended;
  }

  finishing(finish: Finish, answer: BackendAnswer | null = null): void {
    const awaited = this.#awaited.get(finish.id);
    if (awaited) awaited.left = { finish, answer };
  }

  /** To be called with every commit. */
  jobsChanged(changes: readonly JobChange[]): void {
    if (this.#awaited.size === 0) return;
    for (const { job } of changes) {
      if (!isTerminal(job.status)) continue;
      const awaited = this.#awaited.get(job.id);
      if (!awaited) continue;
      this.#awaited.delete(job.id);
      const end = endFrom(job, awaited.left) ?? storedEnd(job, this.#store);
      for (const { resolve } of awaited.waiters) resolve(end);
    }
  }

  /** Nothing ends here any more. Whoever waits is told so. */
  stop(): void {
    this.#isStopped = true;
    const left = [...this.#awaited.values()];
    this.#awaited.clear();
    for (const { waiters } of left) for (const { reject } of waiters) reject(new ServerStoppingError());
  }

  #wait(jobId: JobId, signal: AbortSignal): { readonly ended: Promise<JobEnd>; readonly tell: Waiter } {
    const { promise, resolve, reject } = Promise.withResolvers<JobEnd>();
    const awaited = this.#awaited.get(jobId) ?? { waiters: new Set(), left: null };
    const onAbort = () => tell.reject(signal.reason);
    const leave = () => {
      signal.removeEventListener('abort', onAbort);
      awaited.waiters.delete(tell);
      if (awaited.waiters.size === 0 && this.#awaited.get(jobId) === awaited) this.#awaited.delete(jobId);
    };
    const tell: Waiter = {
      resolve: (end) => {
        leave();
        resolve(end);
      },
      reject: (reason) => {
        leave();
        reject(reason);
      },
    };
    if (signal.aborted) reject(signal.reason);
    else if (this.#isStopped) reject(new ServerStoppingError());
    else {
      this.#awaited.set(jobId, awaited);
      awaited.waiters.add(tell);
      signal.addEventListener('abort', onAbort, { once: true });
    }
    return { ended: promise, tell };
  }
}

/** Null where the store has to be asked: somebody else ended it, or nobody waited yet when its run ended. */
function endFrom(job: Job, left: Left | null): JobEnd | null {
  const { finish, answer } = left ?? { finish: null, answer: null };
  const isThis =
    finish?.fence === job.fence && job.status === (finish.kind === 'complete' ? 'COMPLETE' : 'FAILED');
  if (finish && isThis) {
    const result = finish.kind === 'complete' ? finish.result : null;
    return { job, result, texts: textsOf(finish.output), answer };
  }
  // It never ran, so there is nothing to be asked for.
  return job.startedAt === null ? { job, result: null, texts: NO_TEXTS, answer: null } : null;
}
