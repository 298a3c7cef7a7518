/**
 * Batches of requests of other APIs: a file of lines of which jobs are made piece by piece, and which is answered as a whole. All its jobs are
 * members of the batch of jobs with the same id.
 */
import type { BatchId, FileId } from './ids.ts';
import type { Job, JobCounts, JobPriority } from './job.ts';
import type { JsonObject } from './json.ts';
import type { NewJob } from './new-job.ts';
import type { BlobHash } from './request.ts';

export type RequestBatchStatus =
  /** Its lines are looked at; it has no jobs yet. */
  | 'VALIDATING'
  /** At least one line is wrong, and the API takes all or nothing. */
  | 'FAILED'
  /** Jobs are made of its lines, and run. */
  | 'IN_PROGRESS'
  /** Somebody wants no more of it. What ran to its end stays. */
  | 'CANCELLING'
  /** Every line has its answer; what they come to is added up. */
  | 'FINALIZING'
  | 'COMPLETED'
  | 'EXPIRED'
  | 'CANCELLED';

export type RequestBatchEvent = 'valid' | 'invalid' | 'cancel' | 'answered' | 'complete' | 'expire' | 'end';

/** from → event → to. `expire` and `complete` tell how a batch ended that nobody cancelled. */
const TRANSITIONS: Readonly<
  Record<RequestBatchStatus, Readonly<Partial<Record<RequestBatchEvent, RequestBatchStatus>>>>
> = {
  VALIDATING: { valid: 'IN_PROGRESS', invalid: 'FAILED', cancel: 'CANCELLING' },
  IN_PROGRESS: { cancel: 'CANCELLING', answered: 'FINALIZING' },
  CANCELLING: { end: 'CANCELLED' },
  FINALIZING: { complete: 'COMPLETED', expire: 'EXPIRED' },
  FAILED: {},
  COMPLETED: {},
  EXPIRED: {},
  CANCELLED: {},
};

/** The status after `event`, or undefined where the table has none. */
export function requestBatchTransition(
  from: RequestBatchStatus,
  event: RequestBatchEvent,
): RequestBatchStatus | undefined {
  return TRANSITIONS[from][event];
}

export function isEnded(status: RequestBatchStatus): boolean {
  return Object.keys(TRANSITIONS[status]).length === 0;
}

/** Whether what becomes of its jobs still gets into its answer. */
export function takesAnswers(status: RequestBatchStatus): boolean {
  return status === 'VALIDATING' || status === 'IN_PROGRESS';
}

/** What is wrong with a line. */
export interface LineProblem {
  readonly code: string;
  readonly message: string;
  /** From 1; null where it is about the whole file. */
  readonly line: number | null;
  readonly param: string | null;
}

/** Why no job was made of a line. */
export type RefusalKind = 'ERRORED' | 'CANCELLED' | 'EXPIRED';

/** A line that is answered without a job. */
export interface RefusedLine {
  /** From 1. */
  readonly line: number;
  readonly customId: string;
  readonly kind: RefusalKind;
  /** Of an ERRORED one: as the API's problem. */
  readonly status: number;
  readonly code: string;
  readonly message: string;
}

export type RefusalCounts = Readonly<Record<RefusalKind, number>>;
export const NO_REFUSALS: RefusalCounts = { ERRORED: 0, CANCELLED: 0, EXPIRED: 0 };

export interface RequestBatch {
  readonly id: BatchId;
  /** Which API it belongs to; each lists its own. */
  readonly api: 'OPENAI' | 'ANTHROPIC';
  readonly client: string;
  /** The path to which each of its requests could have been sent. */
  readonly endpoint: string;
  /** As the client named it; it may be gone. Null where the requests came with the call. */
  readonly inputFile: FileId | null;
  /** Its own copy of the lines; null when every line has become a job or was refused. */
  readonly content: FileId | null;
  readonly priority: JobPriority;
  readonly metadata: JsonObject | null;
  /** As the client wrote it. */
  readonly window: string;
  readonly status: RequestBatchStatus;
  /** Epoch milliseconds, as all times here. */
  readonly createdAt: number;
  /** What has no answer by then gets none. */
  readonly expiresAt: number;
  /** When it came to each status that it has been in. */
  readonly since: Readonly<Partial<Record<RequestBatchStatus, number>>>;
  readonly endedAt: number | null;
  /** Lines with a request; null until they are counted. */
  readonly total: number | null;
  /** Of the file: how far jobs have been made of it. */
  readonly taken: FilePosition;
  readonly refused: RefusalCounts;
  /** Of a FAILED one. */
  readonly problems: readonly LineProblem[];
  /** Files that show what came of it; null until it has ended, and where nothing belongs into them. */
  readonly answersFile: FileId | null;
  readonly errorsFile: FileId | null;
}

/** A place between two lines of a file. */
export interface FilePosition {
  readonly bytes: number;
  /** Before it. */
  readonly lines: number;
}

export const FILE_START: FilePosition = { bytes: 0, lines: 0 };

export interface BatchJobCounts {
  readonly jobs: JobCounts;
  /** Of the FAILED ones, those that were not done in time. */
  readonly overdue: number;
}

export interface CountedRequestBatch extends BatchJobCounts {
  readonly batch: RequestBatch;
}

export interface NewRequestBatch {
  readonly id: BatchId;
  readonly api: RequestBatch['api'];
  readonly client: string;
  readonly endpoint: string;
  /**
   * The lines: a BATCH_INPUT that was begun, and is finished with this, or a finished file whose content it shares under the id `copy`.
   */
  readonly lines: { readonly own: FileId } | { readonly of: FileId; readonly copy: FileId };
  readonly priority: JobPriority;
  readonly metadata: JsonObject | null;
  readonly window: string;
  readonly windowMs: number;
  /** Known where the lines were looked at before: then it is IN_PROGRESS at once. */
  readonly total: number | null;
  /** As of a `Submission`. Keys of batches of requests are others than those of jobs. */
  readonly idempotency: { readonly key: string; readonly inputHash: string } | null;
}

export type CreateBatchOutcome =
  /** `duplicate`: its key matched an earlier one with the same input, and nothing new was stored. */
  | { readonly kind: 'made' | 'duplicate'; readonly batch: RequestBatch }
  | { readonly kind: 'conflict' }
  | { readonly kind: 'no-lines' };

/** Jobs and refusals of the lines between two places of the file. */
export interface Piece {
  readonly id: BatchId;
  /** Where the batch must have got to: a piece that was taken already is not taken again. */
  readonly from: FilePosition;
  readonly to: FilePosition;
  readonly isLast: boolean;
  readonly jobs: readonly NewJob[];
  /** The bytes behind every hash in the requests. */
  readonly blobs: ReadonlyMap<BlobHash, Uint8Array>;
  readonly refused: readonly RefusedLine[];
  /** The most jobs that may wait after it. */
  readonly queueLimit: number;
}

export type PieceOutcome =
  | { readonly kind: 'taken' }
  /** The batch is somewhere else by now, or takes no jobs any more. Nothing was done. */
  | { readonly kind: 'stale' }
  /** Nothing was taken; `room` jobs would have been. */
  | { readonly kind: 'queue-full'; readonly room: number };

/** What happened to a batch, with what is known from then on. */
export interface RequestBatchStep {
  readonly id: BatchId;
  readonly event: RequestBatchEvent;
  /** With `valid`. */
  readonly total?: number;
  /** With `invalid`. */
  readonly problems?: readonly LineProblem[];
  /** With events that end it: the files that show what came of it, with their sizes. */
  readonly output?: readonly NewOutputFile[];
}

export interface NewOutputFile {
  readonly id: FileId;
  readonly part: 'ANSWERS' | 'ERRORS';
  readonly name: string;
  readonly bytes: number;
}

export interface RequestBatchQuery {
  readonly api: RequestBatch['api'];
  /** Those of this client alone. */
  readonly client?: string;
  /** The newest come first. Exclusive; nothing is beyond a batch that is not there. */
  readonly after?: BatchId;
  readonly before?: BatchId;
  /** At most 1,000. With `before` those that are nearest to it. */
  readonly limit: number;
}

export interface RequestBatchPage {
  readonly batches: readonly CountedRequestBatch[];
  /** Whether there are more in the direction that was asked for. */
  readonly hasMore: boolean;
}

export interface RequestBatchStore {
  /** Whose the file may be is not asked. */
  create(batch: NewRequestBatch): Promise<CreateBatchOutcome>;
  /** Null when the batch is not there, or the event is not for the status that it has. */
  step(step: RequestBatchStep): Promise<RequestBatch | null>;
  /** Calls it with each batch that a step has ended, after the commit. Answers how to take that back. */
  onEnded(listener: (id: BatchId) => void): () => void;
  /** A piece and what it leaves of the file are one commit. */
  take(piece: Piece): Promise<PieceOutcome>;
  /** Cancels up to `limit` of its unfinished jobs; answers how many. */
  cancelJobs(id: BatchId, limit: number): Promise<number>;
  /** Forgets an ended batch; its jobs stay as long as others. False when it is not there or has not ended. */
  delete(id: BatchId): Promise<boolean>;
  batch(id: BatchId): Promise<CountedRequestBatch | null>;
  list(query: RequestBatchQuery): Promise<RequestBatchPage>;
  /** Of all that have not ended, oldest first. */
  unended(): Promise<readonly BatchId[]>;
  /** Its jobs in their order, from the one after `after` on. */
  members(id: BatchId, after: number, limit: number): Promise<readonly Job[]>;
  /** Its refused lines in their order, from the one after `afterLine` on. */
  refusals(id: BatchId, afterLine: number, limit: number): Promise<readonly RefusedLine[]>;
}
