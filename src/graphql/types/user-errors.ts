/** Errors that a mutation's caller can act on, as members of result unions. Anything else propagates and is masked. */

import type { ObjectFieldsShape } from '@pothos/core';
import { IdempotencyConflictError } from '../../accept/accept-service.ts';
import { BatchNotFoundError } from '../../accept/batch-changes.ts';
import { ImageQuotaError } from '../../accept/image-service.ts';
import { ChatBusyError, ChatNotFoundError } from '../../chats/errors.ts';
import { ClientLimitError } from '../../domain/allowance.ts';
import { ContextLengthExceededError } from '../../domain/context-errors.ts';
import {
  BackendUnavailableError,
  type InputIssue,
  InsufficientVramError,
  InvalidInputError,
  InvalidSettingError,
  ModelNotFoundError,
  StoreUnwritableError,
  type VramkeeperError,
} from '../../domain/errors.ts';
import { HopelessDeadlineError } from '../../domain/hopeless-deadline.ts';
import { ClientQueueFullError, QueueFullError } from '../../domain/queue-full.ts';
import { TaskNotFoundError, TaskOptionNotFoundError } from '../../domain/task.ts';
import { backendsOf } from '../../view/lookup.ts';
import { builder, type Types } from '../builder.ts';
import { BackendRef, JobRef } from '../refs.ts';
import type { ErrorMember, Refusal } from '../result-union.ts';
import { AllowanceNameEnum } from './enums.ts';
import {
  JobNotCancellableError,
  JobNotFoundError,
  JobNotQueuedError,
  JobNotRetryableError,
} from './job-errors.ts';

const UserErrorCodeEnum = builder.enumType('UserErrorCode', {
  description: 'What went wrong, for programs.',
  values: {
    BACKEND_UNAVAILABLE: { description: 'The backend does not answer.' },
    BATCH_NOT_FOUND: { description: 'There is no such batch.' },
    CHAT_BUSY: { description: 'An answer of the chat is still being produced.' },
    CHAT_NOT_FOUND: { description: 'There is no such chat.' },
    CONTEXT_LENGTH_EXCEEDED: {
      description: 'The prompt is longer than every context that the model can have.',
    },
    IDEMPOTENCY_CONFLICT: { description: 'The idempotency key was used before with other input.' },
    IMAGE_QUOTA_EXCEEDED: { description: 'As many bytes of images are kept as may be.' },
    INSUFFICIENT_VRAM: { description: 'There will never be enough GPU memory for it.' },
    INVALID_INPUT: { description: 'Something in the input cannot be used as it is.' },
    INVALID_SETTING: { description: 'The settings cannot be used as they are.' },
    JOB_NOT_CANCELLABLE: { description: 'The job has ended.' },
    JOB_NOT_FOUND: { description: 'There is no such job.' },
    JOB_NOT_QUEUED: { description: 'The job does not wait any more.' },
    JOB_NOT_RETRYABLE: { description: 'The job has neither failed nor been cancelled.' },
    MODEL_NOT_FOUND: { description: 'No backend has the model.' },
    TASK_NOT_FOUND: { description: 'There is no such task.' },
    TASK_OPTION_NOT_FOUND: { description: 'The task has no such option.' },
    STORE_UNWRITABLE: {
      description: 'The server cannot write to its disk, or its database cannot be reached.',
    },
    DEADLINE_HOPELESS: { description: 'The job should end after its deadline.' },
    CLIENT_LIMIT_REACHED: { description: 'The client has used up what it may in a time.' },
    CLIENT_QUEUE_FULL: { description: 'Of one client as many jobs wait as may.' },
    QUEUE_FULL: { description: 'The queue holds as many waiting jobs as it may.' },
  },
});

type UserErrorCode = typeof UserErrorCodeEnum.$inferType;

const UserErrorRef = builder.interfaceRef<Refusal & { readonly code: UserErrorCode }>('UserError').implement({
  description:
    'A reason for which the request could not be carried out, and that the caller can act on. Select it as ' +
    '`... on UserError { code message }` to also handle errors that are added later.',
  fields: (t) => ({
    code: t.expose('code', { type: UserErrorCodeEnum }),
    message: t.exposeString('message', { description: 'For people: what is wrong and what to do.' }),
  }),
});

export const InputIssueRef = builder.objectRef<InputIssue>('InputIssue').implement({
  description: 'One thing that is wrong with an input.',
  fields: (t) => ({
    message: t.exposeString('message'),
    path: t.exposeStringList('path', {
      description: 'From the input object, e.g. `["request", "chat", "messages", "0", "content"]`.',
    }),
  }),
});

/** The object type of an error: the fields of `UserError`, and what the class holds beyond them. */
function userError<E extends VramkeeperError & { readonly code: UserErrorCode }>(
  errorClass: new (...args: never[]) => E,
  code: E['code'],
  description: string,
  fields: ObjectFieldsShape<Types, Refusal<E>>,
): ErrorMember {
  const ref = builder.objectRef<Refusal<E>>(errorClass.name);
  ref.addInterfaces([UserErrorRef]);
  ref.implement({ description, fields });
  return { code, errorClass, ref };
}

export const InvalidInput = userError(
  InvalidInputError,
  'INVALID_INPUT',
  'The input cannot be used as it is. Nothing was stored or changed.',
  (t) => ({
    issues: t.expose('issues', {
      type: [InputIssueRef],
      description: 'Every problem found, not only the first.',
    }),
  }),
);

export const InvalidSetting = userError(
  InvalidSettingError,
  'INVALID_SETTING',
  'The settings cannot be used as they are. Those from before stay in force.',
  (t) => ({
    problems: t.stringList({
      description: 'Each with its place, and what would be right.',
      resolve: ({ message }) => message.split('\n'),
    }),
  }),
);

export const ImageQuotaExceeded = userError(
  ImageQuotaError,
  'IMAGE_QUOTA_EXCEEDED',
  'As many bytes of images are kept as may be, of the caller or of all. Nothing was stored.',
  (t) => ({
    limitBytes: t.expose('limitBytes', { type: 'Bytes', description: 'The most that may be kept.' }),
  }),
);

export const ModelNotFound = userError(
  ModelNotFoundError,
  'MODEL_NOT_FOUND',
  'No backend has the model. Nothing was stored.',
  (t) => ({
    modelName: t.exposeString('modelName', { description: 'As given.' }),
    suggestions: t.exposeStringList('suggestions', {
      description: 'Names of installed models close to it, the closest first.',
    }),
  }),
);

export const TaskNotFound = userError(
  TaskNotFoundError,
  'TASK_NOT_FOUND',
  'There is no such task. Nothing was stored or changed.',
  (t) => ({
    taskName: t.exposeString('taskName', { description: 'As given.' }),
    tasks: t.exposeStringList('tasks', { description: 'Names of those that there are.' }),
  }),
);

export const TaskOptionNotFound = userError(
  TaskOptionNotFoundError,
  'TASK_OPTION_NOT_FOUND',
  'The task has no such option. Nothing was changed.',
  (t) => ({
    optionName: t.exposeString('optionName', { description: 'As given.' }),
    options: t.exposeStringList('options', { description: 'Names of those that it has.' }),
    taskName: t.exposeString('taskName', { description: 'As given.' }),
  }),
);

export const InsufficientVram = userError(
  InsufficientVramError,
  'INSUFFICIENT_VRAM',
  'It can never fit, even with everything else unloaded. Nothing was changed.',
  (t) => ({
    largestBackendBytes: t.expose('largestBytes', {
      type: 'Bytes',
      description: 'The most that one backend, or for a reservation one GPU, could ever give.',
    }),
    requiredBytes: t.expose('requiredBytes', { type: 'Bytes', description: 'What it would take.' }),
  }),
);

export const ContextLengthExceeded = userError(
  ContextLengthExceededError,
  'CONTEXT_LENGTH_EXCEEDED',
  'The prompt is longer than every context that the model can have, and must not be cut. Nothing was stored.',
  (t) => ({
    contextLength: t.exposeInt('contextLength', {
      description: 'Tokens of the longest context that the model can have on the GPUs there are.',
    }),
    promptTokens: t.exposeInt('promptTokens', {
      description: 'The prompt has more than so many, by the length of its text.',
    }),
  }),
);

export const BackendUnavailable = userError(
  BackendUnavailableError,
  'BACKEND_UNAVAILABLE',
  'The backend does not answer. Nothing was changed.',
  (t) => ({
    backend: t.field({
      type: BackendRef,
      nullable: true,
      description: 'Null when none was named: then no backend that could do it answers.',
      resolve: ({ backendId }, _args, { system }) =>
        backendsOf(system).find((backend) => backend.id === backendId) ?? null,
    }),
  }),
);

export const HopelessDeadline = userError(
  HopelessDeadlineError,
  'DEADLINE_HOPELESS',
  'By what waits now the job should end after its deadline, and the server is set to refuse such jobs.',
  (t) => ({
    deadline: t.expose('deadline', { type: 'DateTime' }),
    expectedEnd: t.expose('expectedEnd', { type: 'DateTime', description: 'When it should end.' }),
  }),
);

export const QueueFull = userError(
  QueueFullError,
  'QUEUE_FULL',
  'The queue holds as many waiting jobs as it may. Nothing was stored.',
  (t) => ({
    limit: t.exposeInt('limit', { description: 'The most jobs that may wait.' }),
    retryAfter: t.expose('retryAfterMs', {
      type: 'Milliseconds',
      description: 'How long until there may be room again.',
    }),
  }),
);

export const ClientLimitReached = userError(
  ClientLimitError,
  'CLIENT_LIMIT_REACHED',
  'The client has used up what it may in a time. Nothing was stored.',
  (t) => ({
    client: t.exposeString('client'),
    limit: t.expose('limit', { type: AllowanceNameEnum, description: 'Which of its limits.' }),
    maximum: t.exposeFloat('maximum', { description: 'In the time that the name of the limit says.' }),
    retryAfter: t.expose('retryAfterMs', {
      type: 'Milliseconds',
      description: 'How long until it has something of it again.',
    }),
  }),
);

export const ClientQueueFull = userError(
  ClientQueueFullError,
  'CLIENT_QUEUE_FULL',
  'Of this client as many jobs wait as may. Nothing was stored.',
  (t) => ({
    client: t.exposeString('client'),
    limit: t.exposeInt('limit', { description: 'The most of its jobs that may wait.' }),
    retryAfter: t.expose('retryAfterMs', {
      type: 'Milliseconds',
      description: 'How long until there may be room again.',
    }),
  }),
);

export const StoreUnwritable = userError(
  StoreUnwritableError,
  'STORE_UNWRITABLE',
  'The server cannot write to its disk, or its database cannot be reached. Nothing was stored or changed; what was accepted before is kept.',
  () => ({}),
);

export const IdempotencyConflict = userError(
  IdempotencyConflictError,
  'IDEMPOTENCY_CONFLICT',
  'The idempotency key was used within the last 24 hours with other input. Nothing was stored.',
  (t) => ({
    existingJob: t.expose('existing', {
      type: JobRef,
      description: 'The job, or the first one of the batch, that was submitted with the key.',
    }),
  }),
);

export const BatchNotFound = userError(
  BatchNotFoundError,
  'BATCH_NOT_FOUND',
  'There is no such batch, or it is forgotten.',
  (t) => ({ id: t.exposeID('id', { description: 'As given.' }) }),
);

export const ChatNotFound = userError(
  ChatNotFoundError,
  'CHAT_NOT_FOUND',
  'There is no such chat, or no such message: it may have been deleted.',
  (t) => ({ id: t.exposeID('id', { description: 'As given.' }) }),
);

export const ChatBusy = userError(
  ChatBusyError,
  'CHAT_BUSY',
  'An answer of the chat is still being produced: one is made at a time. Nothing was stored.',
  (t) => ({ job: t.expose('job', { type: JobRef, description: 'The one that produces it.' }) }),
);

export const JobNotFound = userError(
  JobNotFoundError,
  'JOB_NOT_FOUND',
  'There is no such job, or it is forgotten.',
  (t) => ({
    id: t.exposeID('id', { description: 'As given.' }),
  }),
);

export const JobNotCancellable = userError(
  JobNotCancellableError,
  'JOB_NOT_CANCELLABLE',
  'The job has ended already.',
  (t) => ({
    job: t.expose('job', { type: JobRef, description: 'As it is.' }),
  }),
);

export const JobNotQueued = userError(
  JobNotQueuedError,
  'JOB_NOT_QUEUED',
  'The job does not wait any more.',
  (t) => ({
    job: t.expose('job', { type: JobRef, description: 'As it is.' }),
  }),
);

export const JobNotRetryable = userError(
  JobNotRetryableError,
  'JOB_NOT_RETRYABLE',
  'The job has neither failed nor been cancelled.',
  (t) => ({ job: t.expose('job', { type: JobRef, description: 'As it is.' }) }),
);
