/** What can be wrong with the job that a mutation names. */
import { VramkeeperError } from '../../domain/errors.ts';
import type { Job, JobStatus } from '../../domain/job.ts';

export class JobNotFoundError extends VramkeeperError {
  readonly code = 'JOB_NOT_FOUND';
  readonly id: string;

  constructor(id: string) {
    super(`There is no job with the id "${id.slice(0, 64)}". Finished jobs are forgotten after a while.`);
    this.id = id;
  }
}

export class JobNotCancellableError extends VramkeeperError {
  readonly code = 'JOB_NOT_CANCELLABLE';
  readonly job: Job;

  constructor(job: Job) {
    super(`The job is ${job.status}: it has ended and cannot be cancelled any more.`);
    this.job = job;
  }
}

export class JobNotQueuedError extends VramkeeperError {
  readonly code = 'JOB_NOT_QUEUED';
  readonly job: Job;

  constructor(job: Job) {
    super(
      `The job is ${job.status}. Only a waiting job has a place in the queue that its priority could change.`,
    );
    this.job = job;
  }
}

export class JobNotRetryableError extends VramkeeperError {
  readonly code = 'JOB_NOT_RETRYABLE';
  readonly job: Job;

  constructor(job: Job) {
    super(whyNotRetryable(job.status));
    this.job = job;
  }
}

function whyNotRetryable(status: JobStatus): string {
  switch (status) {
    case 'COMPLETE':
      return 'The job is COMPLETE. Submit a new one to run the same request again.';
    case 'FAILED':
    case 'CANCELLED':
      return 'The job belongs to a batch of requests that takes no more answers. Submit a new job, or a new batch.';
    case 'PENDING':
    case 'QUEUED':
    case 'RUNNING':
      return `The job is ${status}. Only a failed or cancelled job can be queued again: cancel it first.`;
    default:
      return status satisfies never;
  }
}
