/**
 * The stream behind `jobUpdated`: a snapshot, then changes. Three sources, one order:
 * - The snapshot is read from the store after the position in the log was taken, in one tick, so nothing falls between;
 *   entries that the snapshot already covers are recognised by their revision and left out.
 * - Changes come from the log, the newest per job.
 * - A reader that the log has overrun, or that comes back with a cursor from before the log begins, pages through what
 *   changed since, by revision, and then joins the log again. However slow it is, it holds one page, and the last state of
 *   every job reaches it.
 * What a reader with a status filter was told of a job before it fell behind or left is not known any more, so it is told of
 * the job's next change too when the job can have matched before. Whoever once saw a job waiting learns how it went on.
 */
import type { Clock } from '../clock.ts';
import type { DomainEvent } from '../domain/events.ts';
import type { JobId } from '../domain/ids.ts';
import { isTerminal, type Job, type JobStatus } from '../domain/job.ts';
import type { JobFilter } from '../domain/job-filter.ts';
import { concernsReader, matchesJob, matchesUnchanging, mayBeKnownToReader } from '../domain/job-filter.ts';
import type { Store } from '../domain/store.ts';
import { cursorOf, positionOf } from './cursor.ts';
import { DemandStream } from './demand-stream.ts';
import type { EventLog, LogEntry } from './event-log.ts';
import { KeyReader, type LogReader, type ReadResult, ScanReader } from './log-reader.ts';

/** How many jobs a snapshot has at most, and how many are read at once when healing. */
export const PAGE_SIZE = 100;

export interface JobNotice {
  readonly type: 'SNAPSHOT' | 'CHANGED';
  readonly job: Job;
  /**
   * What this reader was told last, or would have been had it kept pace before it left. Null for a snapshot, a new job, and
   * after the reader fell behind the log.
   */
  readonly previousStatus: JobStatus | null;
  /** Earlier changes of this job merged into this one, as far as the log reaches. */
  readonly coalesced: number;
  /** Whether it is the last of a snapshot. */
  readonly snapshotComplete: boolean;
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

export class JobFeed extends DemandStream<JobNotice> {
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
  /** What was told of a job whose last change lies at or before this entry was told before the reader left. */
  #leftAt = -1;

  constructor({ log, store, clock, id, filter = {}, after }: JobFeedOptions) {
    super();
    this.#log = log;
    this.#store = store;
    this.#clock = clock;
    this.#id = id;
    this.#filter = filter;
    this.#after = after;
    // What was read from the store goes before: of an entry that it covers nothing is counted, and nothing said of how the job was before.
    const isNew = (job: Job) => !this.#isTold(job) && matchesUnchanging(filter, job);
    const accepts = (event: DomainEvent) => event.kind === 'job' && isNew(event.job);
    this.#reader =
      id === undefined
        ? new ScanReader(log, log.newest, accepts)
        : new KeyReader(log, id, log.newest, accepts);
  }

  #isTold({ id, revision }: Job): boolean {
    return revision <= Math.max(this.#joinRevision, this.#told.get(id) ?? 0);
  }

  protected async produce(): Promise<JobNotice | undefined> {
    while (!this.ended && !this.#log.ended) {
      const notice = this.ready();
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
        case 'following':
          await this.waitOn((wake) => this.#log.onNext(this.#id ?? null, wake));
          break;
        default:
          this.#phase satisfies never;
      }
    }
    return undefined;
  }

  protected override ready(): JobNotice | undefined {
    if (this.#log.ended) return undefined;
    return this.#page.shift() ?? this.#follow();
  }

  async #start(): Promise<void> {
    const position = this.#after === undefined ? undefined : positionOf(this.#log.history, this.#after);
    // A store that was put back to an older state counts the same revisions again, for other changes.
    if (!position || position.revision > (await this.#store.revision())) await this.#snapshot();
    else if (position.withinSnapshot) await this.#snapshot(position.revision);
    else await this.#resume(position.revision);
  }

  async #resume(revision: number): Promise<void> {
    this.#revision = revision;
    this.#joinRevision = revision;
    this.#leftAt = this.#log.sequenceAt(revision) ?? -1;
    if (this.#leftAt >= 0) this.#reader.moveTo(this.#leftAt);
    this.#phase = this.#leftAt >= 0 ? 'following' : 'healing';
    if (this.#id === undefined) return;
    const job = await this.#store.job(this.#id);
    // Its end was told before the cursor that the reader came back with.
    if (!job || (isTerminal(job.status) && job.revision <= revision)) this.#phase = 'complete';
  }

  /** @param since of a reader that saw a part of an earlier snapshot: what changed after this revision is owed too. */
  async #snapshot(since?: number): Promise<void> {
    this.#reader.moveTo(this.#log.newest);
    this.#joinRevision = await this.#store.revision();
    this.#revision = since ?? this.#joinRevision;
    const jobs = await this.#snapshotJobs();
    this.#toldUntil = this.#log.newest;
    this.#told = new Map(jobs.map((job) => [job.id, job.revision]));
    const at = this.#clock.now();
    this.#page = jobs.map((job, index) => ({
      type: 'SNAPSHOT',
      job,
      previousStatus: null,
      coalesced: 0,
      snapshotComplete: index === jobs.length - 1,
      cursor: this.#cursor(this.#revision, index < jobs.length - 1),
      at,
    }));
    if (this.#phase === 'starting') this.#phase = since === undefined ? 'following' : 'healing';
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

  /** Undefined when the log has nothing new, or has lost what comes next. */
  #follow(): JobNotice | undefined {
    while (this.#phase === 'following') {
      const result = this.#reader.read();
      if (result.kind === 'overrun') {
        this.#phase = 'healing';
        return undefined;
      }
      this.#noteRevision();
      if (result.kind === 'nothing') return undefined;
      const notice = this.#changed(result);
      if (notice) return notice;
    }
    return undefined;
  }

  #changed({ entry, coalesced, before, since }: JobEntry): JobNotice | undefined {
    if (entry.event.kind !== 'job') return undefined;
    const job = entry.event.job;
    const told = this.#isTold(job);
    if (this.#reader.sequence >= this.#toldUntil) this.#told.clear();
    if (told) return undefined;
    if (this.#id !== undefined && isTerminal(job.status)) this.#phase = 'complete';
    const toldBeforeLeaving =
      before !== null && since <= this.#leftAt && mayBeKnownToReader(this.#filter, job);
    if (!toldBeforeLeaving && !concernsReader(this.#filter, job, before)) return undefined;
    return sharedNotice(entry, {
      type: 'CHANGED',
      job,
      previousStatus: before?.status ?? null,
      coalesced,
      snapshotComplete: false,
      cursor: this.#cursor(job.revision),
      at: entry.at,
    });
  }

  /** One page of what changed, in order of revision. */
  async #heal(): Promise<void> {
    // Taken before the read: everything in the log up to here is in the store, so the read sees it.
    const joinAt = this.#log.newest;
    const jobs = await this.#changedJobs();
    const at = this.#clock.now();
    for (const job of jobs) {
      this.#revision = Math.max(this.#revision, job.revision);
      if ((this.#told.get(job.id) ?? 0) >= job.revision || !mayBeKnownToReader(this.#filter, job)) continue;
      this.#page.push({
        type: 'CHANGED',
        job,
        previousStatus: null,
        coalesced: 0,
        snapshotComplete: false,
        cursor: this.#cursor(job.revision),
        at,
      });
    }
    if (this.#id === undefined && jobs.length === PAGE_SIZE) return;
    this.#told.clear();
    this.#leftAt = -1;
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

  #cursor(revision: number, withinSnapshot = false): string {
    return cursorOf(this.#log.history, { revision, withinSnapshot });
  }

  #noteRevision(): void {
    const passed = this.#log.entry(this.#reader.sequence);
    if (passed) this.#revision = Math.max(this.#revision, passed.revision);
  }
}

/** Readers who are told the same of an entry are given the same object, so that an answer made from it serves all of them. */
const notices = new WeakMap<LogEntry, JobNotice>();

function sharedNotice(entry: LogEntry, notice: JobNotice): JobNotice {
  const last = notices.get(entry);
  if (last?.coalesced === notice.coalesced && last.previousStatus === notice.previousStatus) return last;
  notices.set(entry, notice);
  return notice;
}
