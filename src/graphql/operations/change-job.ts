/** Mutations of a job that is there already. */
import { isId, type JobId } from '../../domain/ids.ts';
import type { Job } from '../../domain/job.ts';
import { builder } from '../builder.ts';
import { JobRef } from '../refs.ts';
import { resultUnion } from '../result-union.ts';
import { JobPriorityEnum } from '../types/enums.ts';
import {
  JobNotCancellableError,
  JobNotFoundError,
  JobNotQueuedError,
  JobNotRetryableError,
} from '../types/job-errors.ts';
import {
  ClientLimitReached,
  ClientQueueFull,
  InvalidInput,
  JobNotCancellable,
  JobNotFound,
  JobNotQueued,
  JobNotRetryable,
  QueueFull,
  StoreUnwritable,
} from '../types/user-errors.ts';

const CancelJobInput = builder.inputType('CancelJobInput', {
  description: 'Which job to cancel.',
  fields: (t) => ({
    id: t.id({ required: true }),
    reason: t.string({ description: 'For people; recorded with the cancellation.' }),
  }),
});

const RetryJobInput = builder.inputType('RetryJobInput', {
  description: 'Which job to queue again.',
  fields: (t) => ({ id: t.id({ required: true }) }),
});

const UpdateJobPriorityInput = builder.inputType('UpdateJobPriorityInput', {
  description: 'Which job to move, and where to.',
  fields: (t) => ({
    id: t.id({ required: true }),
    priority: t.field({ type: JobPriorityEnum, required: true }),
  }),
});

function jobPayload(name: string, description: string) {
  return builder.objectRef<{ readonly job: Job }>(name).implement({
    description,
    fields: (t) => ({ job: t.expose('job', { type: JobRef }) }),
  });
}

const CancelJobResult = resultUnion(
  'CancelJobResult',
  jobPayload('CancelJobPayload', 'The job is `CANCELLED`, whatever it was doing.'),
  [JobNotCancellable, JobNotFound, StoreUnwritable],
);
const RetryJobResult = resultUnion(
  'RetryJobResult',
  jobPayload(
    'RetryJobPayload',
    'The job is `PENDING` again, with its age kept and all of its attempts before it.',
  ),
  [ClientLimitReached, ClientQueueFull, JobNotFound, JobNotRetryable, QueueFull, StoreUnwritable],
);
const UpdateJobPriorityResult = resultUnion(
  'UpdateJobPriorityResult',
  jobPayload('UpdateJobPriorityPayload', 'The job is where it belongs now.'),
  [InvalidInput, JobNotFound, JobNotQueued, StoreUnwritable],
);

/** @throws JobNotFoundError for text that cannot be the id of a job. */
function jobId(text: string): JobId {
  if (!isId('job', text)) throw new JobNotFoundError(text);
  return text;
}

builder.mutationFields((t) => ({
  cancelJob: t.field({
    type: CancelJobResult.ref,
    description:
      'Cancel a waiting or running job. Cancelling one that has ended is a `JobNotCancellableError`.',
    args: { input: t.arg({ type: CancelJobInput, required: true }) },
    resolve: (_root, { input }, { accept, principal }) =>
      CancelJobResult.settle(async () => {
        const outcome = await accept.cancel(principal, jobId(input.id), input.reason ?? null);
        switch (outcome.kind) {
          case 'cancelled':
            return { job: outcome.job };
          case 'not-cancellable':
            throw new JobNotCancellableError(outcome.job);
          case 'not-found':
            throw new JobNotFoundError(input.id);
          default:
            return outcome satisfies never;
        }
      }),
  }),
  retryJob: t.field({
    type: RetryJobResult.ref,
    description: 'Queue a failed or cancelled job again. A deadline that has passed is dropped.',
    args: { input: t.arg({ type: RetryJobInput, required: true }) },
    resolve: (_root, { input }, { accept, principal }) =>
      RetryJobResult.settle(async () => {
        const outcome = await accept.retry(principal, jobId(input.id));
        switch (outcome.kind) {
          case 'requeued':
            return { job: outcome.job };
          case 'not-finished':
          case 'answered':
            throw new JobNotRetryableError(outcome.job);
          case 'not-found':
            throw new JobNotFoundError(input.id);
          default:
            return outcome satisfies never;
        }
      }),
  }),
  updateJobPriority: t.field({
    type: UpdateJobPriorityResult.ref,
    description: 'Move a waiting job forward or back.',
    args: { input: t.arg({ type: UpdateJobPriorityInput, required: true }) },
    resolve: (_root, { input }, { accept, principal }) =>
      UpdateJobPriorityResult.settle(async () => {
        const outcome = await accept.setPriority(principal, jobId(input.id), input.priority);
        switch (outcome.kind) {
          case 'updated':
          case 'same':
            return { job: outcome.job };
          case 'not-queued':
            throw new JobNotQueuedError(outcome.job);
          case 'not-found':
            throw new JobNotFoundError(input.id);
          default:
            return outcome satisfies never;
        }
      }),
  }),
}));
