/** Follows jobs to their ends, through lost connections and restarts of the server. */
import type { ApiClient } from '../../client/api-client.ts';
import { JobStates, JobUpdates } from '../../client/documents.ts';
import { ServerUnreachableError } from '../../client/errors.ts';
import type { JobFilter, JobStatus, JobUpdatesSubscription } from '../../client/generated/graphql.ts';
import { type Clock, sleep, systemClock } from '../../clock.ts';
import { isTerminal } from '../../domain/job.ts';

/** `GONE`: the server does not know it any more. */
export type WatchedStatus = JobStatus | 'GONE';

export interface Tally {
  readonly total: number;
  readonly waiting: number;
  readonly running: number;
  readonly complete: number;
  readonly failed: number;
  readonly cancelled: number;
}

const MOST_IDS = 100;

/** A stream that the server ended is begun again after so long. */
const AGAIN_MS = 500;

/** The states of a set of jobs that may still grow. */
export class JobWatch {
  readonly #api: ApiClient;
  readonly #clock: Clock;
  readonly #filter: JobFilter | null;
  readonly #onChange: (tally: Tally) => void;
  readonly #onEnd: (id: string, status: WatchedStatus) => void;
  readonly #statuses = new Map<string, WatchedStatus>();
  readonly #counts = new Map<WatchedStatus, number>();
  /** Whose end was told: a retry of someone else may bring a job back. */
  readonly #ended = new Set<string>();
  readonly #done = Promise.withResolvers<void>();
  #sealed = false;
  #refreshing: Promise<void> | undefined;
  #refreshAgain = false;

  /**
   * @param options.filter narrows the stream of events, where one holds for all of the jobs.
   * @param options.onEnd is told of each job once, as soon as it is known to have ended.
   */
  constructor(
    api: ApiClient,
    options: {
      readonly filter?: JobFilter | undefined;
      readonly onChange: (tally: Tally) => void;
      readonly onEnd?: (id: string, status: WatchedStatus) => void;
      readonly clock?: Clock;
    },
  ) {
    this.#api = api;
    this.#clock = options.clock ?? systemClock;
    this.#filter = options.filter ?? null;
    this.#onChange = options.onChange;
    this.#onEnd = options.onEnd ?? (() => {});
    // An early failure is thrown by `untilDone`, whether or not it is being waited for yet.
    this.#done.promise.catch(() => {});
  }

  add(ids: readonly string[]): void {
    for (const id of ids) if (!this.#statuses.has(id)) this.#set(id, 'PENDING');
    this.#tell();
  }

  /** No more jobs will be added. */
  seal(): void {
    this.#sealed = true;
    this.#tell();
  }

  tally(): Tally {
    const count = (status: WatchedStatus) => this.#counts.get(status) ?? 0;
    return {
      total: this.#statuses.size,
      waiting: count('PENDING') + count('QUEUED'),
      running: count('RUNNING'),
      complete: count('COMPLETE'),
      failed: count('FAILED') + count('GONE'),
      cancelled: count('CANCELLED'),
    };
  }

  /** Resolves when the set is sealed and every job has ended. @throws ServerUnreachableError, RequestFailedError */
  async untilDone(): Promise<void> {
    const ending = new AbortController();
    const listening = this.#listenOn(ending.signal);
    listening.catch((error: unknown) => this.#done.reject(error));
    try {
      await this.#done.promise;
    } finally {
      ending.abort();
      await listening.catch(() => {});
    }
  }

  /** Listens, and begins again where the server ended the stream without being asked to. */
  async #listenOn(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      const events = this.#api.subscribe(JobUpdates, { filter: this.#filter }, signal);
      for await (const { jobUpdated } of events) this.#hear(jobUpdated);
      if (!signal.aborted) await sleep(this.#clock, AGAIN_MS, signal).catch(() => {});
    }
  }

  #hear(event: JobUpdatesSubscription['jobUpdated']): void {
    // Snapshots come when a stream begins, and only for the newest jobs. Whatever is read after the first of them is not
    // older than the stream, so nothing can fall between the two.
    if (event.type === 'SNAPSHOT') this.#refresh();
    if (!this.#statuses.has(event.job.id)) return;
    this.#set(event.job.id, event.job.status);
    this.#tell();
  }

  /** One reading at a time, and one more for all that was asked for meanwhile. */
  #refresh(): void {
    if (this.#refreshing) {
      this.#refreshAgain = true;
      return;
    }
    this.#refreshing = this.#readStates()
      .catch((error: unknown) => {
        // The stream is begun again when the server is back, and then this is too.
        if (!(error instanceof ServerUnreachableError)) this.#done.reject(error);
      })
      .finally(() => {
        this.#refreshing = undefined;
        if (this.#refreshAgain) this.#refresh();
      });
    this.#refreshAgain = false;
  }

  async #readStates(): Promise<void> {
    const open = [...this.#statuses].filter(([, status]) => !hasEnded(status)).map(([id]) => id);
    for (let from = 0; from < open.length; from += MOST_IDS) {
      const ids = open.slice(from, from + MOST_IDS);
      const { nodes } = await this.#api.request(JobStates, { ids });
      for (const [index, id] of ids.entries()) {
        const node = nodes[index];
        const read = node?.__typename === 'Job' ? node.status : 'GONE';
        // An event that came during the reading may be newer than it, and no end is ever taken back but by a retry.
        if (!hasEnded(this.#statuses.get(id) ?? 'GONE')) this.#set(id, read);
      }
    }
    this.#tell();
  }

  #set(id: string, status: WatchedStatus): void {
    const previous = this.#statuses.get(id);
    if (previous) this.#counts.set(previous, (this.#counts.get(previous) ?? 0) - 1);
    this.#statuses.set(id, status);
    this.#counts.set(status, (this.#counts.get(status) ?? 0) + 1);
    if (!hasEnded(status) || this.#ended.has(id)) return;
    this.#ended.add(id);
    this.#onEnd(id, status);
  }

  #tell(): void {
    const tally = this.tally();
    this.#onChange(tally);
    if (this.#sealed && tally.waiting + tally.running === 0) this.#done.resolve();
  }
}

function hasEnded(status: WatchedStatus): boolean {
  return status === 'GONE' || isTerminal(status);
}
