/**
 * The stream behind `jobUpdated`: a snapshot, then changes. Three sources, one order:
 * - The snapshot is read from the store after the position in the log was taken, in one tick, so nothing falls between;
 *   entries that the snapshot already covers are recognised by their revision and left out.
 * - Changes come from the log, the newest per job.
 * - A reader that the log has overrun pages through what changed since, by revision, and then joins the log again. However
 *   slow it is, it holds one page, and the last state of every job reaches it.
 */
import type { Clock } from '../clock.ts';
import type { JobId } from '../domain/ids.ts';
import { isTerminal, type Job, type JobStatus } from '../domain/job.ts';
import type { JobFilter, Store } from '../domain/store.ts';
import { cursorOf, positionOf, restartCursor } from './cursor.ts';
import type { EventLog } from './event-log.ts';
import { concernsReader, matchesJob, matchesUnchanging } from './job-filter.ts';
import { KeyReader, type LogReader, type ReadResult, ScanReader } from './log-reader.ts';
import { PullStream } from './pull-stream.ts';

/** How many jobs a snapshot has at most, and how many are read at once when healing. */
export const PAGE_SIZE = 100;

export interface JobNotice {
  readonly type: 'SNAPSHOT' | 'CHANGED';
  readonly job: Job;
  /** What this reader was told last. Null for a snapshot, a new job, and after the reader fell behind the log. */
  readonly previousStatus: JobStatus | null;
  /** Earlier changes of this job merged into this one, as far as the log reaches. */
  readonly coalesced: number;
  /** Opaque: comes back as `after`. */
  readonly cursor: string;
  /** Epoch milliseconds. */
  readonly at: number;
}

export interface JobFeedOptions {
  readonly log: EventLog;
  readonly store: Pick<Store, 'job' | 'list' | 'changedSince' | 'revision'>;
  readonly clock: Clock;
  /** Follow one job: the stream completes after its end was told, and at once when there is no such job. */
  readonly id?: JobId;
  readonly filter?: JobFilter;
  readonly after?: string;
}

type JobEntry = Extract<ReadResult, { kind: 'entry' }>;

export class JobFeed extends PullStream<JobNotice> {
  readonly #log: EventLog;
  readonly #store: JobFeedOptions['store'];
  readonly #clock: Clock;
  readonly #id: JobId | undefined;
  readonly #filter: JobFilter;
  readonly #after: string | undefined;
  readonly #reader: LogReader;
  /** Read from the store and not taken yet: at most one page. */
  #page: JobNotice[] = [];
  #phase: 'starting' | 'following' | 'healing' | 'complete' = 'starting';
  /** Every change up to here was seen. */
  #revision = 0;
  /** Entries of the log up to here were covered by what was read from the store. */
  #joinRevision = 0;
  /** Revisions told by the snapshot beyond `#joinRevision`; empty again when the log has been read past them. */
  #told = new Map<JobId, number>();
  #toldUntil = 0;

  constructor({ log, store, clock, id, filter = {}, after }: JobFeedOptions) {
    super();
    this.#log = log;
    this.#store = store;
    this.#clock = clock;
    this.#id = id;
    this.#filter = filter;
    this.#after = after;
    this.#reader =
      id === undefined
        ? new ScanReader(
            log,
            log.newest,
            (event) => event.kind === 'job' && matchesUnchanging(filter, event.job),
          )
        : new KeyReader(log, id, log.newest);
  }

  protected async pull(): Promise<JobNotice | undefined> {
    while (!this.ended && !this.#log.ended) {
      const notice = this.#page.shift();
      if (notice) return notice;
      switch (this.#phase) {
        case 'complete':
          return undefined;
        case 'starting':
          await this.#start();
          break;
        case 'healing':
          await this.#heal();
          break;
        case 'following': {
          const followed = await this.#follow();
          if (followed) return followed;
          break;
        }
        default:
          this.#phase satisfies never;
      }
    }
    return undefined;
  }

  async #start(): Promise<void> {
    const position = this.#after === undefined ? undefined : positionOf(this.#log, this.#after);
    if (!position) {
      await this.#snapshot();
      return;
    }
    this.#reader.moveTo(position.sequence);
    this.#joinRevision = position.revision;
    this.#revision = position.revision;
    this.#noteRevision();
    this.#phase = 'following';
    if (this.#id === undefined) return;
    const job = await this.#store.job(this.#id);
    // Its end was told before the cursor that the reader came back with.
    if (!job || (isTerminal(job.status) && job.revision <= position.revision)) this.#phase = 'complete';
  }

  async #snapshot(): Promise<void> {
    this.#reader.moveTo(this.#log.newest);
    this.#joinRevision = await this.#store.revision();
    this.#revision = this.#joinRevision;
    const jobs = await this.#snapshotJobs();
    this.#toldUntil = this.#log.newest;
    this.#told = new Map(jobs.map((job) => [job.id, job.revision]));
    const at = this.#clock.now();
    this.#page = jobs.map((job, index) => ({
      type: 'SNAPSHOT',
      job,
      previousStatus: null,
      coalesced: 0,
      // Whoever comes back with a cursor from the middle has not seen the rest.
      cursor: index === jobs.length - 1 ? this.#cursor() : restartCursor(this.#log),
      at,
    }));
    if (this.#phase === 'starting') this.#phase = 'following';
  }

  /** Oldest first. */
  async #snapshotJobs(): Promise<readonly Job[]> {
    if (this.#id === undefined) {
      const page = await this.#store.list({
        filter: this.#filter,
        order: { field: 'CREATED_AT', direction: 'DESC' },
        limit: PAGE_SIZE,
      });
      return page.jobs.toReversed();
    }
    const job = await this.#store.job(this.#id);
    this.#completeAfter(job);
    return job && matchesJob(this.#filter, job) ? [job] : [];
  }

  async #follow(): Promise<JobNotice | undefined> {
    const result = this.#reader.read();
    if (result.kind === 'overrun') {
      this.#phase = 'healing';
      return undefined;
    }
    this.#noteRevision();
    if (result.kind === 'entry') return this.#changed(result);
    await this.waitOn((wake) => this.#log.onNext(this.#id ?? null, wake));
    return undefined;
  }

  #changed({ entry, coalesced, previousStatus }: JobEntry): JobNotice | undefined {
    if (entry.event.kind !== 'job') return undefined;
    const job = entry.event.job;
    const told = job.revision <= Math.max(this.#joinRevision, this.#told.get(job.id) ?? 0);
    if (this.#reader.sequence >= this.#toldUntil) this.#told.clear();
    if (told) return undefined;
    if (this.#id !== undefined && isTerminal(job.status)) this.#phase = 'complete';
    if (!concernsReader(this.#filter, job, previousStatus)) return undefined;
    return { type: 'CHANGED', job, previousStatus, coalesced, cursor: this.#cursor(), at: entry.at };
  }

  /**
   * One page of what changed. Which status a job had when the reader last heard of it is not known any more, so it is told
   * of every change that its filter could have let through before.
   */
  async #heal(): Promise<void> {
    // Taken before the read: everything in the log up to here is in the store, so the read sees it.
    const joinAt = this.#log.newest;
    const jobs = await this.#changedJobs();
    const at = this.#clock.now();
    // The position is not in the log any more, so this cursor makes a reader that comes back with it begin anew.
    const cursor = restartCursor(this.#log);
    for (const job of jobs) {
      this.#revision = Math.max(this.#revision, job.revision);
      if ((this.#told.get(job.id) ?? 0) >= job.revision || !matchesUnchanging(this.#filter, job)) continue;
      this.#page.push({ type: 'CHANGED', job, previousStatus: null, coalesced: 0, cursor, at });
    }
    if (this.#id === undefined && jobs.length === PAGE_SIZE) return;
    this.#told.clear();
    this.#joinRevision = this.#revision;
    this.#reader.moveTo(joinAt);
    if (this.#phase === 'healing') this.#phase = 'following';
  }

  async #changedJobs(): Promise<readonly Job[]> {
    if (this.#id === undefined) return this.#store.changedSince(this.#revision, PAGE_SIZE);
    const job = await this.#store.job(this.#id);
    this.#completeAfter(job);
    return job && job.revision > this.#revision ? [job] : [];
  }

  #completeAfter(job: Job | null): void {
    if (!job || isTerminal(job.status)) this.#phase = 'complete';
  }

  #cursor(): string {
    return cursorOf(this.#log, { sequence: this.#reader.sequence, revision: this.#revision });
  }

  #noteRevision(): void {
    const passed = this.#log.entry(this.#reader.sequence);
    if (passed) this.#revision = Math.max(this.#revision, passed.revision);
  }
}
