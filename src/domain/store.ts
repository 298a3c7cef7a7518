/**
 * The durable queue. Every write is answered after it is on disk; every instant in it is the store's own, so that several
 * servers on one store agree about time. Rows that are QUEUED or RUNNING belong to the server that claimed them for the length
 * of a lease. One contract suite (test/contract/store-contract.ts) holds for every implementation.
 */

import type { ArrivalListener } from './arrival-listener.ts';
import type { BacklogView } from './backlog.ts';
import type { Batch, BatchChange, BatchFilter, BatchPage, BatchQuery, NewBatch } from './batch.ts';
import type { ChatStore } from './chat.ts';
import type { ClaimsAhead } from './claims-ahead.ts';
import type { ClientTable } from './client-limits.ts';
import type { ModelChoice } from './fallback.ts';
import type { HistoryStore } from './history-store.ts';
import type { BatchId, InstanceId, JobId } from './ids.ts';
import type { ImageStore } from './image.ts';
import {
  JOB_PRIORITIES,
  type Job,
  type JobAttempt,
  type JobCounts,
  type JobFailure,
  type JobPriority,
  type JobResult,
  type JobStatus,
  type OutputPart,
} from './job.ts';
import type { EndedCourse, JobCourse } from './job-course.ts';
import type { JobFilter } from './job-filter.ts';
import type { JobLeavings } from './job-leavings.ts';
import type { Json } from './json.ts';
import type { NewJob } from './new-job.ts';
import type { QueueFull } from './queue-full.ts';
import type { QueueKey } from './queue-key.ts';
import type { ReadScope } from './read-scope.ts';
import type { BlobHash, JobRequest } from './request.ts';
import type { RequestBatchStore } from './request-batch.ts';
import type { FileStore } from './stored-file.ts';
import type { WaitingReads } from './waiting.ts';

export type { Batch } from './batch.ts';
export type { NewJob } from './new-job.ts';
export type { ReadScope } from './read-scope.ts';

export interface Submission {
  /** At least one; all or none are stored. */
  readonly jobs: readonly NewJob[];
  readonly batch: NewBatch | null;
  /** The bytes behind the hashes in the requests. Those already stored are not stored again. Hashes without bytes name images that are there. */
  readonly blobs: ReadonlyMap<BlobHash, Uint8Array>;
  /** Whose images may be named. Null, as when it is absent: anybody's. */
  readonly imagesOf?: string | null;
  /** The same key of the same client within 24 hours, judged by the hash of the input, is a duplicate or a conflict. */
  readonly idempotency: { readonly client: string; readonly key: string; readonly inputHash: string } | null;
  /** A job whose caller left and has come back with the same request: it is taken up, where nobody else has done so. Of a single job. */
  readonly takesUp?: JobId | null;
  /** The most jobs that may wait (PENDING, delayed ones included) after this submission. */
  readonly queueLimit: number;
}

export type SubmitOutcome =
  | { readonly kind: 'accepted'; readonly jobs: readonly Job[]; readonly batchId: BatchId | null }
  /** The key matched an earlier submission with the same input: nothing new was stored. */
  | { readonly kind: 'duplicate'; readonly jobs: readonly Job[]; readonly batchId: BatchId | null }
  /** An earlier job of the same request, which ended as its caller left, is in the queue again in its old place: for this caller, and until this deadline. */
  | { readonly kind: 'taken-up'; readonly jobs: readonly Job[]; readonly batchId: null }
  | { readonly kind: 'conflict'; readonly existing: Job }
  /** Images that are named without their bytes are not there. */
  | { readonly kind: 'unknown-images'; readonly hashes: readonly BlobHash[] }
  | QueueFull;

/** Take up to `count` of the oldest claimable jobs of one bucket. */
export interface ClaimPick {
  readonly queue: QueueKey;
  readonly priority: JobPriority;
  readonly client: string;
  readonly count: number;
}

export interface Claim {
  readonly picks: readonly ClaimPick[];
  /** `QUEUED` for an instance that still loads, `RUNNING` for one that is ready. */
  readonly as: 'QUEUED' | 'RUNNING';
  readonly backend: string;
  readonly instanceId: InstanceId;
}

export interface ClaimedJob {
  readonly job: Job;
  readonly request: JobRequest;
}

/** A claim that is held: anything done with an older fence is discarded and counted in `staleFences`. */
export interface Fenced {
  readonly id: JobId;
  readonly fence: number;
}

export interface ReturnToQueue extends Fenced {
  /** The try that ended, added to the job's history; null when it never ran. */
  readonly attempt: JobAttempt | null;
  /** Whether the try counts against `maxAttempts`. */
  readonly counts: boolean;
  /** Not to be claimed again for so long; 0 for at once. */
  readonly delayMs: number;
  /** Where it waits from now on. Absent: where it did. */
  readonly queue?: QueueKey;
  /** The model that is to do it from now on, with its queue. Absent: the same. */
  readonly modelName?: string;
}

export type Finish = Fenced & {
  /** How it came to this, to be kept with it. Absent: nobody knows. */
  readonly course?: JobCourse;
  /** It was done by other weights than its cache key names: no other job has its result. Absent: not so. */
  readonly isOther?: boolean;
} & (
    | { readonly kind: 'complete'; readonly result: JobResult; readonly output: readonly OutputPart[] }
    | {
        readonly kind: 'fail';
        readonly failure: JobFailure;
        readonly attempt: JobAttempt | null;
        readonly output: readonly OutputPart[];
      }
  );

export interface CancelOptions {
  /** See `Job.callerLeft`. Default false. */
  readonly callerLeft?: boolean;
}

export type CancelOutcome =
  | { readonly kind: 'cancelled'; readonly job: Job; readonly previousStatus: JobStatus }
  | { readonly kind: 'not-cancellable'; readonly job: Job }
  | { readonly kind: 'not-found' };

export type RetryOutcome =
  | { readonly kind: 'requeued'; readonly job: Job }
  | { readonly kind: 'not-finished'; readonly job: Job }
  /** Its batch of requests is being answered, or was: what came of it would be in no answer. */
  | { readonly kind: 'answered'; readonly job: Job }
  | QueueFull
  | { readonly kind: 'not-found' };

export type PriorityOutcome =
  | { readonly kind: 'updated'; readonly job: Job }
  /** It had that priority already. */
  | { readonly kind: 'same'; readonly job: Job }
  | { readonly kind: 'not-queued'; readonly job: Job }
  | { readonly kind: 'not-found' };

/** One change for many jobs, each as the change of one does it. */
export type ManyChange =
  | { readonly kind: 'cancel'; readonly reason: string | null }
  | { readonly kind: 'retry'; readonly queueLimit: number }
  | { readonly kind: 'setPriority'; readonly priority: JobPriority };

export interface ManyOutcome {
  readonly changed: number;
  /** They are there, and not in a status in which they could be changed, or are so already. */
  readonly unchanged: number;
  readonly missing: readonly JobId[];
  /** Why not all were tried: as many wait as may; else null. */
  readonly queueFull: Omit<QueueFull, 'kind' | 'waiting'> | null;
}

/** The most jobs that one `changeMany` takes: what comes after it in the store's line does not wait long. */
export const MOST_CHANGED_AT_ONCE = 1_000;

export type JobOrderField = 'CREATED_AT' | 'FINISHED_AT' | 'PRIORITY';

export interface JobOrder {
  readonly field: JobOrderField;
  readonly direction: 'ASC' | 'DESC';
}

/** A place in an ordered list: the value it is ordered by and, among equals, the sequence. */
export interface JobPosition {
  /** Null only for FINISHED_AT of unfinished jobs, which come after all others in ASC. */
  readonly value: number | null;
  readonly sequence: number;
}

/** LOW 0, NORMAL 1, HIGH 2. */
export function urgencyOf(priority: JobPriority): number {
  return JOB_PRIORITIES.length - 1 - JOB_PRIORITIES.indexOf(priority);
}

/** Where a job stands in a list ordered by `field`. By PRIORITY the value is its urgency. */
export function jobPosition(job: Job, field: JobOrderField): JobPosition {
  const { sequence } = job;
  switch (field) {
    case 'CREATED_AT':
      return { value: job.createdAt, sequence };
    case 'FINISHED_AT':
      return { value: job.finishedAt, sequence };
    case 'PRIORITY':
      return { value: urgencyOf(job.priority), sequence };
    default:
      return field satisfies never;
  }
}

export interface JobQuery {
  readonly filter: JobFilter;
  readonly order: JobOrder;
  /** Exclusive. */
  readonly after?: JobPosition;
  /** Exclusive. */
  readonly before?: JobPosition;
  /** Take the last `limit` of the range instead of the first; the answer is in `order` either way. */
  readonly fromEnd?: boolean;
  /** At most 1,000. */
  readonly limit: number;
}

export interface JobPage {
  readonly jobs: readonly Job[];
  /** Whether more match before the first, and after the last, of `jobs`. */
  readonly hasPrevious: boolean;
  readonly hasNext: boolean;
}

/** Which jobs and batches have an id that begins so. */
export interface IdQuery {
  readonly prefix: string;
  /** Those of this client alone. */
  readonly client?: string;
  readonly limit: number;
}

export interface JobChange {
  readonly job: Job;
  /** Null when the job is new. */
  readonly previousStatus: JobStatus | null;
  /** Absent: the one that it has. */
  readonly previousPriority?: JobPriority;
}

/** How many jobs of dead servers were returned to the queue, and how many ended with the server that their callers waited on. */
export interface Recovery {
  readonly requeued: number;
  readonly cancelled: number;
}

export interface Store extends JobLeavings {
  readonly files: FileStore;
  readonly images: ImageStore;
  readonly chats: ChatStore;
  readonly requestBatches: RequestBatchStore;
  readonly history: HistoryStore;
  readonly waiting: WaitingReads;
  /** Opens or creates. @throws DataDirectoryInUseError, StoreUnusableError */
  start(): Promise<void>;
  /** Commits what was asked for, then closes. Safe to call twice. */
  stop(): Promise<void>;

  /**
   * How far the clock was set forward between the lives of this store so far, in all, in milliseconds; as of `start`. An instant that something
   * ends at is remembered without it, and recalled with what it is by then: so it moves with the clock.
   */
  readonly setForwardMs: number;

  // What waits, kept incrementally and as of the last commit this server has seen.
  readonly backlog: BacklogView;
  counts(): JobCounts;
  /** Results and returns discarded because their fence was stale. */
  readonly staleFences: number;
  /** Called after each commit with its changes in order of revision, the counters above up to date, before its operations are answered. Returns a function that ends it. */
  onCommit(listener: (changes: readonly JobChange[]) => void): () => void;
  /** One listener at a time: the last one. Returns a function that ends it. */
  onArrival(listener: ArrivalListener): () => void;

  /** Why nothing can be written and what to do, from the first failure until writes go well again; else null. */
  readonly writeProblem: string | null;

  // Writes.
  submit(submission: Submission): Promise<SubmitOutcome>;
  /** Claims in the order of the picks; fewer than asked for when others were faster. @param ahead see `ClaimsAhead` */
  claim(claim: Claim, ahead?: ClaimsAhead<ClaimedJob>): Promise<readonly ClaimedJob[]>;
  /** QUEUED → RUNNING. Answers those whose fence still held. */
  begin(claims: readonly Fenced[]): Promise<readonly Job[]>;
  /** QUEUED or RUNNING → PENDING with its age. Answers those whose fence still held. */
  returnToQueue(returns: readonly ReturnToQueue[]): Promise<readonly Job[]>;
  /** RUNNING (or, for `fail`, QUEUED) → an end, recorded once. False when the fence was stale. */
  finish(finish: Finish): Promise<boolean>;
  /** What a run had said when its job was cancelled. False when the job has been tried again since. */
  keepSaid(claim: Fenced, output: readonly OutputPart[]): Promise<boolean>;
  /**
   * PENDING → FAILED, of each pick up to `count` of the oldest claimable; answers how many. No attempt is counted: none was made. Those that another model may do
   * wait for that instead.
   */
  refuse(picks: readonly ClaimPick[], failure: JobFailure): Promise<number>;
  /** Any unfinished job → CANCELLED, at once and durably; a running one's later result is discarded by its fence. */
  cancel(id: JobId, reason: string | null, options?: CancelOptions): Promise<CancelOutcome>;
  /** FAILED or CANCELLED → PENDING with a fresh count of attempts. */
  retry(id: JobId, queueLimit: number): Promise<RetryOutcome>;
  setPriority(id: JobId, priority: JobPriority): Promise<PriorityOutcome>;
  /** A PENDING job in `from` waits in `to` from then on, for another of its choices. Null where it is not there any more. */
  move(id: JobId, from: QueueKey, to: ModelChoice): Promise<Job | null>;
  /** In one commit, in the order given. @param ids at most MOST_CHANGED_AT_ONCE */
  changeMany(ids: readonly JobId[], change: ManyChange): Promise<ManyOutcome>;
  /** False when it is not there. */
  updateBatch(id: BatchId, change: BatchChange): Promise<boolean>;
  /**
   * Returns to PENDING, with age kept and no attempt counted, what a dead server had claimed (and, at start, this one's earlier life).
   * Live jobs that it had accepted end CANCELLED, whether they had run or not: the connections of their callers ended with it.
   */
  recover(): Promise<Recovery>;
  /**
   * Renews this server's lease, makes delayed jobs claimable that are due, fails waiting jobs past their deadline, and
   * forgets finished jobs but for those of kept batches, ended batches of requests and files of clients older than `retentionMs`, and images that nothing uses, in portions. Answers when it should be called again at the latest.
   */
  tend(retentionMs: number, courses?: readonly EndedCourse[]): Promise<{ readonly nextInMs: number }>;

  // Reads. What was answered to a write is visible to every read that starts after the answer.
  job(id: JobId): Promise<Job | null>;
  /** Same order and length as `ids`. */
  jobs(ids: readonly JobId[]): Promise<readonly (Job | null)[]>;
  /** @throws CallerGoneError, ReadTooLongError, StoreBusyError, as all reads with a scope */
  list(query: JobQuery, scope?: ReadScope): Promise<JobPage>;
  countJobs(filter: JobFilter, scope?: ReadScope): Promise<number>;
  /** Jobs whose last change has a revision above `revision`, in that order: how a reader that fell behind heals. */
  changedSince(revision: number, limit: number): Promise<readonly Job[]>;
  /** PENDING jobs that several models may do, in order of sequence, from above `after` on. */
  withFallback(after: number, limit: number): Promise<readonly Job[]>;
  /** The newest revision that is visible to reads. */
  revision(): Promise<number>;
  /** Zero-based place among all waiting jobs by priority and age; null for jobs that do not wait. Same order and length. */
  queuePositions(ids: readonly JobId[], scope?: ReadScope): Promise<readonly (number | null)[]>;
  batch(id: BatchId): Promise<Batch | null>;
  /** Same order and length as `ids`. */
  batches(ids: readonly BatchId[]): Promise<readonly (Batch | null)[]>;
  listBatches(query: BatchQuery, scope?: ReadScope): Promise<BatchPage>;
  countBatches(filter: BatchFilter, scope?: ReadScope): Promise<number>;
  /** Ids of jobs and batches, in order. */
  idsWithPrefix(query: IdQuery, scope?: ReadScope): Promise<readonly (JobId | BatchId)[]>;
  request(id: JobId): Promise<JobRequest | null>;
  /** In bytes as stored, told without reading it. Null where the job is not there. */
  requestSize(id: JobId): Promise<number | null>;

  blob(hash: BlobHash): Promise<Uint8Array | null>;

  // A small durable map, for what was learned and what was set at run time.
  /** What single clients may take from now on. Jobs that are there stay. */
  limitClients(clients: ClientTable): Promise<void>;
  remember(space: string, key: string, value: Json): Promise<void>;
  recall(space: string): Promise<ReadonlyMap<string, Json>>;
}
