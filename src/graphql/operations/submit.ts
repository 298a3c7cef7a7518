/** Submitting jobs and batches, and asking first what would be wrong with them. */
import type { Job } from '../../domain/job.ts';
import type { Batch } from '../../domain/store.ts';
import { builder } from '../builder.ts';
import { SubmitBatchInput, SubmitJobInput } from '../inputs/submit-job.ts';
import { BatchRef, JobRef } from '../refs.ts';
import { resultUnion } from '../result-union.ts';
import {
  ClientLimitReached,
  ClientQueueFull,
  ContextLengthExceeded,
  HopelessDeadline,
  IdempotencyConflict,
  InputIssueRef,
  InsufficientVram,
  InvalidInput,
  ModelNotFound,
  QueueFull,
  StoreUnwritable,
  TaskNotFound,
} from '../types/user-errors.ts';

const REFUSALS = [
  ClientLimitReached,
  ClientQueueFull,
  ContextLengthExceeded,
  HopelessDeadline,
  IdempotencyConflict,
  InsufficientVram,
  InvalidInput,
  ModelNotFound,
  QueueFull,
  StoreUnwritable,
  TaskNotFound,
] as const;

const DEDUPLICATED = 'True when `idempotencyKey` matched an earlier submission and nothing new was queued.';

const SubmitJobPayload = builder
  .objectRef<{ readonly job: Job; readonly deduplicated: boolean }>('SubmitJobPayload')
  .implement({
    description: 'The job is on disk and in the queue.',
    fields: (t) => ({
      deduplicated: t.exposeBoolean('deduplicated', { description: DEDUPLICATED }),
      job: t.expose('job', { type: JobRef }),
    }),
  });

const SubmitBatchPayload = builder
  .objectRef<{ readonly batch: Batch; readonly deduplicated: boolean }>('SubmitBatchPayload')
  .implement({
    description: 'The jobs are on disk and in the queue.',
    fields: (t) => ({
      batch: t.expose('batch', { type: BatchRef }),
      deduplicated: t.exposeBoolean('deduplicated', { description: DEDUPLICATED }),
    }),
  });

const SubmitJobResult = resultUnion('SubmitJobResult', SubmitJobPayload, REFUSALS);
const SubmitBatchResult = resultUnion('SubmitBatchResult', SubmitBatchPayload, REFUSALS);

builder.mutationFields((t) => ({
  submitJob: t.field({
    type: SubmitJobResult.ref,
    description: 'Queue a job. Idempotent when `idempotencyKey` is given.',
    args: { input: t.arg({ type: SubmitJobInput, required: true }) },
    resolve: (_root, { input }, { accept, principal }) =>
      SubmitJobResult.settle(() => accept.submit(principal, input)),
  }),
  submitBatch: t.field({
    type: SubmitBatchResult.ref,
    description: 'Queue up to 1,000 jobs in one commit, all or none, with one progress figure.',
    args: { input: t.arg({ type: SubmitBatchInput, required: true }) },
    resolve: (_root, { input }, { accept, loaders, principal }) =>
      SubmitBatchResult.settle(async () => {
        const { batchId, deduplicated } = await accept.submitBatch(principal, input);
        const batch = await loaders.batch.load(batchId);
        if (!batch) throw new Error(`The batch ${batchId} was accepted, but is not in the store.`);
        return { batch, deduplicated };
      }),
  }),
}));

builder.queryField('checkBatch', (t) =>
  t.field({
    type: [InputIssueRef],
    description:
      'Every problem for which `submitBatch` would refuse this now, missing and too large models included; empty when it would be queued. Nothing is queued.',
    args: { input: t.arg({ type: SubmitBatchInput, required: true }) },
    resolve: (_root, { input }, { accept, principal }) => accept.check(principal, input),
  }),
);
