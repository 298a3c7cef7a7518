/** From a submission to a job that is fit to be queued. */

import { type Clock, fromWall, type Random } from '../clock.ts';
import type { Allowances } from '../domain/allowance.ts';
import type { ClientTable } from '../domain/client-limits.ts';
import {
  type InputIssue,
  InsufficientVramError,
  InvalidInputError,
  ModelNotFoundError,
} from '../domain/errors.ts';
import type { Fallback, ModelChoice } from '../domain/fallback.ts';
import { HopelessDeadlineError } from '../domain/hopeless-deadline.ts';
import { type BackendId, newId, stableId } from '../domain/ids.ts';
import { JOB_PRIORITIES, type JobPriority } from '../domain/job.ts';
import { withoutAbsent } from '../domain/json.ts';
import { append } from '../domain/long-lists.ts';
import type { ModelInfo } from '../domain/model.ts';
import type { ModelNames } from '../domain/model-names.ts';
import type { Principal } from '../domain/principal.ts';
import { type QueueKey, queueKey } from '../domain/queue-key.ts';
import type { JobRequest } from '../domain/request.ts';
import type { NewJob, Store } from '../domain/store.ts';
import { NO_TASKS, type TaskChoice, type TaskChooser } from '../domain/task.ts';
import type { JobSize } from '../domain/work.ts';
import { modelProblems } from '../kinds/capabilities.ts';
import { sizeOf } from '../kinds/job-size.ts';
import { mapImages } from '../kinds/kinds.ts';
import { type GrantedWishes, granted } from '../kinds/wishes.ts';
import type { BlobCollector } from './blobs.ts';
import { ClientBounds } from './client-bounds.ts';
import { type CacheRules, cacheOf } from './result-cache.ts';
import type { JobSubmission } from './submission.ts';

/** What admission must know of models. */
export interface ModelDirectory {
  /** Whether any backend has ever told its models. Until then every well-formed name is taken, and its jobs wait. */
  readonly known: boolean;
  readonly names: Pick<ModelNames, 'resolve' | 'isName' | 'suggest'>;
  find(name: string): ModelInfo | null;
  /** What `task:NAME` means in place of a model. Absent: there are no tasks. */
  readonly tasks?: TaskChooser;
  /** Names of the backends that do not answer: what they have cannot be told. */
  unheard(): readonly string[];
}

export interface AcceptDependencies {
  readonly store: Store;
  readonly models: ModelDirectory;
  readonly queueLimit: number;
  /** What one request may have queued in all: see `RequestAllowance`. */
  readonly bytesOfRequest: number;
  /** Absent: no limits of single clients. */
  readonly clients?: ClientTable | undefined;
  /** Absent: nobody uses anything up. */
  readonly allowances?: Pick<Allowances, 'checkWork'> | undefined;
  /**
   * Where a job waits whose wishes mean the queue `asked`: there, or with a context that holds its prompt.
   * @throws ContextLengthExceededError when none does
   */
  queueFor(asked: QueueKey, request: JobRequest<unknown>): QueueKey;
  /** What is known to be too large for every GPU, even when all else is gone; null when it may fit, or nobody can say. */
  tooLarge(queue: QueueKey): {
    readonly requiredBytes: number;
    readonly largestBytes: number;
    /** What is known, and what would help. */
    readonly explanation: string;
  } | null;
  /**
   * When a job that came now should end, epoch milliseconds; null where nobody can know. Absent: jobs are taken whatever their deadline.
   */
  expectedEnd?(job: Pick<NewJob, 'queue' | 'client' | 'priority'>, size: JobSize): number | null;
  /** For which of its models a job that comes is to wait. Absent: for the first. */
  chooseModel?(
    job: Pick<NewJob, 'id' | 'client' | 'priority'> & { readonly fallback: Fallback },
  ): ModelChoice | null;
  /** Absent: no answer is given twice. */
  readonly cache?: CacheRules | undefined;
  /** When a full queue is worth another try, from now. */
  retryAfterMs(this: void, client: string | null): number;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: (message: string) => void;
}

const DEFAULT_MAX_ATTEMPTS = 3;

export interface AdmittedJob {
  readonly job: NewJob;
  /**
   * By the caller's wishes alone: the queue of the job also depends on what was learned meanwhile, its deadline on when it came, its model on what was
   * selected for the task by then.
   */
  readonly asked: Pick<NewJob, 'modelName' | 'queue' | 'deadline' | 'task'> & { readonly fallback?: object };
  readonly wishes: GrantedWishes;
}

/**
 * Images are kept by their content, in `collector`.
 * @throws InvalidInputError with every problem of it, ModelNotFoundError, ContextLengthExceededError, InsufficientVramError, HopelessDeadlineError, TaskNotFoundError
 */
export function admittedJob(
  deps: AcceptDependencies,
  principal: Principal,
  given: JobSubmission,
  collector: BlobCollector,
): AdmittedJob {
  const bounds = new ClientBounds(deps.clients, principal.client);
  const submission = { ...given, request: bounds.bounded(given.request) };
  const { labels, metadata, maxAttempts, patienceMs, fallback } = submission;
  const priority = submission.priority ?? lessUrgent('NORMAL', principal.maxPriority);
  const tooUrgent = priorityProblem(principal, priority);
  const further = [...(tooUrgent ? [tooUrgent] : []), ...bounds.outputProblems(given.request)];
  const wishes = granted(submission.wishes ?? {}, submission.request.kind);
  const placed = (model: string) => placedJob(deps, submission, { model, wishes, further, bounds });
  const [first, ...others] = fallback
    ? ableOf([submission.model, ...fallback.models], placed)
    : [placed(submission.model)];
  const { clock } = deps;
  const id = submission.id ?? newId('job', clock, deps.random);
  const common = { id, client: principal.client, priority };
  const choices = [first, ...others].map(({ modelName, queue }) => ({ modelName, queue }));
  const several = fallback && {
    asked: [submission.model, ...fallback.models],
    choices,
    afterMs: fallback.afterMs,
  };
  const chosen = several && deps.chooseModel?.({ ...common, fallback: several });
  const does = [first, ...others].find(({ queue }) => queue === chosen?.queue) ?? first;
  const { request } = submission;
  const deadline = submission.deadline ? fromWall(submission.deadline.getTime(), clock) : null;
  const patience = patienceMs === undefined ? null : clock.now() + patienceMs;
  const plain = {
    ...common,
    kind: request.kind,
    modelName: does.modelName,
    ...(does.choice && { task: does.choice.task.name }),
    ...(several && { fallback: several }),
    queue: does.queue,
    labels: labels ?? [],
    metadata: metadata ?? null,
    deadline: deadline ?? patience,
    maxAttempts: maxAttempts ?? DEFAULT_MAX_ATTEMPTS,
    live: submission.live ?? false,
    request: withoutAbsent(mapImages(request, (image) => collector.add(image))) as unknown as JobRequest,
  };
  const cache = cacheOf(deps.cache, plain, does.info, submission.cache);
  const job = cache ? { ...plain, cache } : plain;
  refuseIfHopeless(deps, job, deadline);
  return { job, asked: { ...askedOf(submission, first, wishes), deadline }, wishes };
}

/** What makes it the same as another, whichever model does it and whatever is selected for its task. */
function askedOf(
  submission: JobSubmission,
  { choice, modelName, askedQueue }: PlacedJob,
  wishes: GrantedWishes,
): Omit<AdmittedJob['asked'], 'deadline'> {
  const { model, fallback } = submission;
  if (!choice && !fallback) return { modelName, queue: askedQueue };
  const asked = { modelName: model, queue: queueKey({ model, ...wantedOf(wishes) }) };
  return fallback ? { ...asked, fallback, task: '' } : asked;
}

interface PlacedJob {
  /** Null where no backend has told of it yet. */
  readonly info: ModelInfo | null;
  /** Of the task that was named in the place of a model; null where none was. */
  readonly choice: TaskChoice | null;
  readonly modelName: string;
  /** By the caller's wishes alone. */
  readonly askedQueue: QueueKey;
  readonly queue: QueueKey;
}

/** Those that can do it; where none can, it is said of the first why. */
function ableOf(
  models: readonly string[],
  placed: (model: string) => PlacedJob,
): readonly [PlacedJob, ...PlacedJob[]] {
  const able: PlacedJob[] = [];
  let first: unknown = null;
  for (const model of models) {
    try {
      const one = placed(model);
      if (!able.some(({ queue }) => queue === one.queue)) able.push(one);
    } catch (error) {
      first ??= error;
    }
  }
  const [best, ...others] = able;
  if (!best) throw first;
  return [best, ...others];
}

function wantedOf({ contextLength, shift }: GrantedWishes) {
  return { contextLength, shift: shift ?? undefined };
}

/** Where a job for this model waits. @throws as `admittedJob` */
function placedJob(
  deps: AcceptDependencies,
  { request }: JobSubmission,
  {
    model: named,
    wishes,
    further,
    bounds,
  }: {
    readonly model: string;
    readonly wishes: GrantedWishes;
    readonly further: readonly InputIssue[];
    readonly bounds: ClientBounds;
  },
): PlacedJob {
  const { names, tasks = NO_TASKS } = deps.models;
  const choice = tasks.choose(named);
  const model = choice?.option.model ?? named;
  const name = names.resolve(model);
  const issues: InputIssue[] = [];
  if (!names.isName(model)) issues.push({ path: ['model'], message: `"${model}" is not a model name.` });
  append(issues, further);
  const info = deps.models.find(name);
  if (info) append(issues, modelProblems(info, request));
  if (issues.length > 0) throw new InvalidInputError(issues);
  if (!info && deps.models.known)
    throw new ModelNotFoundError(model, names.suggest(model), deps.models.unheard());
  const askedQueue = queueKey({ model: name, ...wantedOf(wishes), backendId: backendOf(choice) });
  const queue = deps.queueFor(askedQueue, request);
  bounds.checkContext(queue);
  const excess = deps.tooLarge(queue);
  if (excess) {
    const { requiredBytes, largestBytes, explanation } = excess;
    throw new InsufficientVramError(explanation, requiredBytes, largestBytes);
  }
  return { info, choice, modelName: model.trim(), askedQueue, queue };
}

/** Only the model of that backend does the task. */
function backendOf(choice: TaskChoice | null): BackendId | undefined {
  const backend = choice?.option.backend ?? null;
  return backend === null ? undefined : stableId('bkd', backend);
}

/** Only what its caller named as the deadline: how long a connection is kept is no promise of anybody. */
function refuseIfHopeless({ expectedEnd }: AcceptDependencies, job: NewJob, deadline: number | null): void {
  if (deadline === null) return;
  const end = expectedEnd?.(job, sizeOf(job.request)) ?? null;
  if (end !== null && end > deadline) throw new HopelessDeadlineError(deadline, end);
}

export function priorityProblem(principal: Principal, priority: JobPriority): InputIssue | null {
  if (lessUrgent(priority, principal.maxPriority) === priority) return null;
  return { path: ['priority'], message: `${principal.client} may use at most ${principal.maxPriority}.` };
}

export function lessUrgent(a: JobPriority, b: JobPriority): JobPriority {
  return JOB_PRIORITIES.indexOf(a) > JOB_PRIORITIES.indexOf(b) ? a : b;
}
