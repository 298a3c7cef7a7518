/** What submitting jobs together would mean, asked before they are. */
import type { BatchPreview, QueuePreview } from '../../domain/batch-preview.ts';
import type { InputIssue } from '../../domain/errors.ts';
import { parseQueueKey } from '../../domain/queue-key.ts';
import { builder } from '../builder.ts';
import { SubmitBatchInput } from '../inputs/submit-job.ts';
import { InputIssueRef } from '../types/user-errors.ts';

/** The forecast behind it decides some hundred times. */
const PREVIEW_COST = 2_000;

const START = 'When the first of them should start; null where there is no honest estimate.';
const END =
  'When the last of them should be done if nothing else comes; null where there is no honest estimate.';

const ModelPreviewRef = builder.objectRef<QueuePreview>('ModelPreview').implement({
  description: 'What would become of the jobs of one model at one context length.',
  fields: (t) => ({
    contextLength: t.int({
      nullable: true,
      description: 'Tokens of context that they ask for or need; null for the usual one.',
      resolve: ({ queue }) => parseQueueKey(queue).contextLength,
    }),
    expectedEnd: t.expose('expectedEnd', { type: 'DateTime', nullable: true, description: END }),
    expectedStart: t.expose('expectedStart', { type: 'DateTime', nullable: true, description: START }),
    inMemory: t.exposeBoolean('inMemory', {
      description: 'Whether it is in memory now, and ready for them.',
    }),
    jobs: t.exposeInt('jobs', { description: 'How many.' }),
    loads: t.exposeInt('loads', {
      description:
        'How often it would be loaded until the last of them starts; at least so often where `expectedEnd` is null.',
    }),
    modelName: t.exposeString('modelName'),
    problem: t.exposeString('problem', {
      nullable: true,
      description: 'Why there is no honest estimate of the end; null where there is one.',
    }),
  }),
});

/** Null: there is nothing to foresee. */
interface Told {
  readonly preview: BatchPreview | null;
  readonly jobs: number;
  readonly issues: readonly InputIssue[];
}

const BatchPreviewRef = builder.objectRef<Told>('BatchPreview').implement({
  description:
    'What it would mean to submit these jobs now, by the same forecast that tells waiting jobs when they should start. Of jobs with which ' +
    'something is wrong nothing is foreseen.',
  fields: (t) => ({
    expectedEnd: t.field({
      type: 'DateTime',
      nullable: true,
      description: END,
      resolve: ({ preview }) => preview?.expectedEnd ?? null,
    }),
    expectedStart: t.field({
      type: 'DateTime',
      nullable: true,
      description: START,
      resolve: ({ preview }) => preview?.expectedStart ?? null,
    }),
    explanation: t.string({
      description: 'All of it in a few sentences.',
      resolve: ({ preview }) => preview?.explanation ?? 'None of the jobs can be queued as it is.',
    }),
    issues: t.expose('issues', {
      type: [InputIssueRef],
      description:
        'Every problem for which `submitBatch` would refuse this now, as `checkBatch` tells them, a queue without room for all of it, and a client that has used up what it may.',
    }),
    jobs: t.exposeInt('jobs', { description: 'How many of them could be queued.' }),
    loads: t.int({
      description:
        'How many loads of their models come until the last of them starts; at least so many where `expectedEnd` is null.',
      resolve: ({ preview }) => preview?.loads ?? 0,
    }),
    models: t.field({
      type: [ModelPreviewRef],
      description: 'Model by model, those that should be done last at the end.',
      resolve: ({ preview }) => preview?.queues ?? [],
    }),
    unloads: t.stringList({
      description: 'Models that are in memory now and would make room until the last of them starts.',
      resolve: ({ preview }) => preview?.unloads ?? [],
    }),
  }),
});

builder.queryField('previewBatch', (t) =>
  t.field({
    type: BatchPreviewRef,
    description:
      'What submitting this batch now would mean, and what would be wrong with it. Nothing is queued.',
    args: { input: t.arg({ type: SubmitBatchInput, required: true }) },
    extensions: { cost: PREVIEW_COST },
    resolve: (_root, { input }, { accept, principal, system }) => {
      const { issues, jobs } = accept.outline(principal, input);
      const preview = jobs.length === 0 ? null : system.preview(principal.client, jobs);
      return { preview, jobs: jobs.length, issues };
    },
  }),
);
