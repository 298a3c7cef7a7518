/** Mutations of many jobs at once. */
import type { JobSelection, ManyChanged } from '../../accept/change-many.ts';
import type { SystemView } from '../../domain/system.ts';
import { builder } from '../builder.ts';
import { JobFilterInput, jobFilter } from '../inputs/job-list.ts';
import { resultUnion } from '../result-union.ts';
import { JobPriorityEnum } from '../types/enums.ts';
import {
  ClientLimitReached,
  ClientQueueFull,
  InvalidInput,
  QueueFull,
  StoreUnwritable,
} from '../types/user-errors.ts';

const JobSelectionInput = builder.inputType('JobSelection', {
  description: 'Which jobs are meant. Jobs of others are not among them.',
  isOneOf: true,
  fields: (t) => ({
    filter: t.field({
      type: JobFilterInput,
      description: 'Those that meet every condition, of which there is at least one.',
    }),
    ids: t.idList({ description: 'At most 1,000.' }),
  }),
});

const CancelJobsInput = builder.inputType('CancelJobsInput', {
  description: 'Which jobs to cancel.',
  fields: (t) => ({
    jobs: t.field({ type: JobSelectionInput, required: true }),
    reason: t.string({ description: 'For people; recorded with each cancellation.' }),
  }),
});

const RetryJobsInput = builder.inputType('RetryJobsInput', {
  description: 'Which jobs to queue again.',
  fields: (t) => ({ jobs: t.field({ type: JobSelectionInput, required: true }) }),
});

const UpdateJobPrioritiesInput = builder.inputType('UpdateJobPrioritiesInput', {
  description: 'Which jobs to move, and where to.',
  fields: (t) => ({
    jobs: t.field({ type: JobSelectionInput, required: true }),
    priority: t.field({ type: JobPriorityEnum, required: true }),
  }),
});

function manyPayload(name: string, description: string) {
  return builder.objectRef<ManyChanged>(name).implement({
    description,
    fields: (t) => ({
      changed: t.exposeInt('changed'),
      missing: t.exposeIDList('missing', { description: 'Of the ids given: those of no job.' }),
      more: t.exposeBoolean('more', {
        description: 'Jobs are left: one call takes at most 100,000, and the queue may be full. Ask again.',
      }),
      unchanged: t.exposeInt('unchanged', {
        description:
          'Jobs that were not in a status in which it can be done, of a filter only those that left it meanwhile; and those that are so already.',
      }),
    }),
  });
}

const CancelJobsResult = resultUnion(
  'CancelJobsResult',
  manyPayload('CancelJobsPayload', 'What was changed is `CANCELLED`, whatever it was doing.'),
  [InvalidInput, StoreUnwritable],
);
const RetryJobsResult = resultUnion(
  'RetryJobsResult',
  manyPayload('RetryJobsPayload', 'What was changed is `PENDING` again.'),
  [ClientLimitReached, ClientQueueFull, InvalidInput, QueueFull, StoreUnwritable],
);
const UpdateJobPrioritiesResult = resultUnion(
  'UpdateJobPrioritiesResult',
  manyPayload('UpdateJobPrioritiesPayload', 'What was changed is where it belongs now.'),
  [InvalidInput, StoreUnwritable],
);

function selectionOf(
  { ids, filter }: typeof JobSelectionInput.$inferInput,
  system: SystemView,
): JobSelection {
  return ids ? { ids } : { filter: jobFilter(filter, system) };
}

builder.mutationFields((t) => ({
  cancelJobs: t.field({
    type: CancelJobsResult.ref,
    description:
      'Cancel waiting and running jobs, in pieces of 1,000 that are each done as one. Those that have ended stay as they are.',
    args: { input: t.arg({ type: CancelJobsInput, required: true }) },
    resolve: (_root, { input }, { accept, principal, scope, system }) =>
      CancelJobsResult.settle(() =>
        accept.changeMany(
          principal,
          selectionOf(input.jobs, system),
          { kind: 'cancel', reason: input.reason ?? null },
          scope,
        ),
      ),
  }),
  retryJobs: t.field({
    type: RetryJobsResult.ref,
    description:
      'Queue failed and cancelled jobs again, oldest first, in pieces of 1,000, until the queue is full.',
    args: { input: t.arg({ type: RetryJobsInput, required: true }) },
    resolve: (_root, { input }, { accept, principal, scope, system }) =>
      RetryJobsResult.settle(() =>
        accept.changeMany(principal, selectionOf(input.jobs, system), { kind: 'retry' }, scope),
      ),
  }),
  updateJobPriorities: t.field({
    type: UpdateJobPrioritiesResult.ref,
    description: 'Move waiting jobs forward or back, in pieces of 1,000.',
    args: { input: t.arg({ type: UpdateJobPrioritiesInput, required: true }) },
    resolve: (_root, { input }, { accept, principal, scope, system }) =>
      UpdateJobPrioritiesResult.settle(() =>
        accept.changeMany(
          principal,
          selectionOf(input.jobs, system),
          { kind: 'setPriority', priority: input.priority },
          scope,
        ),
      ),
  }),
}));
