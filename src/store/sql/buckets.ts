/** Numbers for buckets, so that a row names its queue, priority and client in one small integer. */

import { type BucketKey, bucketId } from '../../domain/backlog.ts';
import { BoundedMap } from '../../domain/bounded-map.ts';
import type { JobPriority } from '../../domain/job.ts';
import type { QueueKey } from '../../domain/queue-key.ts';
import { numberAt, type Row, type Statements, textAt } from './statements.ts';

/** Clients choose their names; the numbers of more than these are looked up. */
const MOST_KNOWN = 4_096;

const WITHOUT_JOBS = 'NOT EXISTS (SELECT 1 FROM jobs WHERE bucket = buckets.id)';

export class Buckets {
  readonly #statements: Statements;
  readonly #byNumber = new BoundedMap<number, BucketKey>(MOST_KNOWN);
  readonly #numbers = new BoundedMap<string, number>(MOST_KNOWN);

  constructor(statements: Statements) {
    this.#statements = statements;
  }

  /** How many are known without being looked up. */
  get size(): number {
    return Math.max(this.#byNumber.size, this.#numbers.size);
  }

  /** The number of a bucket, given out on first use. */
  numberOf(bucket: BucketKey): number {
    const known = this.find(bucket);
    if (known !== undefined) return known;
    const row = this.#statements.row(
      'INSERT INTO buckets (queue, priority, client) VALUES (?, ?, ?) RETURNING id',
      bucket.queue,
      bucket.priority,
      bucket.client,
    );
    const number = numberAt(row, 0);
    this.#deleteLastBefore(number);
    return this.#keep(number, bucket);
  }

  /** The number of a bucket, undefined when it never held a job. */
  find(bucket: BucketKey): number | undefined {
    const known = this.known(bucket);
    if (known !== undefined) return known;
    const row = this.#statements.row(
      'SELECT id FROM buckets WHERE queue = ? AND priority = ? AND client = ?',
      bucket.queue,
      bucket.priority,
      bucket.client,
    );
    return row && this.#keep(numberAt(row, 0), bucket);
  }

  /** As `find`, without a look at the rows. */
  known(bucket: BucketKey): number | undefined {
    return this.#numbers.get(bucketId(bucket));
  }

  readonly byNumber = (id: number): BucketKey => {
    const known = this.#byNumber.get(id);
    if (known) return known;
    const row = this.#statements.row('SELECT queue, priority, client FROM buckets WHERE id = ?', id);
    if (!row) throw new Error(`The bucket ${id} is missing from the database.`);
    const bucket = bucketOfRow(row, 0);
    this.#keep(id, bucket);
    return bucket;
  };

  /**
   * Deletes a bucket that has no jobs any more. The one with the highest number stays until the next is made, as SQLite would
   * give its number out again, and readers may remember whose it was.
   */
  prune(bucket: BucketKey): void {
    const number = this.find(bucket);
    if (number === undefined) return;
    const deleted = this.#statements.changed(
      `DELETE FROM buckets WHERE id = ? AND id < (SELECT max(id) FROM buckets) AND ${WITHOUT_JOBS}`,
      number,
    );
    if (deleted === 0) return;
    this.#byNumber.delete(number);
    this.#numbers.delete(bucketId(bucket));
  }

  #deleteLastBefore(number: number): void {
    const row = this.#statements.row(
      `DELETE FROM buckets WHERE id = (SELECT max(id) FROM buckets WHERE id < ?) AND ${WITHOUT_JOBS}
       RETURNING id, queue, priority, client`,
      number,
    );
    if (!row) return;
    this.#byNumber.delete(numberAt(row, 0));
    this.#numbers.delete(bucketId(bucketOfRow(row, 1)));
  }

  /** After a rollback numbers given out in it mean nothing. */
  forget(): void {
    this.#byNumber.clear();
    this.#numbers.clear();
  }

  #keep(id: number, { queue, priority, client }: BucketKey): number {
    const bucket = { queue, priority, client };
    this.#byNumber.set(id, bucket);
    this.#numbers.set(bucketId(bucket), id);
    return id;
  }
}

/** A bucket from three columns of a row, from `column` on. */
export function bucketOfRow(row: Row, column: number): BucketKey {
  return {
    queue: textAt(row, column) as QueueKey,
    priority: textAt(row, column + 1) as JobPriority,
    client: textAt(row, column + 2),
  };
}
