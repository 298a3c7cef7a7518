/** Numbers for buckets, so that a row names its queue, priority and client in one small integer. */
import type { JobPriority } from '../../domain/job.ts';
import type { QueueKey } from '../../domain/queue-key.ts';
import type { BucketKey } from '../tables.ts';
import { bucketId } from '../tally.ts';
import { numberAt, type Row, type Statements, textAt } from './statements.ts';

export class Buckets {
  readonly #statements: Statements;
  readonly #byNumber = new Map<number, BucketKey>();
  readonly #numbers = new Map<string, number>();

  constructor(statements: Statements) {
    this.#statements = statements;
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
    return this.#keep(numberAt(row, 0), bucket);
  }

  /** The number of a bucket, undefined when it never held a job. */
  find(bucket: BucketKey): number | undefined {
    const known = this.#numbers.get(bucketId(bucket));
    if (known !== undefined) return known;
    const row = this.#statements.row(
      'SELECT id FROM buckets WHERE queue = ? AND priority = ? AND client = ?',
      bucket.queue,
      bucket.priority,
      bucket.client,
    );
    return row && this.#keep(numberAt(row, 0), bucket);
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
