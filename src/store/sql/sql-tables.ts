/** The rows of the queue in a database, as the operations see them. */
import type { ClockReading } from '../../clock.ts';
import type { BucketKey } from '../../domain/backlog.ts';
import type { BatchChange } from '../../domain/batch.ts';
import type { BatchId, JobId } from '../../domain/ids.ts';
import type { Job } from '../../domain/job.ts';
import { append } from '../../domain/long-lists.ts';
import type { BlobHash } from '../../domain/request.ts';
import { resultOf } from '../../kinds/kinds.ts';
import type { Gap } from '../lived-time.ts';
import type { EncodedResult, StagedVectors } from '../operation.ts';
import type { BatchRow, IdempotencyRecord, Tables } from '../tables.ts';
import { isClaimable, type Oldest } from '../tally.ts';
import type { Owner } from '../threads/group-commit.ts';
import { SqlAnswers } from './answers.ts';
import { SqlBatches } from './batches.ts';
import { Buckets } from './buckets.ts';
import { SqlChats } from './chats.ts';
import { NEVER } from './dialect.ts';
import { UPSERT_FACT } from './facts.ts';
import { SqlFiles } from './files.ts';
import { SqlHistory } from './history.ts';
import { idempotencyOf } from './idempotency.ts';
import { SqlImages } from './images.ts';
import type { Lease } from './lease.ts';
import { markHighest } from './recount.ts';
import { SqlRequestBatches } from './request-batches.ts';
import { SqlResults } from './results.ts';
import { CHANGING_COLUMNS, INSERT_JOB, insertValues, JOB_COLUMNS, jobOf } from './rows.ts';
import { LIMIT, numberAt, type Row, type SqlValue, type Statements, textAt } from './statements.ts';

const JOBS = `SELECT ${JOB_COLUMNS} FROM jobs`;

export class SqlTables implements Tables, Owner {
  readonly files: SqlFiles;
  readonly requestBatches: SqlRequestBatches;
  readonly images: SqlImages;
  readonly chats: SqlChats;
  readonly history: SqlHistory;
  readonly answers: SqlAnswers;
  readonly #batches: SqlBatches;
  readonly #results: SqlResults;
  readonly buckets: Buckets;
  readonly lease: Lease;
  readonly #statements: Statements;

  /** Of jobs that ended by then none is left that has no batch: a job that ends later has a later end. */
  #lonelyUntil = -1;

  constructor(statements: Statements, lease: Lease) {
    this.#statements = statements;
    this.files = new SqlFiles(statements);
    this.requestBatches = new SqlRequestBatches(statements);
    this.images = new SqlImages(statements);
    this.chats = new SqlChats(statements);
    this.history = new SqlHistory(statements);
    this.#batches = new SqlBatches(statements);
    this.#results = new SqlResults(statements);
    this.buckets = new Buckets(statements);
    this.answers = new SqlAnswers(statements, this.buckets);
    this.lease = lease;
  }

  jobById(id: JobId): Job | null {
    const row = this.#statements.row(`${JOBS} WHERE id = ?`, id);
    return row ? this.jobOf(row) : null;
  }

  jobsBySequence(first: number, last: number): readonly Job[] {
    return this.#jobs(`${JOBS} WHERE sequence BETWEEN ? AND ? ORDER BY sequence`, first, last);
  }

  oldestClaimable(bucket: BucketKey, limit: number): readonly Job[] {
    const number = this.buckets.find(bucket);
    if (number === undefined) return [];
    return this.#jobs(`${JOBS} WHERE line = ? ORDER BY sequence ${LIMIT}`, number, limit);
  }

  oldestOf(bucket: BucketKey): Oldest | null {
    const number = this.buckets.find(bucket);
    if (number === undefined) return null;
    const row = this.#statements.row(
      'SELECT created_at, sequence FROM jobs WHERE line = ? ORDER BY sequence LIMIT 1',
      number,
    );
    return row ? { createdAt: numberAt(row, 0), sequence: numberAt(row, 1) } : null;
  }

  delayedUntil(now: number, limit: number): readonly Job[] {
    return this.#jobs(`${JOBS} WHERE not_before <= ? ORDER BY not_before ${LIMIT}`, now, limit);
  }

  overdueAt(now: number, limit: number): readonly Job[] {
    return this.#jobs(
      `${JOBS} WHERE deadline <= ? AND status = 'PENDING' ORDER BY deadline ${LIMIT}`,
      now,
      limit,
    );
  }

  forgettableAt(time: number, limit: number): readonly Job[] {
    const alone = this.#jobs(
      `${JOBS} WHERE finished_at > ? AND finished_at <= ? AND batch IS NULL ORDER BY finished_at ${LIMIT}`,
      this.#lonelyUntil,
      time,
      limit,
    );
    // Those of batches that stay are passed over once, and not with every call.
    if (alone.length < limit) this.#lonelyUntil = Math.max(this.#lonelyUntil, time);
    const found = [...alone];
    for (const batch of this.#batches.forgettableAt(time, limit)) {
      if (found.length >= limit) break;
      append(found, this.#jobs(`${JOBS} WHERE batch = ? ${LIMIT}`, batch, limit - found.length));
    }
    return found;
  }

  abandoned(): readonly Job[] {
    // The owner's lock proves that every earlier life is over, so no lease has to run out first.
    return this.#jobs(
      `${JOBS} WHERE status IN ('QUEUED', 'RUNNING', 'FAILED', 'CANCELLED')
       AND status IN ('QUEUED', 'RUNNING') AND owner IS DISTINCT FROM ? ORDER BY sequence`,
      this.lease.life,
    );
  }

  left(): readonly Job[] {
    return this.#jobs(`${JOBS} WHERE live IS NOT NULL AND live <> ? ORDER BY sequence`, this.lease.life);
  }

  nextDue(): number | null {
    const row = this.#statements.row(
      `SELECT ${this.#statements.dialect.least}(coalesce(a, b), coalesce(b, a)) FROM (SELECT
         (SELECT min(not_before) FROM jobs WHERE not_before IS NOT NULL) AS a,
         (SELECT min(deadline) FROM jobs WHERE deadline IS NOT NULL AND status = 'PENDING') AS b) AS dues`,
    );
    return typeof row?.[0] === 'number' ? row[0] : null;
  }

  unfinishedOf(batch: BatchId, limit: number): readonly Job[] {
    return this.#jobs(
      `${JOBS} WHERE batch = ? AND ${this.#statements.dialect.orNever('finished_at')} = ${NEVER} ${LIMIT}`,
      batch,
      limit,
    );
  }

  insertJob(job: Job, request: string, blobs: readonly BlobHash[]): void {
    const bucket = this.buckets.numberOf(job);
    this.#statements.run(
      INSERT_JOB,
      bucket,
      isClaimable(job) ? bucket : null,
      job.live ? this.lease.life : null,
      ...insertValues(job),
    );
    this.#statements.run('INSERT INTO requests (sequence, body) VALUES (?, ?)', job.sequence, request);
    for (const { key, value } of job.labels) {
      this.#statements.run(
        'INSERT INTO job_labels VALUES (?, ?, ?) ON CONFLICT DO NOTHING',
        key,
        value,
        job.sequence,
      );
    }
    for (const hash of blobs) this.#statements.run('INSERT INTO job_blobs VALUES (?, ?)', job.sequence, hash);
    this.#batches.count(null, job);
  }

  updateJob(before: Job, after: Job): void {
    // Only what changed is written: an index is rewritten for every column of it that an UPDATE names.
    const changed: string[] = [];
    const values: SqlValue[] = [];
    for (const { name, value, same } of CHANGING_COLUMNS) {
      if (same(before, after)) continue;
      changed.push(`${name} = ?`);
      values.push(value(after));
    }
    const moved = before.priority !== after.priority || before.queue !== after.queue;
    if (moved) {
      changed.push('bucket = ?');
      values.push(this.buckets.numberOf(after));
    }
    if (isClaimable(before) || isClaimable(after)) {
      changed.push('line = ?');
      values.push(isClaimable(after) ? this.buckets.numberOf(after) : null);
    }
    if (before.live !== after.live) {
      changed.push('live = ?');
      values.push(after.live ? this.lease.life : null);
    }
    if (after.status === 'QUEUED' || after.status === 'RUNNING') {
      changed.push('owner = ?');
      values.push(this.lease.life);
    }
    this.#statements.run(
      `UPDATE jobs SET ${changed.join(', ')} WHERE sequence = ?`,
      ...values,
      after.sequence,
    );
    if (moved) this.buckets.prune(before);
    this.#batches.count(before, after);
  }

  blobsOf({ sequence }: Job): readonly BlobHash[] {
    return this.#statements
      .rows('SELECT hash FROM job_blobs WHERE sequence = ?', sequence)
      .map((row) => textAt(row, 0) as BlobHash);
  }

  deleteJob(job: Job): void {
    const { sequence, labels, batchId } = job;
    markHighest(this.#statements);
    this.#statements.run('DELETE FROM jobs WHERE sequence = ?', sequence);
    this.#statements.run('DELETE FROM requests WHERE sequence = ?', sequence);
    this.#statements.run('DELETE FROM results WHERE sequence = ?', sequence);
    if (resultOf(job.kind) === 'embed') this.deleteVectors(job);
    for (const { key, value } of labels) {
      this.#statements.run(
        'DELETE FROM job_labels WHERE key = ? AND value = ? AND sequence = ?',
        key,
        value,
        sequence,
      );
    }
    this.#statements.run('DELETE FROM job_blobs WHERE sequence = ?', sequence);
    this.buckets.prune(job);
    this.#batches.count(job, null);
    if (batchId !== null) this.deleteEmptyBatch(batchId);
  }

  request(job: Job): string {
    const row = this.#statements.row('SELECT body FROM requests WHERE sequence = ?', job.sequence);
    if (!row) throw new Error(`The request of ${job.id} is missing from the database`);
    return textAt(row, 0);
  }

  putResult(job: Job, output: string, result: EncodedResult | null, course: string | null = null): void {
    this.#results.put(job, output, result, course);
  }

  putCourse(job: Job, course: string): void {
    this.#results.putCourse(job, course);
  }

  putVectors(job: Job, staged: Omit<StagedVectors, 'id' | 'fence'>): void {
    this.#results.putVectors(job, staged);
  }

  deleteVectors(job: Job): void {
    this.#results.deleteVectors(job);
  }

  deleteResult(job: Job): void {
    this.#results.delete(job);
  }

  noteCancellation(job: Job, reason: string): void {
    this.#statements.run('UPDATE jobs SET cancel_reason = ? WHERE sequence = ?', reason, job.sequence);
  }

  insertBatch(batch: BatchRow): void {
    this.#batches.insert(batch);
  }

  updateBatch(id: BatchId, change: BatchChange): boolean {
    return this.#batches.update(id, change);
  }

  deleteEmptyBatch(id: BatchId): void {
    this.#batches.deleteEmpty(id);
  }

  idempotency(client: string, key: string): IdempotencyRecord | null {
    const row = this.#statements.row(
      `SELECT input_hash, created_at, batch, first_sequence, last_sequence
       FROM idempotency WHERE client = ? AND key = ?`,
      client,
      key,
    );
    return row ? idempotencyOf(row) : null;
  }

  putIdempotency(client: string, key: string, record: IdempotencyRecord): void {
    this.#statements.run(
      `INSERT INTO idempotency VALUES (?, ?, ?, ?, ?, ?, ?)
       ON CONFLICT (client, key) DO UPDATE SET input_hash = excluded.input_hash, created_at = excluded.created_at,
         batch = excluded.batch, first_sequence = excluded.first_sequence, last_sequence = excluded.last_sequence`,
      client,
      key,
      record.inputHash,
      record.createdAt,
      record.batchId,
      record.firstSequence,
      record.lastSequence,
    );
  }

  deleteIdempotencyBefore(createdAt: number, limit: number): number {
    return this.#statements.changed(
      `DELETE FROM idempotency WHERE (client, key) IN
         (SELECT client, key FROM idempotency WHERE created_at <= ? ORDER BY created_at ${LIMIT})`,
      createdAt,
      limit,
    );
  }

  remember(space: string, key: string, value: string): void {
    this.#statements.run(UPSERT_FACT, space, key, value);
  }

  renewLease(reading: ClockReading): void {
    this.lease.renew(reading);
  }

  lastLivedAt(): number | null {
    return this.lease.lastLivedAt;
  }

  gaps(): readonly Gap[] {
    return this.lease.gaps;
  }

  isHeld(): boolean {
    return this.lease.isHeld();
  }

  /** After a rollback: what was remembered of it may not have come to be. */
  forget(): void {
    this.buckets.forget();
    this.lease.forget();
    this.#lonelyUntil = -1;
  }

  protected jobOf(row: Row): Job {
    return jobOf(row, this.buckets.byNumber);
  }

  #jobs(sql: string, ...values: SqlValue[]): readonly Job[] {
    return this.#statements.rows(sql, ...values).map((row) => this.jobOf(row));
  }
}
