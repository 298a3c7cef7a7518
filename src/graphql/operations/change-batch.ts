/** Mutations of a batch as a whole. */
import type { Batch } from '../../domain/batch.ts';
import { builder } from '../builder.ts';
import { METADATA } from '../inputs/submit-job.ts';
import { BatchRef } from '../refs.ts';
import { resultUnion } from '../result-union.ts';
import {
  BatchNotFound,
  ClientLimitReached,
  ClientQueueFull,
  InvalidInput,
  QueueFull,
  StoreUnwritable,
} from '../types/user-errors.ts';

const UpdateBatchInput = builder.inputType('UpdateBatchInput', {
  description: 'What to change of a batch. What is left out stays.',
  fields: (t) => ({
    id: t.id({ required: true }),
    keep: t.boolean({ description: 'Whether it and its jobs are kept beyond the usual time.' }),
    metadata: t.field({
      type: 'JSON',
      description: `${METADATA} In place of what was there; null for none.`,
    }),
    name: t.string({ description: 'For people; null for none.' }),
  }),
});

const CancelBatchInput = builder.inputType('CancelBatchInput', {
  description: 'Which batch to cancel.',
  fields: (t) => ({ id: t.id({ required: true }) }),
});

const RetryBatchInput = builder.inputType('RetryBatchInput', {
  description: 'Of which batch to queue again what failed.',
  fields: (t) => ({
    id: t.id({ required: true }),
    cancelled: t.boolean({ defaultValue: false, description: 'What was cancelled, too.' }),
  }),
});

interface Changed {
  readonly batch: Batch;
  readonly changed: number;
}

const UpdateBatchResult = resultUnion(
  'UpdateBatchResult',
  builder.objectRef<Pick<Changed, 'batch'>>('UpdateBatchPayload').implement({
    description: 'The change is on disk.',
    fields: (t) => ({ batch: t.expose('batch', { type: BatchRef }) }),
  }),
  [BatchNotFound, InvalidInput, StoreUnwritable],
);

const CancelBatchResult = resultUnion(
  'CancelBatchResult',
  builder.objectRef<Changed>('CancelBatchPayload').implement({
    description: 'No job of the batch is left that has not ended.',
    fields: (t) => ({
      batch: t.expose('batch', { type: BatchRef, description: 'As it is now.' }),
      cancelled: t.exposeInt('changed', { description: 'How many of its jobs.' }),
    }),
  }),
  [BatchNotFound, StoreUnwritable],
);

const RetryBatchResult = resultUnion(
  'RetryBatchResult',
  builder.objectRef<Changed>('RetryBatchPayload').implement({
    description: 'What failed is in the queue again, as far as there was room.',
    fields: (t) => ({
      batch: t.expose('batch', { type: BatchRef, description: 'As it is now.' }),
      retried: t.exposeInt('changed', { description: 'How many of its jobs.' }),
    }),
  }),
  [BatchNotFound, ClientLimitReached, ClientQueueFull, InvalidInput, QueueFull, StoreUnwritable],
);

builder.mutationFields((t) => ({
  updateBatch: t.field({
    type: UpdateBatchResult.ref,
    description: 'Change what is known of a batch beside its jobs, and whether it is kept.',
    args: { input: t.arg({ type: UpdateBatchInput, required: true }) },
    resolve: (_root, { input: { id, keep, ...rest } }, { batches, principal }) =>
      UpdateBatchResult.settle(async () => ({
        batch: await batches.update(principal, id, { ...rest, kept: keep }),
      })),
  }),
  cancelBatch: t.field({
    type: CancelBatchResult.ref,
    description: 'Cancel all jobs of a batch that have not ended. What ran to its end stays.',
    args: { input: t.arg({ type: CancelBatchInput, required: true }) },
    resolve: (_root, { input }, { batches, principal, scope }) =>
      CancelBatchResult.settle(() => batches.cancel(principal, input.id, scope)),
  }),
  retryBatch: t.field({
    type: RetryBatchResult.ref,
    description: 'Queue the jobs of a batch again that failed, oldest first, until the queue is full.',
    args: { input: t.arg({ type: RetryBatchInput, required: true }) },
    resolve: (_root, { input: { id, cancelled } }, { batches, principal, scope }) =>
      RetryBatchResult.settle(() => batches.retry(principal, id, { cancelled: cancelled ?? false }, scope)),
  }),
}));
