/**
 * The one door to the queue: validates, resolves and admits a job, whoever brings it. Transports only translate.
 */
import type { OutlinedJob } from '../domain/batch-preview.ts';
import { type InputIssue, VramkeeperError } from '../domain/errors.ts';
import type { BatchId, JobId } from '../domain/ids.ts';
import type { Job, JobPriority } from '../domain/job.ts';
import type { Principal } from '../domain/principal.ts';
import type { Piece, PieceOutcome } from '../domain/request-batch.ts';
import type {
  CancelOptions,
  CancelOutcome,
  ManyChange,
  NewJob,
  PriorityOutcome,
  ReadScope,
  RetryOutcome,
  Submission,
} from '../domain/store.ts';
import type { GrantedWishes } from '../kinds/wishes.ts';
import type { JobSelection, ManyChanged } from './change-many.ts';
import type { BatchSubmission, JobSubmission } from './submission.ts';

/** The idempotency key was used before with other input. */
export class IdempotencyConflictError extends VramkeeperError {
  readonly code = 'IDEMPOTENCY_CONFLICT';
  readonly existing: Job;

  constructor(existing: Job) {
    super(
      'This idempotencyKey was used within the last 24 hours with other input. Use a new key for a new job.',
    );
    this.existing = existing;
  }
}

/** A job is on disk and in the queue. */
export interface Accepted {
  readonly job: Job;
  /** The idempotency key was used before with the same input: `job` is the one of that time, under its own id. */
  readonly deduplicated: boolean;
  /** `job` is an earlier one, which had ended as its caller left: it is in the queue again, for this caller alone. */
  readonly takenUp: boolean;
  /** What became of the caller's wishes. */
  readonly wishes: GrantedWishes;
}

/** A job that is fit to be queued, and is not yet. */
export interface PreparedJob {
  readonly job: NewJob;
  /** What it refers to. */
  readonly blobs: Submission['blobs'];
}

/** What would come of a batch if it were submitted. */
export interface Outline {
  readonly issues: readonly InputIssue[];
  readonly jobs: readonly OutlinedJob[];
}

/** How much may wait is not the caller's to say. */
export type RequestedChange = Exclude<ManyChange, { readonly kind: 'retry' }> | { readonly kind: 'retry' };

export interface AcceptedBatch {
  readonly batchId: BatchId;
  readonly deduplicated: boolean;
}

/**
 * `submit` and `submitBatch` read input of the API's form first, and refuse what its schema does not take. `admit` and `admitBatch` take what
 * was decoded already. Every other check holds for both.
 */
export interface AcceptService {
  /** The same door for a request that may submit several times: what it has queued in all is as much as another may at once. */
  ofOneRequest(): AcceptService;
  /** Counts what the request has queued through another part against the same. @throws InvalidInputError where it is too much */
  count(input: unknown): void;
  /** An id for a job that is to be submitted: whoever makes it can listen for the job before it is there. */
  newJobId(): JobId;
  /**
   * Admits one job and resolves after it is durable. Every problem is found, not only the first.
   * @throws InvalidInputError, ModelNotFoundError, ContextLengthExceededError, InsufficientVramError, QueueFullError, IdempotencyConflictError
   */
  admit(principal: Principal, submission: JobSubmission): Promise<Accepted>;
  /** Admits up to 1,000 jobs in one commit, all or none. @throws as `admit` */
  admitBatch(principal: Principal, submission: BatchSubmission): Promise<AcceptedBatch>;
  /** As `admit`. `input` has the shape of the API's `SubmitJobInput` (images as base64 text, `deadline` as a Date). @throws as `admit` */
  submit(principal: Principal, input: unknown, more?: Pick<JobSubmission, 'patienceMs'>): Promise<Accepted>;
  /** As `admitBatch`. `input` has the shape of `SubmitBatchInput`. @throws as `admit` */
  submitBatch(principal: Principal, input: unknown): Promise<AcceptedBatch>;
  /**
   * Everything for which `submitBatch` would refuse `input`, missing and too large models included, without queueing anything.
   * Empty when it would take all jobs.
   */
  check(principal: Principal, input: unknown): readonly InputIssue[];
  /** As `check`, and whether the queue has room for all; with what would be queued of the jobs that nothing is wrong with. */
  outline(principal: Principal, input: unknown): Outline;
  /** All that `admit` does but to store it. @throws as `admit`, but for a full queue */
  prepare(principal: Principal, submission: JobSubmission): PreparedJob;
  /** Whether the client has anything left of what it may use up. @throws ClientLimitError */
  checkAllowance(client: string): void;
  /** When a full queue, of one client's part or (null) as a whole, is worth another try, from now. */
  retryAfterMs(client: string | null): number;
  /** The most jobs that a piece may have. */
  largestPiece(client: string): number;
  /** Queues prepared jobs of a batch of requests. Half of the queue is left to those who submit jobs themselves. */
  admitPiece(piece: Omit<Piece, 'queueLimit'>): Promise<PieceOutcome>;
  cancel(
    principal: Principal,
    id: JobId,
    reason: string | null,
    options?: CancelOptions,
  ): Promise<CancelOutcome>;
  /** @throws QueueFullError */
  retry(principal: Principal, id: JobId): Promise<Exclude<RetryOutcome, { readonly kind: 'queue-full' }>>;
  /** @throws InvalidInputError when the principal may not use that priority */
  setPriority(principal: Principal, id: JobId, priority: JobPriority): Promise<PriorityOutcome>;
  /** The same for many jobs. @throws InvalidInputError, QueueFullError, and what reads with a scope do */
  changeMany(
    principal: Principal,
    selection: JobSelection,
    change: RequestedChange,
    scope: ReadScope,
  ): Promise<ManyChanged>;
}
