/**
 * The one place through which jobs change: gives out sequences and revisions, keeps the counters with the rows, and
 * remembers what a commit changed, so that it can be reported, or undone, as one.
 */
import type { Bucket } from '../domain/backlog.ts';
import type { ChatNews } from '../domain/chat.ts';
import { type ClientTable, limitsOf, NO_CLIENT_LIMITS } from '../domain/client-limits.ts';
import { isTerminal, type Job, type JobCounts } from '../domain/job.ts';
import type { QueueFull } from '../domain/queue-full.ts';
import type { BlobHash } from '../domain/request.ts';
import type { JobChange } from '../domain/store.ts';
import { resultOf } from '../kinds/kinds.ts';
import { jobSaid, jobTurned } from './chat-answers.ts';
import { releaseImage } from './image-uses.ts';
import type { EncodedResult } from './operation.ts';
import { endsWithoutAnswer, nextLeads } from './shared-answers.ts';
import type { Tables } from './tables.ts';
import { type Recount, Tally } from './tally.ts';

/** What a commit did, for whoever keeps an eye on the queue. */
export interface CommitReport {
  readonly changes: readonly JobChange[];
  readonly buckets: readonly Bucket[];
  readonly delayed: number;
  /** Jobs that are claimed or run, of the clients of whom that has changed. */
  readonly running: readonly (readonly [client: string, count: number])[];
  readonly counts: JobCounts;
  readonly staleFences: number;
  /** Chats that are new, other than they were, or gone. */
  readonly chats: readonly ChatNews[];
}

/** A place to come back to when an operation fails. */
export interface Mark {
  readonly changes: number;
  readonly chats: number;
  readonly sequence: number;
  readonly revision: number;
  readonly staleFences: number;
}

interface Change {
  readonly before: Job | null;
  readonly after: Job | null;
}

export interface QueueState extends Recount {
  /** The last ones given out. */
  readonly sequence: number;
  readonly revision: number;
}

export class QueueWriter {
  readonly tables: Tables;
  #limits: ClientTable;
  readonly #tally: Tally;
  #log: Change[] = [];
  #chats: ChatNews[] = [];
  #now = 0;
  #sequence: number;
  #revision: number;
  #staleFences = 0;

  constructor(tables: Tables, state: QueueState, limits: ClientTable = NO_CLIENT_LIMITS) {
    this.tables = tables;
    this.#limits = limits;
    this.#tally = new Tally(state);
    this.#sequence = state.sequence;
    this.#revision = state.revision;
  }

  /** The store's time of this commit, in whole epoch milliseconds. */
  get now(): number {
    return this.#now;
  }

  set now(time: number) {
    this.#now = Math.floor(time);
  }

  /** What single clients may take from now on. */
  limit(clients: ClientTable): void {
    this.#limits = clients;
  }

  /** Why so many more jobs of the client may not wait; null where they may. @param limit of all clients together */
  fullFor(client: string, more: number, limit: number): QueueFull | null {
    const { maxQueued } = limitsOf(this.#limits, client);
    const { waiting } = this.#tally;
    const own = this.#tally.waitingOf(client);
    if (maxQueued !== null && own + more > maxQueued)
      return { kind: 'queue-full', limit: maxQueued, waiting: own, client };
    return waiting + more > limit ? { kind: 'queue-full', limit, waiting, client: null } : null;
  }

  /** How many more jobs of the client may wait. @param limit of all clients together */
  roomFor(client: string, limit: number): number {
    const { maxQueued } = limitsOf(this.#limits, client);
    const own = (maxQueued ?? Number.POSITIVE_INFINITY) - this.#tally.waitingOf(client);
    return Math.max(0, Math.min(own, limit - this.#tally.waiting));
  }

  get sequence(): number {
    return this.#sequence;
  }

  get revision(): number {
    return this.#revision;
  }

  countStaleFence(): void {
    this.#staleFences += 1;
  }

  insert(job: Omit<Job, 'sequence' | 'revision'>, request: string, blobs: readonly BlobHash[]): Job {
    this.#sequence += 1;
    this.#revision += 1;
    const inserted: Job = { ...job, sequence: this.#sequence, revision: this.#revision };
    this.tables.insertJob(inserted, request, blobs);
    this.#record(null, inserted);
    return inserted;
  }

  update(before: Job, changes: Partial<Job>): Job {
    this.#revision += 1;
    const changed: Job = { ...before, ...changes, revision: this.#revision };
    // Whoever has it tried again after its end is somebody else.
    const after = changed.live && isTerminal(changed.status) ? { ...changed, live: false } : changed;
    this.tables.updateJob(before, after);
    // Vectors are staged by a run alone; of one that does not end with a result they are nobody's.
    if (resultOf(after.kind) === 'embed' && before.status === 'RUNNING' && after.status !== 'COMPLETE')
      this.tables.deleteVectors(after);
    this.#record(before, after);
    if (endsWithoutAnswer(before, after)) nextLeads(this, after);
    if (isTerminal(before.status) !== isTerminal(after.status))
      this.noteChat(jobTurned(this.tables.chats, after, this.now));
    return after;
  }

  /** What a job left that has ended. @param output JSON. @param course JSON */
  putResult(job: Job, output: string, result: EncodedResult | null, course: string | null = null): void {
    this.tables.putResult(job, output, result, course);
    this.noteChat(jobSaid(this.tables.chats, job, output, result, this.now));
  }

  /** Null where no chat is concerned. */
  noteChat(chat: ChatNews | null): void {
    if (chat) this.#chats.push({ id: chat.id, client: chat.client });
  }

  forget(job: Job): void {
    for (const hash of this.tables.blobsOf(job)) releaseImage(this.tables.images, hash, job.client, this.now);
    this.tables.deleteJob(job);
    this.#record(job, null);
  }

  mark(): Mark {
    return {
      changes: this.#log.length,
      chats: this.#chats.length,
      sequence: this.#sequence,
      revision: this.#revision,
      staleFences: this.#staleFences,
    };
  }

  /**
   * Takes the counters back to `mark`. The rows are the caller's to restore: a database does it by itself.
   * @returns what was undone, newest first.
   */
  rollBack(mark: Mark): readonly Change[] {
    const undone = this.#log.splice(mark.changes).reverse();
    for (const { before, after } of undone) this.#tally.change(after, before);
    this.#chats.splice(mark.chats);
    this.#sequence = mark.sequence;
    this.#revision = mark.revision;
    this.#staleFences = mark.staleFences;
    return undone;
  }

  /** What changed since the last `settle`. Read it inside of the transaction; until it is settled it can be rolled back. */
  report(): CommitReport {
    const changes: JobChange[] = [];
    for (const { before, after } of this.#log) {
      if (after) changes.push(changeOf(before, after));
    }
    return {
      changes,
      buckets: this.#tally.takeChanged((bucket) => this.tables.oldestOf(bucket)),
      delayed: this.#tally.delayed,
      running: this.#tally.takeRunning(),
      counts: this.#tally.counts(),
      staleFences: this.#staleFences,
      chats: [...new Map(this.#chats.map((news) => [news.id, news])).values()],
    };
  }

  /** The commit is on disk. */
  settle(): void {
    this.#log = [];
    this.#chats = [];
  }

  #record(before: Job | null, after: Job | null): void {
    this.#log.push({ before, after });
    this.#tally.change(before, after);
  }
}

function changeOf(before: Job | null, job: Job): JobChange {
  if (!before) return { job, previousStatus: null };
  const previousStatus = before.status;
  return before.priority === job.priority
    ? { job, previousStatus }
    : { job, previousStatus, previousPriority: before.priority };
}
