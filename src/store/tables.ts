/** The rows that the operations work on. Synchronous: an operation never waits half-way. */
import type { ClockReading } from '../clock.ts';

import type { BucketKey } from '../domain/backlog.ts';
import type { Batch, BatchChange } from '../domain/batch.ts';
import type { BatchId, JobId } from '../domain/ids.ts';
import type { Job } from '../domain/job.ts';
import type { BlobHash } from '../domain/request.ts';
import type { ChatTables } from './chat-tables.ts';
import type { FileTables, RequestBatchTables } from './file-tables.ts';
import type { HistoryTables } from './history-tables.ts';
import type { ImageTables } from './image-tables.ts';
import type { Gap } from './lived-time.ts';
import type { EncodedResult, StagedVectors } from './operation.ts';
import type { AnswerTables } from './shared-answers.ts';
import type { Oldest } from './tally.ts';

export interface IdempotencyRecord {
  readonly inputHash: string;
  readonly createdAt: number;
  readonly batchId: BatchId | null;
  /** The jobs of one submission have consecutive sequences. */
  readonly firstSequence: number;
  readonly lastSequence: number;
}

/** But for what its jobs tell. */
export type BatchRow = Omit<Batch, 'counts' | 'finishedAt'>;

export interface Tables {
  readonly files: FileTables;
  readonly images: ImageTables;
  readonly chats: ChatTables;
  readonly requestBatches: RequestBatchTables;
  readonly history: HistoryTables;
  readonly answers: AnswerTables;

  jobById(id: JobId): Job | null;
  /** Those that still exist, in order. */
  jobsBySequence(first: number, last: number): readonly Job[];
  /** The oldest jobs of a bucket that can be claimed now, oldest first. Costs nothing for those that wait behind them. */
  oldestClaimable(bucket: BucketKey, limit: number): readonly Job[];
  /** The first of those; null when there is none. */
  oldestOf(bucket: BucketKey): Oldest | null;
  /** PENDING jobs whose delay is over at `now`. */
  delayedUntil(now: number, limit: number): readonly Job[];
  /** PENDING jobs whose deadline has come at `now`. */
  overdueAt(now: number, limit: number): readonly Job[];
  /**
   * Jobs that finished at `time` or before. Of a batch all or none: its totals and results stay together until they have all been kept for
   * long enough; of a batch of requests, until it ended as long ago; of one that is kept, for ever. Costs nothing for those that stay.
   */
  forgettableAt(time: number, limit: number): readonly Job[];
  /** QUEUED and RUNNING jobs whose owner is dead. */
  abandoned(): readonly Job[];
  /** Unfinished live jobs that a dead server accepted. */
  left(): readonly Job[];
  /** The earliest instant at which a delay or a deadline of a PENDING job comes; null when there is none. */
  nextDue(): number | null;

  /** Up to `limit` jobs of a batch that have not ended. */
  unfinishedOf(batch: BatchId, limit: number): readonly Job[];

  insertJob(job: Job, request: string, blobs: readonly BlobHash[]): void;
  /** `before` is the row as it stands. */
  updateJob(before: Job, after: Job): void;
  /** What its request refers to. */
  blobsOf(job: Job): readonly BlobHash[];
  /** Forgets it with its request, result and labels, and its batch when it was the last one of it. */
  deleteJob(job: Job): void;

  request(job: Job): string;
  /** @param output JSON. @param course JSON; absent: the one that is there stays */
  putResult(job: Job, output: string, result: EncodedResult | null, course?: string | null): void;
  /** With what the job left, if anything. @param course JSON */
  putCourse(job: Job, course: string): void;
  deleteResult(job: Job): void;
  putVectors(job: Job, staged: Omit<StagedVectors, 'id' | 'fence'>): void;
  deleteVectors(job: Job): void;
  noteCancellation(job: Job, reason: string): void;

  insertBatch(batch: BatchRow): void;
  /** False when it is not there. */
  updateBatch(id: BatchId, change: BatchChange): boolean;
  /** Deletes it unless it has jobs. */
  deleteEmptyBatch(id: BatchId): void;

  idempotency(client: string, key: string): IdempotencyRecord | null;
  putIdempotency(client: string, key: string, record: IdempotencyRecord): void;
  /** How many were deleted. */
  deleteIdempotencyBefore(createdAt: number, limit: number): number;

  /** When an earlier life of this server is last known to have lived, epoch milliseconds; null when there was none. */
  lastLivedAt(): number | null;
  /** When no server lived, oldest first. */
  gaps(): readonly Gap[];

  remember(space: string, key: string, value: string): void;
  /** Says that this server lives, if that has to be said again by now. */
  renewLease(reading: ClockReading): void;
}
