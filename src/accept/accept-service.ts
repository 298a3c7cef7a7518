/**
 * The one door to the queue: validates, resolves and admits a job, whoever brings it. Transports only translate.
 */
import { type InputIssue, VramkeeperError } from '../domain/errors.ts';
import type { BatchId, JobId } from '../domain/ids.ts';
import type { Job, JobPriority } from '../domain/job.ts';
import type { Principal } from '../domain/principal.ts';
import type { CancelOutcome, PriorityOutcome, RetryOutcome } from '../domain/store.ts';

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

export interface AcceptService {
  /**
   * Admits one job and resolves after it is durable. `input` has the shape of the API's `SubmitJobInput` (images as base64
   * text, `deadline` as a Date); every problem in it is found, not only the first.
   * @throws InvalidInputError, ModelNotFoundError, InsufficientVramError, QueueFullError, IdempotencyConflictError
   */
  submit(
    principal: Principal,
    input: unknown,
  ): Promise<{ readonly job: Job; readonly deduplicated: boolean }>;
  /**
   * Admits up to 1,000 jobs in one commit, all or none. `input` has the shape of `SubmitBatchInput`.
   * @throws InvalidInputError, ModelNotFoundError, InsufficientVramError, QueueFullError, IdempotencyConflictError
   */
  submitBatch(
    principal: Principal,
    input: unknown,
  ): Promise<{ readonly batchId: BatchId; readonly deduplicated: boolean }>;
  /**
   * Everything for which `submitBatch` would refuse `input`, missing and too large models included, without queueing anything.
   * Empty when it would take all jobs.
   */
  check(principal: Principal, input: unknown): readonly InputIssue[];
  cancel(principal: Principal, id: JobId, reason: string | null): Promise<CancelOutcome>;
  /** @throws QueueFullError */
  retry(principal: Principal, id: JobId): Promise<Exclude<RetryOutcome, { readonly kind: 'queue-full' }>>;
  /** @throws InvalidInputError when the principal may not use that priority */
  setPriority(principal: Principal, id: JobId, priority: JobPriority): Promise<PriorityOutcome>;
}
