/** What all stores share: the caller's side of writes and reads, and the queue's numbers as of the last commit seen. */
import { type Clock, SteadyClock } from '../clock.ts';
import type { ArrivalListener } from '../domain/arrival-listener.ts';
import { Backlog, type BacklogView } from '../domain/backlog.ts';
import type { BatchChange, BatchFilter, BatchPage, BatchQuery } from '../domain/batch.ts';
import type { ClaimsAhead } from '../domain/claims-ahead.ts';
import type { ClientTable } from '../domain/client-limits.ts';
import type { ModelChoice } from '../domain/fallback.ts';
import type { BatchId, JobId } from '../domain/ids.ts';
import {
  JOB_STATUSES,
  type Job,
  type JobCounts,
  type JobFailure,
  type JobPriority,
  NO_JOBS,
  type OutputPart,
} from '../domain/job.ts';
import type { EndedCourse } from '../domain/job-course.ts';
import type { JobFilter } from '../domain/job-filter.ts';
import type { Json } from '../domain/json.ts';
import type { QueueKey } from '../domain/queue-key.ts';
import type { BlobHash, JobRequest } from '../domain/request.ts';
import {
  type Batch,
  type CancelOptions,
  type CancelOutcome,
  type Claim,
  type ClaimedJob,
  type ClaimPick,
  type Fenced,
  type Finish,
  type IdQuery,
  type JobChange,
  type JobPage,
  type JobQuery,
  type ManyChange,
  type ManyOutcome,
  MOST_CHANGED_AT_ONCE,
  type PriorityOutcome,
  type ReadScope,
  type Recovery,
  type RetryOutcome,
  type ReturnToQueue,
  type Store,
  type Submission,
  type SubmitOutcome,
} from '../domain/store.ts';
import { Arrivals } from './arrivals.ts';
import { ChatRoom } from './chat-room.ts';
import { claimedJobs } from './claimed-jobs.ts';
import { CommitListeners } from './commit-listeners.ts';
import {
  checkPlain,
  count,
  duration,
  encodeBatchChange,
  encodeBatchFilter,
  encodeChoice,
  encodeEndedCourse,
  encodeFilter,
  encodeFinish,
  encodePick,
  encodeReturn,
  encodeSubmission,
  jsonText,
  pageLimit,
  stringified,
  unicode,
} from './encode.ts';
import { type Calls, FileRoom, RequestBatchRoom } from './file-room.ts';
import { HistoryRoom } from './history-room.ts';
import { ImageRoom } from './image-room.ts';
import { LeavingsReader } from './leavings-reader.ts';
import type { AnswerOf, InputOf, Operations } from './operation.ts';
import type { CommitReport } from './queue-writer.ts';
import { stageVectors } from './stage-vectors.ts';
import { WaitingRoom } from './waiting-room.ts';

/** The part of a structured logger that a store needs. */
export interface StoreLogger {
  warn(details: object, message: string): void;
  error(details: object, message: string): void;
}

export const SILENT: StoreLogger = { warn: () => {}, error: () => {} };

export abstract class StoreBase extends LeavingsReader implements Store {
  readonly files: FileRoom;
  readonly images: ImageRoom;
  readonly chats: ChatRoom;
  readonly requestBatches: RequestBatchRoom;
  readonly history: HistoryRoom;
  readonly waiting: WaitingRoom;
  protected readonly logger: StoreLogger;
  protected readonly clock: SteadyClock;
  protected readonly arrivals: Arrivals;
  readonly #backlog: Backlog;
  readonly #listeners = new CommitListeners((error) => this.logger.error({ error }, 'A listener failed.'));
  #counts: JobCounts = NO_JOBS;
  #staleFences = 0;

  constructor(clock: Clock, logger: StoreLogger, clients?: ClientTable) {
    super();
    this.#backlog = new Backlog(clients);
    this.clock = SteadyClock.over(clock);
    this.logger = logger;
    this.arrivals = new Arrivals(this.#backlog, this.clock);
    const calls: Calls = {
      write: (kind, input) => this.write(kind, input),
      read: (kind, input, scope) => this.read(kind, input, scope),
    };
    this.files = new FileRoom(calls);
    this.images = new ImageRoom(calls);
    this.chats = new ChatRoom(calls);
    this.requestBatches = new RequestBatchRoom(calls);
    this.history = new HistoryRoom(calls);
    this.waiting = new WaitingRoom(calls);
  }

  abstract readonly setForwardMs: number;
  abstract readonly writeProblem: string | null;
  abstract start(): Promise<void>;
  abstract stop(): Promise<void>;
  /**
   * Answers after the commit, when its report has been applied here.
   * @param ahead see `claim`
   */
  protected abstract write<K extends keyof Operations>(
    kind: K,
    input: InputOf<Operations, K>,
    ahead?: (answer: AnswerOf<Operations, K>) => void,
  ): Promise<AnswerOf<Operations, K>>;
  get backlog(): BacklogView {
    return this.#backlog;
  }

  get staleFences(): number {
    return this.#staleFences;
  }

  counts(): JobCounts {
    return this.#counts;
  }

  onCommit(listener: (changes: readonly JobChange[]) => void): () => void {
    return this.#listeners.add(listener);
  }

  onArrival(listener: ArrivalListener): () => void {
    return this.arrivals.follow(listener);
  }

  /** Brings the numbers up to a commit, then tells the listeners. */
  protected applyCommit(report: CommitReport): void {
    this.arrivals.committed(report.changes);
    this.#backlog.apply(report.buckets, report.delayed, report.running);
    this.#counts = report.counts;
    this.#staleFences = report.staleFences;
    if (report.chats.length > 0) this.chats.tell(report.chats);
    this.#listeners.tell(report.changes);
  }

  /** Whatever it is, it can be sent and written: nothing that is asked for fails half-way to the rows, or takes others along. */
  async #write<K extends keyof Operations>(
    kind: K,
    input: InputOf<Operations, K>,
    ahead?: (answer: AnswerOf<Operations, K>) => void,
  ): Promise<AnswerOf<Operations, K>> {
    checkPlain(input, kind);
    return this.write(kind, input, ahead);
  }

  async submit(submission: Submission): Promise<SubmitOutcome> {
    const encoded = encodeSubmission(submission);
    this.arrivals.expect(encoded);
    try {
      return await this.#write('submit', encoded);
    } finally {
      this.arrivals.over(encoded);
    }
  }

  async claim(claim: Claim, ahead?: ClaimsAhead<ClaimedJob>): Promise<readonly ClaimedJob[]> {
    const encoded = { ...claim, picks: claim.picks.map(encodePick) };
    return claimedJobs(await this.#write('claim', encoded, ahead && ((early) => ahead(claimedJobs(early)))));
  }

  begin(claims: readonly Fenced[]): Promise<readonly Job[]> {
    return this.#write('begin', claims);
  }

  returnToQueue(returns: readonly ReturnToQueue[]): Promise<readonly Job[]> {
    return this.#write('returnToQueue', returns.map(encodeReturn));
  }

  async finish(finish: Finish): Promise<boolean> {
    if (finish.kind === 'complete' && finish.result.kind === 'embed') {
      const staged = await stageVectors((part) => this.write('stage', part), finish, finish.result.vectors);
      if (!staged) return false;
    }
    return this.#write('finish', encodeFinish(finish));
  }

  keepSaid(claim: Fenced, output: readonly OutputPart[]): Promise<boolean> {
    return this.#write('keepSaid', { ...claim, output: stringified(output, 'The output') });
  }

  refuse(picks: readonly ClaimPick[], failure: JobFailure): Promise<number> {
    return this.#write('refuse', { picks: picks.map(encodePick), failure });
  }

  cancel(
    id: JobId,
    reason: string | null,
    { callerLeft = false }: CancelOptions = {},
  ): Promise<CancelOutcome> {
    return this.#write('cancel', { id, reason, callerLeft });
  }

  retry(id: JobId, queueLimit: number): Promise<RetryOutcome> {
    return this.#write('retry', { id, queueLimit: count(queueLimit) });
  }

  setPriority(id: JobId, priority: JobPriority): Promise<PriorityOutcome> {
    return this.#write('setPriority', { id, priority });
  }

  move(id: JobId, from: QueueKey, to: ModelChoice): Promise<Job | null> {
    return this.#write('move', { id, from: unicode(from) as QueueKey, to: encodeChoice(to) });
  }

  async changeMany(ids: readonly JobId[], change: ManyChange): Promise<ManyOutcome> {
    if (ids.length > MOST_CHANGED_AT_ONCE)
      throw new RangeError(`${ids.length} jobs are too many to change at once.`);
    return this.#write('changeMany', { ids, change });
  }

  async updateBatch(id: BatchId, change: BatchChange): Promise<boolean> {
    return this.#write('updateBatch', { id, ...encodeBatchChange(change) });
  }

  recover(): Promise<Recovery> {
    return this.#write('recover', null);
  }

  tend(retentionMs: number, courses: readonly EndedCourse[] = []): Promise<{ readonly nextInMs: number }> {
    return this.#write('tend', {
      retentionMs: duration(retentionMs),
      courses: courses.map(encodeEndedCourse),
      clock: this.clock.reading(),
    });
  }

  async limitClients(clients: ClientTable): Promise<void> {
    await this.#write('limitClients', { others: clients.others, named: [...clients.named] });
    this.#backlog.limit(clients);
  }

  async remember(space: string, key: string, value: Json): Promise<void> {
    await this.#write('remember', {
      space: unicode(space),
      key: unicode(key),
      value: jsonText(value, `${space}.${key}`),
    });
  }

  async job(id: JobId): Promise<Job | null> {
    const [job] = await this.read('jobs', [id]);
    return job ?? null;
  }

  jobs(ids: readonly JobId[]): Promise<readonly (Job | null)[]> {
    return this.read('jobs', ids);
  }

  list(query: JobQuery, scope?: ReadScope): Promise<JobPage> {
    const filter = encodeFilter(query.filter);
    return this.read('list', { ...query, filter, limit: pageLimit(query.limit) }, scope);
  }

  async countJobs(filter: JobFilter, scope?: ReadScope): Promise<number> {
    const { statuses, ...rest } = filter;
    if (Object.values(rest).every((value) => value === undefined)) {
      // These numbers are here already, as new as the last answered write.
      return [...new Set(statuses ?? JOB_STATUSES)].reduce((sum, status) => sum + this.#counts[status], 0);
    }
    return this.read('countJobs', encodeFilter(filter), scope);
  }

  changedSince(revision: number, limit: number): Promise<readonly Job[]> {
    return this.read('changedSince', { revision, limit: pageLimit(limit) });
  }

  withFallback(after: number, limit: number): Promise<readonly Job[]> {
    return this.read('withFallback', { after, limit: pageLimit(limit) });
  }

  revision(): Promise<number> {
    return this.read('revision', null);
  }

  queuePositions(ids: readonly JobId[], scope?: ReadScope): Promise<readonly (number | null)[]> {
    return this.read('queuePositions', ids, scope);
  }

  async batch(id: BatchId): Promise<Batch | null> {
    const [batch] = await this.read('batches', [id]);
    return batch ?? null;
  }

  batches(ids: readonly BatchId[]): Promise<readonly (Batch | null)[]> {
    return this.read('batches', ids);
  }

  listBatches(query: BatchQuery, scope?: ReadScope): Promise<BatchPage> {
    const filter = encodeBatchFilter(query.filter);
    return this.read('listBatches', { ...query, filter, limit: pageLimit(query.limit) }, scope);
  }

  countBatches(filter: BatchFilter, scope?: ReadScope): Promise<number> {
    return this.read('countBatches', encodeBatchFilter(filter), scope);
  }

  idsWithPrefix(query: IdQuery, scope?: ReadScope): Promise<readonly (JobId | BatchId)[]> {
    const { prefix, client, limit } = query;
    const only = client === undefined ? {} : { client: unicode(client) };
    return this.read('idsWithPrefix', { prefix: unicode(prefix), ...only, limit: pageLimit(limit) }, scope);
  }

  async request(id: JobId): Promise<JobRequest | null> {
    const text = await this.read('request', id);
    return text === null ? null : (JSON.parse(text) as JobRequest);
  }

  requestSize(id: JobId): Promise<number | null> {
    return this.read('requestSize', id);
  }

  blob(hash: BlobHash): Promise<Uint8Array | null> {
    return this.read('blob', hash);
  }

  async recall(space: string): Promise<ReadonlyMap<string, Json>> {
    const found = await this.read('recall', space);
    return new Map([...found].map(([key, text]) => [key, JSON.parse(text) as Json]));
  }
}
