/**
 * The writes and reads of a store as plain data, so that they can cross to another thread and gather in one commit.
 * Requests, results and remembered values travel and rest as JSON text: only the caller's side ever parses them.
 */
import type { ClockReading } from '../clock.ts';
import type { BatchChange, BatchFilter, BatchPage, BatchQuery } from '../domain/batch.ts';
import type {
  Chat,
  ChatChange,
  ChatFilter,
  ChatMessage,
  ChatPage,
  ChatQuery,
  NewTurn,
  TurnOutcome,
} from '../domain/chat.ts';
import type { ClientLimits } from '../domain/client-limits.ts';
import type { KeptDecisions } from '../domain/decision.ts';
import type { ModelChoice } from '../domain/fallback.ts';
import type { BatchId, ChatId, ChatMessageId, FileId, JobId } from '../domain/ids.ts';
import type { KeepImageOutcome, NewImage, StoredImage } from '../domain/image.ts';
import type { Job, JobAttempt, JobFailure, JobPriority, OutputChannel } from '../domain/job.ts';
import type { EndedCourse } from '../domain/job-course.ts';
import type { JobFilter } from '../domain/job-filter.ts';
import type { ResultSizes } from '../domain/job-leavings.ts';
import type { QueueKey } from '../domain/queue-key.ts';
import type { BlobHash } from '../domain/request.ts';
import type {
  CountedRequestBatch,
  CreateBatchOutcome,
  NewRequestBatch,
  Piece,
  PieceOutcome,
  RefusedLine,
  RequestBatch,
  RequestBatchPage,
  RequestBatchQuery,
  RequestBatchStep,
} from '../domain/request-batch.ts';
import type { Residency, ResidencyList, ResidencyQuery } from '../domain/residency.ts';
import type { LifetimeCounts, SampleSeries, SeriesQuery, TimedSample } from '../domain/sample.ts';
import type {
  Batch,
  CancelOutcome,
  Claim,
  ClaimPick,
  Fenced,
  IdQuery,
  JobPage,
  JobQuery,
  ManyChange,
  ManyOutcome,
  NewJob,
  PriorityOutcome,
  Recovery,
  RetryOutcome,
  ReturnToQueue,
  Submission,
  SubmitOutcome,
} from '../domain/store.ts';
import type {
  AppendOutcome,
  FileChunk,
  FilePage,
  FileQuery,
  FinishedFile,
  NewFile,
  StoredFile,
} from '../domain/stored-file.ts';
import type { VectorPiece } from '../domain/vectors.ts';
import type { WaitingBuckets, WaitingJobs, WaitingQuery } from '../domain/waiting.ts';

/**
 * Its request becomes text where it is written: the text of 20 MiB takes long to be escaped, and the thread that answers callers has others to
 * serve. On the way to another thread its large texts are bytes: see `handing-over.ts`.
 */
export interface EncodedJob extends NewJob {
  readonly blobs: readonly BlobHash[];
}

export interface EncodedSubmission extends Omit<Submission, 'jobs'> {
  readonly jobs: readonly EncodedJob[];
}

export interface EncodedPiece extends Omit<Piece, 'jobs'> {
  readonly jobs: readonly EncodedJob[];
}

/** Its job comes as those of submissions do. */
export interface EncodedTurn extends Omit<NewTurn, 'job'>, Pick<EncodedSubmission, 'jobs' | 'blobs'> {}

export interface EncodedChunk extends FileChunk {
  /** Hex digits of SHA-256. */
  readonly hash: string;
}

export interface EncodedImage extends NewImage {
  readonly hash: BlobHash;
}

/** @see ImageStore.images */
export interface ImageQuery {
  readonly hashes: readonly (BlobHash | null)[];
  readonly client: string | null;
}

/** @see Store.move */
export interface JobMove {
  readonly id: JobId;
  readonly from: QueueKey;
  readonly to: ModelChoice;
}

export interface EncodedBatchChange extends BatchChange {
  readonly id: BatchId;
}

export interface EncodedClaim {
  readonly job: Job;
  readonly request: string;
}

/** A `JobResult` but for its vectors. */
export interface EncodedResult {
  /** A `JobEnding`. */
  readonly ending: string;
  readonly raw: string;
}

/** Some of the vectors of a result that is about to be recorded: too many to come in one commit with it. */
export interface StagedVectors extends Fenced {
  /** Where the first of `pieces` stands among all. */
  readonly piece: number;
  /** How many vectors the pieces before it hold. */
  readonly first: number;
  readonly pieces: readonly VectorPiece[];
}

export type EncodedFinish = Fenced & {
  /** JSON. */
  readonly course: string | null;
} & (
    | {
        readonly kind: 'complete';
        readonly result: EncodedResult;
        readonly output: string;
        readonly isOther: boolean;
      }
    | {
        readonly kind: 'fail';
        readonly failure: JobFailure;
        readonly attempt: JobAttempt | null;
        readonly output: string;
      }
  );

/** Of a run that was cancelled. */
export interface EncodedSaid extends Fenced {
  /** JSON. */
  readonly output: string;
}

export interface EncodedEndedCourse extends Pick<EndedCourse, 'id' | 'revision'> {
  /** JSON. */
  readonly course: string;
}

export interface Tend {
  readonly retentionMs: number;
  /** To be kept with their jobs. */
  readonly courses: readonly EncodedEndedCourse[];
  readonly clock: ClockReading;
}

export interface Tending {
  readonly nextInMs: number;
}

/** What each write takes and answers. */
export interface Operations {
  submit: { input: EncodedSubmission; answer: SubmitOutcome };
  claim: { input: Claim; answer: readonly EncodedClaim[] };
  begin: { input: readonly Fenced[]; answer: readonly Job[] };
  returnToQueue: { input: readonly ReturnToQueue[]; answer: readonly Job[] };
  stage: { input: StagedVectors; answer: boolean };
  finish: { input: EncodedFinish; answer: boolean };
  keepSaid: { input: EncodedSaid; answer: boolean };
  refuse: {
    input: { readonly picks: readonly ClaimPick[]; readonly failure: JobFailure };
    answer: number;
  };
  cancel: {
    input: { readonly id: JobId; readonly reason: string | null; readonly callerLeft: boolean };
    answer: CancelOutcome;
  };
  retry: { input: { readonly id: JobId; readonly queueLimit: number }; answer: RetryOutcome };
  setPriority: { input: { readonly id: JobId; readonly priority: JobPriority }; answer: PriorityOutcome };
  move: { input: JobMove; answer: Job | null };
  changeMany: { input: { readonly ids: readonly JobId[]; readonly change: ManyChange }; answer: ManyOutcome };
  updateBatch: { input: EncodedBatchChange; answer: boolean };
  recover: { input: null; answer: Recovery };
  tend: { input: Tend; answer: Tending };
  beginFile: { input: NewFile; answer: null };
  appendFile: { input: EncodedChunk; answer: AppendOutcome };
  finishFile: { input: FinishedFile; answer: StoredFile | null };
  deleteFile: { input: FileId; answer: boolean };
  keepImage: { input: EncodedImage; answer: KeepImageOutcome };
  createRequestBatch: { input: NewRequestBatch; answer: CreateBatchOutcome };
  stepRequestBatch: { input: RequestBatchStep; answer: RequestBatch | null };
  takePiece: { input: EncodedPiece; answer: PieceOutcome };
  cancelBatchJobs: { input: { readonly id: BatchId; readonly limit: number }; answer: number };
  deleteRequestBatch: { input: BatchId; answer: boolean };
  takeTurn: { input: EncodedTurn; answer: TurnOutcome };
  updateChat: { input: ChatChange & { readonly id: ChatId }; answer: Chat | 'no-message' | null };
  deleteChat: { input: ChatId; answer: boolean };
  keepResidencies: { input: readonly Residency[]; answer: null };
  keepSample: { input: TimedSample; answer: null };
  keepDecisions: { input: KeptDecisions; answer: null };
  interruptResidencies: { input: null; answer: readonly Residency[] };
  limitClients: {
    input: {
      readonly others: ClientLimits;
      readonly named: readonly (readonly [client: string, ClientLimits])[];
    };
    answer: null;
  };
  remember: { input: { readonly space: string; readonly key: string; readonly value: string }; answer: null };
}

export interface VectorRange {
  readonly id: JobId;
  readonly from: number;
  readonly count: number;
}

/** What comes after a sequence, or a line, of a batch. */
export interface PartOfBatch {
  readonly id: BatchId;
  readonly after: number;
  readonly limit: number;
}

/** What each read takes and answers. */
export interface Reads {
  jobs: { input: readonly JobId[]; answer: readonly (Job | null)[] };
  list: { input: JobQuery; answer: JobPage };
  countJobs: { input: JobFilter; answer: number };
  changedSince: { input: { readonly revision: number; readonly limit: number }; answer: readonly Job[] };
  revision: { input: null; answer: number };
  withFallback: { input: { readonly after: number; readonly limit: number }; answer: readonly Job[] };
  waitingBuckets: { input: JobFilter; answer: WaitingBuckets };
  waitingJobs: { input: WaitingQuery; answer: WaitingJobs };
  queuePositions: { input: readonly JobId[]; answer: readonly (number | null)[] };
  batches: { input: readonly BatchId[]; answer: readonly (Batch | null)[] };
  listBatches: { input: BatchQuery; answer: BatchPage };
  countBatches: { input: BatchFilter; answer: number };
  idsWithPrefix: { input: IdQuery; answer: readonly (JobId | BatchId)[] };
  request: { input: JobId; answer: string | null };
  requestSize: { input: JobId; answer: number | null };
  resultSizes: { input: readonly JobId[]; answer: readonly (ResultSizes | null)[] };
  endings: { input: readonly JobId[]; answer: readonly (string | null)[] };
  output: { input: JobId; answer: string | null };
  texts: {
    input: readonly JobId[];
    answer: readonly (Readonly<Record<OutputChannel, string>> | null)[];
  };
  raws: { input: readonly JobId[]; answer: readonly (string | null)[] };
  courses: { input: readonly JobId[]; answer: readonly (string | null)[] };
  vectors: { input: VectorRange; answer: readonly VectorPiece[] };
  blob: { input: BlobHash; answer: Uint8Array | null };
  images: { input: ImageQuery; answer: readonly (StoredImage | null)[] };
  chats: { input: readonly ChatId[]; answer: readonly (Chat | null)[] };
  listChats: { input: ChatQuery; answer: ChatPage };
  countChats: { input: ChatFilter; answer: number };
  chatPath: {
    input: { readonly id: ChatId; readonly leaf: ChatMessageId };
    answer: readonly ChatMessageId[];
  };
  chatMessages: { input: readonly ChatMessageId[]; answer: readonly (ChatMessage | null)[] };
  chatAlternatives: {
    input: readonly ChatMessageId[];
    answer: readonly (readonly ChatMessageId[])[];
  };
  file: { input: FileId; answer: StoredFile | null };
  files: { input: FileQuery; answer: FilePage };
  fileChunk: { input: { readonly id: FileId; readonly place: number }; answer: Uint8Array | null };
  requestBatch: { input: BatchId; answer: CountedRequestBatch | null };
  requestBatches: { input: RequestBatchQuery; answer: RequestBatchPage };
  unendedRequestBatches: { input: null; answer: readonly BatchId[] };
  batchMembers: { input: PartOfBatch; answer: readonly Job[] };
  refusedLines: { input: PartOfBatch; answer: readonly RefusedLine[] };
  sampleSeries: { input: SeriesQuery; answer: SampleSeries };
  residencies: { input: ResidencyQuery; answer: ResidencyList };
  decisions: { input: null; answer: KeptDecisions };
  lifetime: { input: null; answer: LifetimeCounts | null };
  recall: { input: string; answer: ReadonlyMap<string, string> };
}

/** One call of a table of calls such as `Operations` or `Reads`. */
export type CallOf<T, K extends keyof T = keyof T> = {
  [Name in K]: T[Name] extends { input: infer Input }
    ? { readonly kind: Name; readonly input: Input }
    : never;
}[K];

export type InputOf<T, K extends keyof T> = T[K] extends { input: infer Input } ? Input : never;
export type AnswerOf<T, K extends keyof T> = T[K] extends { answer: infer Answer } ? Answer : never;
