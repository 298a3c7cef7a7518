/** A job: as it was submitted, how it stands, why it waits, how it failed. */
import type { JobWaiting } from '../../domain/decision.ts';
import type { Fallback } from '../../domain/fallback.ts';
import {
  attemptNumber,
  type Job,
  type JobAttempt,
  type JobFailure,
  type Label,
  omittedAttempts,
} from '../../domain/job.ts';
import { type JobCourse, type JobWait, MOST_WAITS, NO_COURSE } from '../../domain/job-course.ts';
import { backendByName } from '../../view/lookup.ts';
import { builder } from '../builder.ts';
import type { GraphQLContext } from '../context.ts';
import { NodeRef } from '../node.ts';
import { pageRange } from '../paging.ts';
import { BackendRef, BatchRef, DecisionRef, JobRef, ModelRef } from '../refs.ts';
import { JobFailureCodeEnum, JobKindEnum, JobPriorityEnum, JobStatusEnum, WaitReasonEnum } from './enums.ts';
import { JobRequestRef, requestOf } from './job-request.ts';
import { JobResultRef, resultOf } from './job-result.ts';

const LabelRef = builder.objectRef<Label>('Label').implement({
  description: 'A name and a value by which jobs can be found again.',
  fields: (t) => ({ key: t.exposeString('key'), value: t.exposeString('value') }),
});

export const JobFailureRef = builder.objectRef<JobFailure>('JobFailure').implement({
  description: 'Why it failed.',
  fields: (t) => ({
    code: t.expose('code', { type: JobFailureCodeEnum }),
    message: t.exposeString('message', { description: 'For people.' }),
    retryable: t.exposeBoolean('retryable', {
      description: 'Whether submitting the same job again may succeed.',
    }),
  }),
});

const JobFallbackRef = builder.objectRef<Fallback>('JobFallback').implement({
  description: 'The models that may do a job in place of each other.',
  fields: (t) => ({
    after: t.expose('afterMs', {
      type: 'Milliseconds',
      nullable: true,
      description: 'How long it would wait for a better one; null: unless that is gone.',
    }),
    asked: t.exposeStringList('asked', { description: 'As submitted, the most liked first.' }),
    models: t.stringList({
      description: 'Those of them that could do it when it came.',
      resolve: ({ choices }) => choices.map(({ modelName }) => modelName),
    }),
  }),
});

const JobAttemptRef = builder.objectRef<JobAttempt>('JobAttempt').implement({
  description: 'One try of a job at a backend.',
  fields: (t) => ({
    backend: t.field({
      type: BackendRef,
      nullable: true,
      description: 'Null when it is not configured any more.',
      resolve: ({ backend }, _args, { system }) => backendByName(system, backend),
    }),
    backendName: t.exposeString('backend'),
    counts: t.boolean({
      description:
        'Whether it counts against `maxAttempts`. A try that a lost or busy backend ended does not, nor the death of an engine that worked at other jobs too.',
      resolve: ({ counts, failure }) => failure !== null && counts !== false,
    }),
    failure: t.expose('failure', {
      type: JobFailureRef,
      nullable: true,
      description: 'Null while it runs, when it succeeded and when it was cancelled.',
    }),
    finishedAt: t.expose('finishedAt', {
      type: 'DateTime',
      nullable: true,
      description: 'Null while it runs.',
    }),
    number: t.exposeInt('number', {
      description: 'From 1. Grows with every try; numbers of claims that never ran are left out.',
    }),
    startedAt: t.expose('startedAt', { type: 'DateTime' }),
  }),
});

/** Every run, oldest first: those in the job's history, and the one that goes on or succeeded, which is not in there. */
function attemptsOf(job: Job): readonly JobAttempt[] {
  const { backend, startedAt, finishedAt, status } = job;
  if (startedAt === null || backend === null || (status !== 'RUNNING' && status !== 'COMPLETE'))
    return job.history;
  return [...job.history, { number: attemptNumber(job), backend, startedAt, finishedAt, failure: null }];
}

const JobWaitingRef = builder.objectRef<JobWaiting>('JobWaiting').implement({
  description: 'What a job waits for.',
  fields: (t) => ({
    explanation: t.exposeString('explanation', {
      description: 'One sentence with the numbers that decided it.',
    }),
    expectedStart: t.expose('expectedStart', {
      type: 'DateTime',
      nullable: true,
      description: 'When it should start; null where there is no honest estimate.',
    }),
    expectedEnd: t.expose('expectedEnd', {
      type: 'DateTime',
      nullable: true,
      description: 'When it should be done; null where there is no honest estimate.',
    }),
    reason: t.expose('reason', { type: WaitReasonEnum }),
  }),
});

const JobWaitRef = builder.objectRef<JobWait>('JobWait').implement({
  description: 'A time in which a job waited for one thing.',
  fields: (t) => ({
    explanation: t.exposeString('explanation', {
      description: 'One sentence with the numbers, the last of that time.',
    }),
    from: t.expose('from', { type: 'DateTime' }),
    reason: t.expose('reason', { type: WaitReasonEnum }),
    to: t.expose('to', { type: 'DateTime', nullable: true, description: 'Null while it lasts.' }),
  }),
});

function courseOf(job: Job, { loaders, system }: GraphQLContext): JobCourse | Promise<JobCourse> {
  return system.course(job) ?? loaders.course.load(job.id).then((course) => course ?? NO_COURSE);
}

JobRef.implement({
  description: 'One unit of inference work.',
  interfaces: [NodeRef],
  fields: (t) => ({
    answeredBy: t.id({
      nullable: true,
      description:
        'The job that asked the same, and whose answer it has, or waits for; null for one that runs, or ran, itself.',
      resolve: ({ answeredBy }) => answeredBy ?? null,
    }),
    attempts: t.field({
      type: [JobAttemptRef],
      description: 'Every try at a backend, oldest first; of very many the first and the last.',
      resolve: attemptsOf,
    }),
    attemptsOmitted: t.int({
      description: 'Tries that `attempts` leaves out.',
      resolve: omittedAttempts,
    }),
    backend: t.field({
      type: BackendRef,
      nullable: true,
      description:
        'The backend that it is claimed for, runs or ran on. Null while none is chosen, and when it is not configured any more.',
      resolve: ({ backend }, _args, { system }) => backendByName(system, backend),
    }),
    batch: t.field({
      type: BatchRef,
      nullable: true,
      description: 'The batch that it was submitted in; null when it came alone.',
      resolve: (job, _args, { loaders }) => (job.batchId ? loaders.batch.load(job.batchId) : null),
    }),
    client: t.exposeString('client', { description: 'Who submitted it.' }),
    createdAt: t.expose('createdAt', { type: 'DateTime', description: 'When it was accepted.' }),
    deadline: t.expose('deadline', {
      type: 'DateTime',
      nullable: true,
      description: 'It fails with `DEADLINE_EXCEEDED` when it is not finished by then.',
    }),
    decisions: t.field({
      type: [DecisionRef],
      description: 'The decisions about it, newest first, as far as they are kept.',
      args: { first: t.arg.int({ defaultValue: 20, description: 'At most 100.' }) },
      resolve: ({ id }, { first }, { system }) => {
        const { limit } = pageRange({ first: first ?? 20 }, () => undefined);
        return system
          .decisions()
          .filter(({ jobId }) => jobId === id)
          .slice(-limit)
          .reverse();
      },
    }),
    expectedEndAt: t.field({
      type: 'DateTime',
      nullable: true,
      description:
        'When it should be done, if nothing else comes; null once it has ended, and where there is no honest estimate.',
      resolve: (job, _args, { system }) => system.expectationOf(job).end,
    }),
    expectedStartAt: t.field({
      type: 'DateTime',
      nullable: true,
      description:
        'When it should start, if nothing else comes: by what the scheduler itself would do with all that waits now. Null once it has started, and where there is no honest estimate.',
      resolve: (job, _args, { system }) => system.expectationOf(job).start,
    }),
    failure: t.expose('failure', {
      type: JobFailureRef,
      nullable: true,
      description: 'Why it ended in `FAILED`; null in every other status.',
    }),
    finishedAt: t.expose('finishedAt', {
      type: 'DateTime',
      nullable: true,
      description: 'Null until it ends.',
    }),
    firstOutputAt: t.field({
      type: 'DateTime',
      nullable: true,
      description:
        'When the first piece of output of its present or last attempt came; null before it, and where it is not known.',
      resolve: async (job, _args, context) => (await courseOf(job, context)).firstOutputAt,
    }),
    instanceId: t.exposeID('instanceId', {
      nullable: true,
      description:
        'The instance that it is claimed for, runs or ran on, as `residencies` and `decisions` name it; null while none is chosen.',
    }),
    kind: t.expose('kind', { type: JobKindEnum }),
    labels: t.expose('labels', { type: [LabelRef] }),
    maxAttempts: t.exposeInt('maxAttempts', {
      description:
        'How many failed attempts it may have. A lost backend or a restart of the server is not one.',
    }),
    metadata: t.field({
      type: 'JSON',
      nullable: true,
      description: 'As submitted.',
      resolve: (job) => job.metadata,
    }),
    model: t.field({
      type: ModelRef,
      nullable: true,
      description: 'The requested model. Null when no backend has it.',
      resolve: (job, _args, { system }) => system.model(job.modelName),
    }),
    modelName: t.exposeString('modelName', {
      description:
        'The model name as submitted; for a job of a task, the model that was selected for it then; for one with a fallback, the model that it is for now, or was done by. Stays when the model is removed.',
    }),
    priority: t.expose('priority', { type: JobPriorityEnum }),
    queuePosition: t.int({
      nullable: true,
      description:
        'Zero-based place among all waiting jobs, by priority and age; null when it does not wait.',
      resolve: (job, _args, { loaders }) =>
        job.status === 'PENDING' ? loaders.queuePosition.load(job.id) : null,
    }),
    request: t.field({
      type: JobRequestRef,
      nullable: true,
      description:
        'What it was asked to do, as it is kept: images by reference. Null when the job was forgotten meanwhile. Counts as part of the answer, like a result.',
      resolve: (job, _args, context, info) => requestOf(job, context, info),
    }),
    result: t.field({
      type: JobResultRef,
      nullable: true,
      description: 'The complete result; null until `COMPLETE`.',
      resolve: (job, _args, context, info) =>
        job.status === 'COMPLETE' ? resultOf(job.id, context, info) : null,
    }),
    pieces: t.int({
      nullable: true,
      description:
        'In how many pieces the output of its present run has come so far, of most servers one for each token; null while it does not run.',
      resolve: ({ id, status }, _args, { outputs }) =>
        status === 'RUNNING' ? (outputs.present(id)?.pieces ?? null) : null,
    }),
    startedAt: t.expose('startedAt', {
      type: 'DateTime',
      nullable: true,
      description: 'When its present or last attempt started; null before the first.',
    }),
    status: t.expose('status', { type: JobStatusEnum }),
    fallback: t.field({
      type: JobFallbackRef,
      nullable: true,
      description: 'The models that may do it in place of each other; null where one alone does.',
      resolve: ({ fallback }) => fallback ?? null,
    }),
    taskName: t.string({
      nullable: true,
      description: 'The task that it was submitted for; null for none.',
      resolve: ({ task }) => task ?? null,
    }),
    waits: t.field({
      type: [JobWaitRef],
      description:
        `What it has waited for, oldest first, at most ${MOST_WAITS}: of more, the shortest are counted to those beside them. It is looked at each second, and kept with the job when it ends. ` +
        'A time of which nobody knows, such as that before a restart of the server, is in none.',
      resolve: async (job, _args, context) => (await courseOf(job, context)).waits,
    }),
    waiting: t.field({
      type: JobWaitingRef,
      nullable: true,
      description: 'Why it waits, and when it should start and end; null once it has started.',
      resolve: (job, _args, { system }) => system.explain(job),
    }),
  }),
});
