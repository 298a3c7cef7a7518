/** Jobs: one unit of inference work each, and the one table of what may become of them. */
import { type FailureCode, IllegalTransitionError } from './errors.ts';
import type { Fallback } from './fallback.ts';
import type { BatchId, InstanceId, JobId } from './ids.ts';
import type { Json, JsonObject } from './json.ts';
import type { QueueKey } from './queue-key.ts';
import type { JobKind } from './request.ts';
import type { Vectors } from './vectors.ts';

export type JobStatus =
  /** In the queue; no instance has been chosen. */
  | 'PENDING'
  /** Claimed, with a fence, for an instance that is still loading. */
  | 'QUEUED'
  | 'RUNNING'
  | 'COMPLETE'
  | 'FAILED'
  | 'CANCELLED';

export const JOB_STATUSES = [
  'PENDING',
  'QUEUED',
  'RUNNING',
  'COMPLETE',
  'FAILED',
  'CANCELLED',
] as const satisfies readonly JobStatus[];

export type { JobKind } from './request.ts';

export type JobPriority = 'HIGH' | 'NORMAL' | 'LOW';
/** From the most to the least urgent. */
export const JOB_PRIORITIES = ['HIGH', 'NORMAL', 'LOW'] as const satisfies readonly JobPriority[];

export type JobEvent =
  /** An instance was chosen that is still loading. */
  | 'claim'
  /** An instance that is ready took it. */
  | 'start'
  /** Back to the queue with its age: the load failed, the backend was lost, the server restarted, or a retry is due. */
  | 'return'
  | 'complete'
  | 'fail'
  | 'cancel'
  /** A person wants a failed or cancelled job queued again. */
  | 'requeue'
  /** Another job that asked the same has its answer. */
  | 'answer';

/** from → event → to. A pair that is not here is illegal. */
const TRANSITIONS: Readonly<Record<JobStatus, Readonly<Partial<Record<JobEvent, JobStatus>>>>> = {
  PENDING: { claim: 'QUEUED', start: 'RUNNING', answer: 'COMPLETE', fail: 'FAILED', cancel: 'CANCELLED' },
  QUEUED: { start: 'RUNNING', return: 'PENDING', fail: 'FAILED', cancel: 'CANCELLED' },
  RUNNING: { return: 'PENDING', complete: 'COMPLETE', fail: 'FAILED', cancel: 'CANCELLED' },
  COMPLETE: {},
  FAILED: { requeue: 'PENDING' },
  CANCELLED: { requeue: 'PENDING' },
};

/** The status after `event`, or undefined where the table has none. */
export function jobTransition(from: JobStatus, event: JobEvent): JobStatus | undefined {
  return TRANSITIONS[from][event];
}

/** The status after `event`. @throws IllegalTransitionError where the table has none. */
export function nextJobStatus(from: JobStatus, event: JobEvent): JobStatus {
  const to = jobTransition(from, event);
  if (!to) throw new IllegalTransitionError('A job', from, event);
  return to;
}

/** From which `event` leads on. */
export function statusesBefore(event: JobEvent): readonly JobStatus[] {
  return JOB_STATUSES.filter((status) => jobTransition(status, event) !== undefined);
}

/** Whether a job that was in `from` can be in `to` later, by one event or several. */
export function leadsTo(from: JobStatus, to: JobStatus): boolean {
  return AFTERWARDS[from].has(to);
}

const AFTERWARDS: Readonly<Record<JobStatus, ReadonlySet<JobStatus>>> = {
  PENDING: afterwards('PENDING'),
  QUEUED: afterwards('QUEUED'),
  RUNNING: afterwards('RUNNING'),
  COMPLETE: afterwards('COMPLETE'),
  FAILED: afterwards('FAILED'),
  CANCELLED: afterwards('CANCELLED'),
};

function afterwards(from: JobStatus, found: Set<JobStatus> = new Set()): ReadonlySet<JobStatus> {
  for (const to of Object.values(TRANSITIONS[from])) {
    if (found.has(to)) continue;
    found.add(to);
    afterwards(to, found);
  }
  return found;
}

export function isTerminal(status: JobStatus): boolean {
  return status === 'COMPLETE' || status === 'FAILED' || status === 'CANCELLED';
}

export interface Label {
  readonly key: string;
  readonly value: string;
}

export interface JobFailure {
  readonly code: FailureCode;
  readonly message: string;
  /** Whether submitting the same job again may succeed. */
  readonly retryable: boolean;
}

/** One try of a job at a backend, kept when it did not end in success. */
export interface JobAttempt {
  /** From 1, and growing; see `attemptNumber`. */
  readonly number: number;
  readonly backend: string;
  /** Epoch milliseconds of the store's clock, as all times here. */
  readonly startedAt: number;
  /** Null while it runs. */
  readonly finishedAt: number | null;
  readonly failure: JobFailure | null;
  /** Whether it counts against `maxAttempts`. Absent: it does. */
  readonly counts?: boolean;
  /** The instance went while it ran, which may be its doing: the job runs alone until a run of it has ended otherwise. */
  readonly suspect?: boolean;
  /** Tries before this one that were left out of the history. Absent: none. */
  readonly omittedBefore?: number;
}

/** A job as the queue sees it: everything but what it asks for and what came out of it, so that it is cheap to carry around. */
export interface Job {
  readonly id: JobId;
  /** Grows with every change of any job: the order of changes. */
  readonly revision: number;
  /** Order of acceptance, from 1. Kept through retries, so age is kept too. */
  readonly sequence: number;
  readonly batchId: BatchId | null;
  readonly client: string;
  readonly kind: JobKind;
  /** As submitted; of a job for a task, the model that was selected for it then; of one with a fallback, the one that does it, as far as is known. */
  readonly modelName: string;
  /** The task that it was submitted for. Absent: for none. */
  readonly task?: string | undefined;
  /** Absent: no other model will do. */
  readonly fallback?: Fallback | undefined;
  /** What it asks, as one text, where its answer may be that of others: see `ResultCache`. Absent: it may not. */
  readonly cacheKey?: string | undefined;
  /** The job that asks the same whose answer it has, or waits for. Absent: it runs itself. */
  readonly answeredBy?: JobId | undefined;
  readonly queue: QueueKey;
  readonly priority: JobPriority;
  readonly status: JobStatus;
  readonly labels: readonly Label[];
  readonly metadata: JsonObject | null;
  /** Its caller waits for it on a connection of the server that accepted it, and nobody wants it after them. False from its end on. */
  readonly live: boolean;
  /** CANCELLED as its caller left: the same request, should the caller come back with it, takes it up again in its old place. */
  readonly callerLeft?: true | undefined;
  readonly createdAt: number;
  readonly startedAt: number | null;
  readonly finishedAt: number | null;
  /** To be failed with DEADLINE_EXCEEDED when not finished by then. */
  readonly deadline: number | null;
  /** A failed attempt is backing off until then; null when it can be claimed. */
  readonly notBefore: number | null;
  /** Failed attempts that count against `maxAttempts`. */
  readonly failedAttempts: number;
  readonly maxAttempts: number;
  /** Grows with every claim; a result with an older one is discarded. */
  readonly fence: number;
  /** Name of the backend it is claimed for, runs or ran on. */
  readonly backend: string | null;
  readonly instanceId: InstanceId | null;
  readonly failure: JobFailure | null;
  /** Runs that ended without success, oldest first, the middle ones of many left out. The present or successful one is not among them. */
  readonly history: readonly JobAttempt[];
}

/** Which channel of the output a piece belongs to. */
export type OutputChannel = 'TEXT' | 'THINKING';

/** A run of text of one attempt on one channel, in the order in which it was produced. */
export interface OutputPart {
  /** The job's attempt, see `attemptNumber`: every run is one of its own, so an offset never points into another text. */
  readonly attempt: number;
  readonly channel: OutputChannel;
  readonly text: string;
}

export interface TokenUsage {
  readonly promptTokens: number;
  /** Time spent on reading them. Absent where the backend did not say, and in results of older versions. */
  readonly promptDurationMs?: number;
  readonly completionTokens: number;
  readonly evalDurationMs: number;
  readonly loadDurationMs: number;
  /** Of the prompt's, those that a provider had in its cache. Absent where it did not say. */
  readonly cachedPromptTokens?: number;
  /** What a provider takes for it, by the prices in the settings. Absent where they give none. */
  readonly cost?: number;
}

/** How much of its prompt the model was given. */
export interface PromptFate {
  /** The prompt was longer than the context and was cut. */
  readonly truncated: boolean;
  /** Tokens of the context. */
  readonly contextLength: number;
}

export type JobResult =
  | {
      readonly kind: 'text';
      /** Absent where nobody knows: in results of older versions. */
      readonly prompt?: PromptFate;
      readonly doneReason: 'STOP' | 'LENGTH';
      readonly toolCalls: Json | null;
      readonly usage: TokenUsage;
      /** The final record as the backend gave it. */
      readonly raw: JsonObject;
    }
  | {
      readonly kind: 'embed';
      /** As above, of any of the texts. */
      readonly prompt?: PromptFate;
      readonly vectors: Vectors;
      readonly usage: TokenUsage;
      /** As above, without the vectors. */
      readonly raw: JsonObject;
    };

type ResultOf<Kind extends JobResult['kind']> = Extract<JobResult, { readonly kind: Kind }>;

/** How a job came to its result: all of it that is small whatever the result is. */
export type JobEnding =
  | Omit<ResultOf<'text'>, 'raw'>
  | (Omit<ResultOf<'embed'>, 'raw' | 'vectors'> & Omit<Vectors, 'pieces'>);

export function endingOf(result: JobResult): JobEnding {
  switch (result.kind) {
    case 'text': {
      const { raw: _, ...ending } = result;
      return ending;
    }
    case 'embed': {
      const { raw: _, vectors, ...ending } = result;
      const { count, dimensions, bytes } = vectors;
      return { ...ending, count, dimensions, bytes };
    }
    default:
      return result satisfies never;
  }
}

/**
 * The attempt that a claimed job is on: its fence. So no two runs of a job have one number, whatever ended the first (a restart, a shutdown, a
 * cancellation), and numbers may be left out, by claims that never ran.
 */
export function attemptNumber(job: Pick<Job, 'fence'>): number {
  return job.fence;
}

/** Of the history of a job these are kept, whatever its length. */
const FIRST_KEPT = 4;
const LAST_KEPT = 28;

/** The history with one more try. Of many the first and the last are kept, with the number of those between. */
export function withAttempt(history: readonly JobAttempt[], attempt: JobAttempt): readonly JobAttempt[] {
  const all = [...history, attempt];
  const left = all[FIRST_KEPT];
  const next = all[FIRST_KEPT + 1];
  if (all.length <= FIRST_KEPT + LAST_KEPT || !left || !next) return all;
  const omittedBefore = 1 + (left.omittedBefore ?? 0);
  return [...all.slice(0, FIRST_KEPT), { ...next, omittedBefore }, ...all.slice(FIRST_KEPT + 2)];
}

/** Tries that were left out of the history. */
export function omittedAttempts({ history }: Pick<Job, 'history'>): number {
  return history.reduce((sum, { omittedBefore }) => sum + (omittedBefore ?? 0), 0);
}

/** They say nothing of how the backend does: one ended with the server, the other goes on with a larger context. */
const NOT_IN_VAIN: readonly FailureCode[] = ['INTERRUPTED', 'CONTEXT_LENGTH_EXCEEDED'];

/** The latest tries that came to nothing and did not count, without one between that did. */
export function triesInVain({ history }: Pick<Job, 'history'>): number {
  let tries = 0;
  for (const { counts, failure } of history.toReversed()) {
    if (counts !== false || failure === null) break;
    if (!NOT_IN_VAIN.includes(failure.code)) tries += 1;
  }
  return tries;
}

/** Whether its last run may have been what ended the instance that it ran on. */
export function isSuspect({ history }: Pick<Job, 'history'>): boolean {
  return history.at(-1)?.suspect ?? false;
}

/** The history with the run that a RUNNING job was on when somebody else ended it; as it was for a job that did not run. */
export function withEndedRun(
  job: Job,
  finishedAt: number,
  failure: JobFailure | null,
): readonly JobAttempt[] {
  if (job.status !== 'RUNNING' || job.startedAt === null || job.backend === null) return job.history;
  const run = {
    number: attemptNumber(job),
    backend: job.backend,
    startedAt: job.startedAt,
    finishedAt,
    failure,
    counts: false,
  };
  // What was held against it before was not disproved.
  return withAttempt(job.history, isSuspect(job) ? { ...run, suspect: true } : run);
}

/** Why a run ended that its server did not live to see the end of, or did not want to. It does not count. */
export const INTERRUPTED: JobFailure = {
  code: 'INTERRUPTED',
  message: 'The server stopped while it ran.',
  retryable: true,
};

/** The text of the last attempt in `parts` on each channel. */
export function textsOf(parts: readonly OutputPart[]): Readonly<Record<OutputChannel, string>> {
  const last = parts.reduce((most, part) => Math.max(most, part.attempt), 0);
  const on = (channel: OutputChannel) =>
    parts
      .filter((part) => part.attempt === last && part.channel === channel)
      .map((part) => part.text)
      .join('');
  return { TEXT: on('TEXT'), THINKING: on('THINKING') };
}

export type JobCounts = Readonly<Record<JobStatus, number>>;
export const NO_JOBS: JobCounts = { PENDING: 0, QUEUED: 0, RUNNING: 0, COMPLETE: 0, FAILED: 0, CANCELLED: 0 };
