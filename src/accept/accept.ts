/** Validation, model resolution and admission behind the one door. */
import { createHash } from 'node:crypto';
import type { z } from 'zod';
import type { Clock, Random } from '../clock.ts';
import {
  type InputIssue,
  InsufficientVramError,
  InvalidInputError,
  ModelNotFoundError,
  QueueFullError,
} from '../domain/errors.ts';
import { type JobId, newId } from '../domain/ids.ts';
import { JOB_PRIORITIES, type JobPriority } from '../domain/job.ts';
import { canonicalJson, type JsonObject, withoutAbsent } from '../domain/json.ts';
import { append } from '../domain/long-lists.ts';
import type { ModelInfo } from '../domain/model.ts';
import { onlyClient, type Principal, sees } from '../domain/principal.ts';
import {
  canonicalModelName,
  isModelName,
  type QueueKey,
  queueKey,
  roundContextLength,
} from '../domain/queue-key.ts';
import type { JobRequest } from '../domain/request.ts';
import type { NewJob, Store, Submission, SubmitOutcome } from '../domain/store.ts';
import { type AcceptService, IdempotencyConflictError } from './accept-service.ts';
import { modelProblems } from './capabilities.ts';
import { BlobCollector } from './images.ts';
import { type SubmitJobValues, submitBatchSchema, submitJobSchema } from './input-schema.ts';

/** What admission must know of models. */
export interface ModelDirectory {
  /** Whether any backend has ever told its models. Until then every well-formed name is taken, and its jobs wait. */
  readonly known: boolean;
  find(canonicalName: string): ModelInfo | null;
  suggest(name: string): readonly string[];
  /** Names of the backends that do not answer: what they have cannot be told. */
  unheard(): readonly string[];
}

export interface AcceptDependencies {
  readonly store: Store;
  readonly models: ModelDirectory;
  readonly queueLimit: number;
  /** What is known to be too large for every GPU, even when all else is gone; null when it may fit, or nobody can say. */
  tooLarge(queue: QueueKey): {
    readonly requiredBytes: number;
    readonly largestBytes: number;
    /** What is known, and what would help. */
    readonly explanation: string;
  } | null;
  /** When a full queue is worth another try, from now. */
  retryAfterMs(): number;
  readonly clock: Clock;
  readonly random: Random;
}

const DEFAULT_MAX_ATTEMPTS = 3;

export function createAcceptService(deps: AcceptDependencies): AcceptService {
  const { store } = deps;
  return {
    async submit(principal, input) {
      const collector = new BlobCollector();
      const values = readJob(deps, input);
      const job = admit(deps, principal, values, collector);
      const idempotency = identity(principal, values.idempotencyKey, job);
      const submission = {
        jobs: [job],
        batch: null,
        blobs: collector.blobs,
        idempotency,
        queueLimit: deps.queueLimit,
      };
      const outcome = await submitOrThrow(deps, submission);
      const first = outcome.jobs[0];
      if (!first) throw new Error('The store answered a submission without a job.');
      return { job: first, deduplicated: outcome.kind === 'duplicate' };
    },

    async submitBatch(principal, input) {
      const values = read(submitBatchSchema, input);
      const { collector, jobs } = readJobs(deps, principal, values.jobs);
      const batch = {
        id: newId('bat', deps.clock, deps.random),
        name: values.name ?? null,
        client: principal.client,
      };
      const idempotency = identity(principal, values.idempotencyKey, {
        name: batch.name,
        jobs: jobs.map(essence),
      });
      const outcome = await submitOrThrow(deps, {
        jobs,
        batch,
        blobs: collector.blobs,
        idempotency,
        queueLimit: deps.queueLimit,
      });
      if (!outcome.batchId) {
        throw new InvalidInputError([
          { path: ['idempotencyKey'], message: 'was used for a single job, not for a batch.' },
        ]);
      }
      return { batchId: outcome.batchId, deduplicated: outcome.kind === 'duplicate' };
    },

    check(principal, input) {
      try {
        const { issues, refusals } = judge(deps, principal, read(submitBatchSchema, input).jobs);
        const refused = refusals.map(({ at, error }) => ({ path: [...at, 'model'], message: error.message }));
        return [...issues, ...refused];
      } catch (error) {
        if (error instanceof InvalidInputError) return error.issues;
        throw error;
      }
    },

    async cancel(principal, id, reason) {
      return (await isForeign(store, principal, id)) ? { kind: 'not-found' } : store.cancel(id, reason);
    },

    async retry(principal, id) {
      if (await isForeign(store, principal, id)) return { kind: 'not-found' };
      const outcome = await store.retry(id, deps.queueLimit);
      if (outcome.kind === 'queue-full') throw new QueueFullError(outcome.limit, deps.retryAfterMs());
      return outcome;
    },

    async setPriority(principal, id, priority) {
      const problem = priorityProblem(principal, priority);
      if (problem) throw new InvalidInputError([problem]);
      if (await isForeign(store, principal, id)) return { kind: 'not-found' };
      return store.setPriority(id, priority);
    },
  };
}

/** Whose a job is never changes, so that it can be asked before. */
async function isForeign(store: Store, principal: Principal, id: JobId): Promise<boolean> {
  if (onlyClient(principal) === null) return false;
  const job = await store.job(id);
  return job !== null && !sees(principal, job);
}

async function submitOrThrow(
  deps: AcceptDependencies,
  submission: Submission,
): Promise<Extract<SubmitOutcome, { kind: 'accepted' | 'duplicate' }>> {
  const outcome = await deps.store.submit(submission);
  switch (outcome.kind) {
    case 'accepted':
    case 'duplicate':
      return outcome;
    case 'conflict':
      throw new IdempotencyConflictError(outcome.existing);
    case 'queue-full':
      throw new QueueFullError(outcome.limit, deps.retryAfterMs());
  }
}

/** Jobs that are all fit to be queued. A model that is missing or too large is told only when nothing else is wrong. */
function readJobs(deps: AcceptDependencies, principal: Principal, inputs: readonly unknown[]) {
  const { collector, jobs, issues, refusals } = judge(deps, principal, inputs);
  if (issues.length > 0) throw new InvalidInputError(issues);
  if (refusals[0]) throw refusals[0].error;
  return { collector, jobs };
}

/** The model of one job of a batch is not there, or fits nowhere. */
interface ModelRefusal {
  readonly at: readonly string[];
  readonly error: ModelNotFoundError | InsufficientVramError;
}

/** Reads all jobs of a batch, so that the caller learns of every problem at once. */
function judge(deps: AcceptDependencies, principal: Principal, inputs: readonly unknown[]) {
  const collector = new BlobCollector();
  const issues: InputIssue[] = [];
  const jobs: NewJob[] = [];
  const refusals: ModelRefusal[] = [];
  for (const [index, input] of inputs.entries()) {
    const at = ['jobs', String(index)];
    try {
      const values = readJob(deps, input);
      if (values.idempotencyKey !== undefined) {
        throw new InvalidInputError([
          { path: ['idempotencyKey'], message: 'is for the whole batch, not for one of its jobs.' },
        ]);
      }
      jobs.push(admit(deps, principal, values, collector));
    } catch (error) {
      if (error instanceof InvalidInputError)
        append(
          issues,
          error.issues.map((issue) => ({ ...issue, path: [...at, ...issue.path] })),
        );
      else if (error instanceof ModelNotFoundError || error instanceof InsufficientVramError)
        refusals.push({ at, error });
      else throw error;
    }
  }
  return { collector, jobs, issues, refusals };
}

/** @throws InvalidInputError with every problem that the schema finds */
function read<S extends z.ZodType>(
  schema: S,
  input: unknown,
  further: readonly InputIssue[] = [],
): z.output<S> {
  const parsed = schema.safeParse(input);
  const found = parsed.error?.issues ?? [];
  const issues = [...found.map(({ path, message }) => ({ path: path.map(String), message })), ...further];
  if (issues.length > 0 || !parsed.success) throw new InvalidInputError(issues);
  return parsed.data;
}

function readJob(deps: AcceptDependencies, input: unknown): SubmitJobValues {
  const deadline = typeof input === 'object' && input !== null && 'deadline' in input ? input.deadline : null;
  const isPast =
    deadline instanceof Date && deadline.getTime() <= deps.clock.now() + (deps.clock.wallAheadMs ?? 0);
  return read(
    submitJobSchema,
    input,
    isPast ? [{ path: ['deadline'], message: 'must be in the future.' }] : [],
  );
}

function admit(
  deps: AcceptDependencies,
  principal: Principal,
  values: SubmitJobValues,
  collector: BlobCollector,
): NewJob {
  const request = requestOf(values, collector);
  const name = canonicalModelName(values.model);
  const priority = values.priority ?? lessUrgent('NORMAL', principal.maxPriority);
  const issues: InputIssue[] = [];
  if (!isModelName(name)) issues.push({ path: ['model'], message: `"${values.model}" is not a model name.` });
  const tooUrgent = priorityProblem(principal, priority);
  if (tooUrgent) issues.push(tooUrgent);
  const info = deps.models.find(name);
  if (info) append(issues, modelProblems(info, request));
  if (issues.length > 0) throw new InvalidInputError(issues);
  if (!info && deps.models.known)
    throw new ModelNotFoundError(values.model, deps.models.suggest(values.model), deps.models.unheard());
  const asked = optionsOf(values)?.contextLength;
  const queue = queueKey({
    model: name,
    contextLength: asked === undefined ? null : roundContextLength(asked),
  });
  const excess = deps.tooLarge(queue);
  if (excess) {
    const { requiredBytes, largestBytes, explanation } = excess;
    throw new InsufficientVramError(explanation, requiredBytes, largestBytes);
  }
  return {
    id: newId('job', deps.clock, deps.random),
    client: principal.client,
    kind: request.kind,
    modelName: values.model.trim(),
    queue,
    priority,
    labels: values.labels ?? [],
    metadata: (values.metadata as JsonObject | undefined) ?? null,
    deadline: values.deadline ? values.deadline.getTime() - (deps.clock.wallAheadMs ?? 0) : null,
    maxAttempts: values.maxAttempts ?? DEFAULT_MAX_ATTEMPTS,
    request,
  };
}

function optionsOf(values: SubmitJobValues) {
  const { generate, chat, embed } = values.request;
  return (generate ?? chat ?? embed)?.options;
}

/** The context belongs to the variant, not to the request; images are kept by their content. */
function requestOf(values: SubmitJobValues, collector: BlobCollector): JobRequest {
  const { generate, chat, embed } = values.request;
  const address = (images: readonly string[] | undefined) => images?.map((image) => collector.add(image));
  const { contextLength: _, ...predict } = optionsOf(values) ?? {};
  const options = Object.values(predict).some((value) => value !== undefined) ? predict : undefined;
  const request = generate
    ? { kind: 'GENERATE', ...generate, images: address(generate.images), options }
    : chat
      ? {
          kind: 'CHAT',
          ...chat,
          messages: chat.messages.map((each) => ({ ...each, images: address(each.images) })),
          options,
        }
      : { kind: 'EMBED', ...embed, options };
  // The schema has checked every field; what it answers differs from JobRequest only in how absence is written.
  return withoutAbsent(request) as unknown as JobRequest;
}

function lessUrgent(a: JobPriority, b: JobPriority): JobPriority {
  return JOB_PRIORITIES.indexOf(a) > JOB_PRIORITIES.indexOf(b) ? a : b;
}

function priorityProblem(principal: Principal, priority: JobPriority): InputIssue | null {
  if (lessUrgent(priority, principal.maxPriority) === priority) return null;
  return { path: ['priority'], message: `${principal.client} may use at most ${principal.maxPriority}.` };
}

/** What makes two submissions the same: everything that was asked for, nothing that we made up. */
function essence(job: NewJob): Omit<NewJob, 'id'> {
  const { id: _, ...rest } = job;
  return rest;
}

function identity(
  principal: Principal,
  key: string | undefined,
  input: NewJob | object,
): Submission['idempotency'] {
  if (key === undefined) return null;
  const same = 'id' in input ? essence(input as NewJob) : input;
  return {
    client: principal.client,
    key,
    inputHash: createHash('sha256').update(canonicalJson(same)).digest('hex'),
  };
}
