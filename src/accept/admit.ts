/** From a submission to a job that is fit to be queued. */
import { type Clock, fromWall, type Random } from '../clock.ts';
import type { ClientTable } from '../domain/client-limits.ts';
import {
  type InputIssue,
  InsufficientVramError,
  InvalidInputError,
  ModelNotFoundError,
} from '../domain/errors.ts';
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
  readonly asked: Pick<NewJob, 'modelName' | 'queue' | 'deadline'>;
  readonly wishes: GrantedWishes;
}

/**
 * Images are kept by their content, in `collector`.
 * @throws InvalidInputError with every problem of it, ModelNotFoundError, ContextLengthExceededError, InsufficientVramError, HopelessDeadlineError, TaskNotFoundError
 */
export function admittedJob(
  deps: AcceptDependencies,
  principal: Principal,
  submission: JobSubmission,
  collector: BlobCollector,
): AdmittedJob {
  const { request, labels, metadata, maxAttempts, patienceMs } = submission;
  const { names, tasks = NO_TASKS } = deps.models;
  const choice = tasks.choose(submission.model);
  const model = choice?.option.model ?? submission.model;
  const name = names.resolve(model);
  const priority = submission.priority ?? lessUrgent('NORMAL', principal.maxPriority);
  const issues: InputIssue[] = [];
  if (!names.isName(model)) issues.push({ path: ['model'], message: `"${model}" is not a model name.` });
  const tooUrgent = priorityProblem(principal, priority);
  if (tooUrgent) issues.push(tooUrgent);
  const info = deps.models.find(name);
  if (info) append(issues, modelProblems(info, request));
  if (issues.length > 0) throw new InvalidInputError(issues);
  if (!info && deps.models.known)
    throw new ModelNotFoundError(model, names.suggest(model), deps.models.unheard());
  const wishes = granted(submission.wishes ?? {}, request.kind);
  const wanted = { contextLength: wishes.contextLength, shift: wishes.shift ?? undefined };
  const askedQueue = queueKey({ model: name, ...wanted, backendId: backendOf(choice) });
  const queue = deps.queueFor(askedQueue, request);
  const excess = deps.tooLarge(queue);
  if (excess) {
    const { requiredBytes, largestBytes, explanation } = excess;
    throw new InsufficientVramError(explanation, requiredBytes, largestBytes);
  }
  const { clock } = deps;
  const deadline = submission.deadline ? fromWall(submission.deadline.getTime(), clock) : null;
  const patience = patienceMs === undefined ? null : clock.now() + patienceMs;
  const job = {
    id: submission.id ?? newId('job', clock, deps.random),
    client: principal.client,
    kind: request.kind,
    modelName: model.trim(),
    ...(choice && { task: choice.task.name }),
    queue,
    priority,
    labels: labels ?? [],
    metadata: metadata ?? null,
    deadline: deadline ?? patience,
    maxAttempts: maxAttempts ?? DEFAULT_MAX_ATTEMPTS,
    live: submission.live ?? false,
    request: withoutAbsent(mapImages(request, (image) => collector.add(image))) as unknown as JobRequest,
  };
  refuseIfHopeless(deps, job, deadline);
  const asked = choice
    ? { modelName: submission.model, queue: queueKey({ model: submission.model, ...wanted }) }
    : { modelName: job.modelName, queue: askedQueue };
  return { job, asked: { ...asked, deadline }, wishes };
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
