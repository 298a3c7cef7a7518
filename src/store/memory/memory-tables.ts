/** The rows of the queue in memory, as the operations see them. */

import { type BucketKey, bucketId } from '../../domain/backlog.ts';
import type { BatchChange } from '../../domain/batch.ts';
import type { BatchId, JobId } from '../../domain/ids.ts';
import type { Job } from '../../domain/job.ts';
import type { BlobHash } from '../../domain/request.ts';
import type { VectorPiece } from '../../domain/vectors.ts';
import type { EncodedResult, StagedVectors } from '../operation.ts';
import type { BatchRow, IdempotencyRecord, Tables } from '../tables.ts';
import { isClaimable, type Oldest } from '../tally.ts';
import { MemoryAnswers } from './memory-answers.ts';
import { MemoryChats } from './memory-chats.ts';
import { MemoryFiles, MemoryRequestBatches } from './memory-files.ts';
import { MemoryHistory } from './memory-history.ts';
import { MemoryImages } from './memory-images.ts';
import { SequenceHeap } from './sequence-heap.ts';

interface StoredRequest {
  readonly body: string;
  readonly blobs: readonly BlobHash[];
}

export class MemoryTables implements Tables {
  readonly files = new MemoryFiles();
  readonly images = new MemoryImages();
  readonly chats = new MemoryChats();
  readonly requestBatches = new MemoryRequestBatches((id) => this.#hasJobs(id));
  readonly history = new MemoryHistory();
  readonly answers = new MemoryAnswers(this);
  /** In order of sequence, as sequences only grow. */
  readonly jobs = new Map<number, Job>();
  readonly sequences = new Map<JobId, number>();
  readonly requests = new Map<number, StoredRequest>();
  readonly results = new Map<
    number,
    { readonly output: string; readonly result: EncodedResult | null; readonly course: string | null }
  >();
  /** The pieces of a job's vectors, in order. */
  readonly vectors = new Map<number, readonly VectorPiece[]>();
  readonly batches = new Map<BatchId, BatchRow>();
  readonly batchJobs = new Map<BatchId, Set<number>>();
  readonly facts = new Map<string, Map<string, string>>();
  readonly #idempotency = new Map<string, IdempotencyRecord>();
  readonly #claimable = new Map<string, SequenceHeap>();
  /** PENDING jobs with a delay or a deadline. */
  readonly #timed = new Set<number>();

  jobById(id: JobId): Job | null {
    const sequence = this.sequences.get(id);
    return sequence === undefined ? null : (this.jobs.get(sequence) ?? null);
  }

  jobsBySequence(first: number, last: number): readonly Job[] {
    return this.#existing(Array.from({ length: last - first + 1 }, (_, i) => first + i));
  }

  oldestClaimable(bucket: BucketKey, limit: number): readonly Job[] {
    const id = bucketId(bucket);
    const heap = this.#claimable.get(id);
    if (!heap) return [];
    const found: Job[] = [];
    while (found.length < limit) {
      const sequence = heap.pop();
      if (sequence === undefined) break;
      const job = this.jobs.get(sequence);
      // A job that left the bucket and came back is in the heap twice.
      if (!job || !isClaimable(job) || bucketId(job) !== id || found.at(-1) === job) continue;
      found.push(job);
    }
    for (const job of found) heap.push(job.sequence);
    return found;
  }

  oldestOf(bucket: BucketKey): Oldest | null {
    return this.oldestClaimable(bucket, 1)[0] ?? null;
  }

  delayedUntil(now: number, limit: number): readonly Job[] {
    return this.#timedJobs(limit, ({ notBefore }) => notBefore !== null && notBefore <= now);
  }

  overdueAt(now: number, limit: number): readonly Job[] {
    return this.#timedJobs(limit, ({ deadline }) => deadline !== null && deadline <= now);
  }

  forgettableAt(time: number, limit: number): readonly Job[] {
    const isOver = ({ finishedAt }: Job) => finishedAt !== null && finishedAt <= time;
    const isBatchOver = (id: BatchId) => {
      const batch = this.requestBatches.byId(id);
      const hasEnded = !batch || (batch.endedAt !== null && batch.endedAt <= time);
      return hasEnded && !this.batches.get(id)?.kept && this.#batchMembers(id).every(isOver);
    };
    return [...this.jobs.values()]
      .filter((job) => isOver(job) && (job.batchId === null || isBatchOver(job.batchId)))
      .sort((a, b) => (a.finishedAt ?? 0) - (b.finishedAt ?? 0) || a.sequence - b.sequence)
      .slice(0, limit);
  }

  unfinishedOf(batch: BatchId, limit: number): readonly Job[] {
    return this.#batchMembers(batch)
      .filter(({ finishedAt }) => finishedAt === null)
      .slice(0, limit);
  }

  deleteEmptyBatch(id: BatchId): void {
    if (this.#hasJobs(id) || this.requestBatches.byId(id)) return;
    this.batchJobs.delete(id);
    this.batches.delete(id);
  }

  #hasJobs(id: BatchId): boolean {
    return (this.batchJobs.get(id)?.size ?? 0) > 0;
  }

  #batchMembers(id: BatchId): readonly Job[] {
    return this.#existing(this.batchJobs.get(id) ?? new Set());
  }

  /** Nothing here outlives its server. */
  abandoned(): readonly Job[] {
    return [];
  }

  /** As above. */
  left(): readonly Job[] {
    return [];
  }

  nextDue(): number | null {
    const dues = this.#existing(this.#timed).flatMap(({ notBefore, deadline }) =>
      [notBefore, deadline].filter((due) => due !== null),
    );
    return dues.reduce<number | null>((least, due) => (least === null ? due : Math.min(least, due)), null);
  }

  insertJob(job: Job, body: string, blobs: readonly BlobHash[]): void {
    if (this.sequences.has(job.id)) throw new Error(`There is a job ${job.id} already`);
    this.sequences.set(job.id, job.sequence);
    this.requests.set(job.sequence, { body, blobs });
    if (job.batchId !== null) {
      const members = this.batchJobs.get(job.batchId) ?? new Set();
      this.batchJobs.set(job.batchId, members.add(job.sequence));
    }
    this.#put(null, job);
  }

  updateJob(before: Job, after: Job): void {
    this.#put(before, after);
  }

  blobsOf({ sequence }: Job): readonly BlobHash[] {
    return this.requests.get(sequence)?.blobs ?? [];
  }

  deleteJob({ id, sequence, batchId }: Job): void {
    this.jobs.delete(sequence);
    this.#timed.delete(sequence);
    this.sequences.delete(id);
    this.results.delete(sequence);
    this.vectors.delete(sequence);
    this.requests.delete(sequence);
    if (batchId === null) return;
    this.batchJobs.get(batchId)?.delete(sequence);
    this.deleteEmptyBatch(batchId);
  }

  request(job: Job): string {
    const request = this.requests.get(job.sequence);
    if (!request) throw new Error(`The request of ${job.id} is missing`);
    return request.body;
  }

  putResult(job: Job, output: string, result: EncodedResult | null, course: string | null = null): void {
    const kept = course ?? this.results.get(job.sequence)?.course ?? null;
    this.results.set(job.sequence, { output, result, course: kept });
  }

  putCourse({ sequence }: Job, course: string): void {
    this.results.set(sequence, { output: '[]', result: null, ...this.results.get(sequence), course });
  }

  putVectors(job: Job, { piece, pieces }: Omit<StagedVectors, 'id' | 'fence'>): void {
    const before = this.vectors.get(job.sequence)?.slice(0, piece) ?? [];
    this.vectors.set(job.sequence, [...before, ...pieces]);
  }

  deleteVectors(job: Job): void {
    this.vectors.delete(job.sequence);
  }

  deleteResult(job: Job): void {
    this.results.delete(job.sequence);
  }

  /** Kept for people who look into a database; there is none. */
  noteCancellation(): void {}

  insertBatch(batch: BatchRow): void {
    if (this.batches.has(batch.id)) throw new Error(`There is a batch ${batch.id} already`);
    this.batches.set(batch.id, batch);
  }

  updateBatch(id: BatchId, change: BatchChange): boolean {
    const batch = this.batches.get(id);
    if (batch) this.batches.set(id, { ...batch, ...change });
    return batch !== undefined;
  }

  idempotency(client: string, key: string): IdempotencyRecord | null {
    return this.#idempotency.get(`${client}\0${key}`) ?? null;
  }

  putIdempotency(client: string, key: string, record: IdempotencyRecord): void {
    this.#idempotency.set(`${client}\0${key}`, record);
  }

  deleteIdempotencyBefore(createdAt: number, limit: number): number {
    const old = [...this.#idempotency].filter(([, record]) => record.createdAt <= createdAt).slice(0, limit);
    for (const [id] of old) this.#idempotency.delete(id);
    return old.length;
  }

  remember(space: string, key: string, value: string): void {
    const facts = this.facts.get(space) ?? new Map<string, string>();
    this.facts.set(space, facts.set(key, value));
  }

  renewLease(): void {}

  lastLivedAt(): null {
    return null;
  }

  gaps(): readonly [] {
    return [];
  }

  /** Takes back what a failed operation did. @param changes newest first. */
  undo(changes: readonly { readonly before: Job | null; readonly after: Job | null }[]): void {
    for (const { before, after } of changes) {
      if (after && !before) {
        for (const hash of this.blobsOf(after)) this.images.undoUse(hash, after.client);
        this.deleteJob(after);
      } else if (after && before) this.#put(after, before);
    }
    for (const id of this.batches.keys()) this.deleteEmptyBatch(id);
  }

  #put(before: Job | null, after: Job): void {
    this.jobs.set(after.sequence, after);
    const waits = after.status === 'PENDING' && (after.notBefore !== null || after.deadline !== null);
    if (waits) this.#timed.add(after.sequence);
    else this.#timed.delete(after.sequence);
    if (!isClaimable(after)) return;
    const id = bucketId(after);
    if (before && isClaimable(before) && bucketId(before) === id) return;
    const heap = this.#claimable.get(id) ?? new SequenceHeap();
    this.#claimable.set(id, heap);
    heap.push(after.sequence);
  }

  #timedJobs(limit: number, due: (job: Job) => boolean): readonly Job[] {
    return this.#existing(this.#timed).filter(due).slice(0, limit);
  }

  #existing(sequences: Iterable<number>): readonly Job[] {
    return [...sequences].map((sequence) => this.jobs.get(sequence)).filter((job) => job !== undefined);
  }
}
