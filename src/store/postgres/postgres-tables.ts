/**
 * The rows of the queue in PostgreSQL. What a group is sure to ask for is read with its beginning, in one trip, and kept up with what the
 * group writes; everything else is asked for as it is needed.
 */
import type { BucketKey } from '../../domain/backlog.ts';
import type { JobId } from '../../domain/ids.ts';
import type { Job } from '../../domain/job.ts';
import type { BlobHash } from '../../domain/request.ts';
import type { CallOf, Operations } from '../operation.ts';
import { idempotencyOf } from '../sql/idempotency.ts';
import type { Lease } from '../sql/lease.ts';
import { JOB_COLUMNS } from '../sql/rows.ts';
import { SqlTables } from '../sql/sql-tables.ts';
import { numberAt, type Row, textAt } from '../sql/statements.ts';
import type { IdempotencyRecord } from '../tables.ts';
import type { Oldest } from '../tally.ts';
import { arrayText } from './dialect.ts';
import { Lines } from './lines.ts';
import { PostgresChats } from './postgres-chats.ts';
import type { PostgresStatements, Question } from './statements.ts';
import type { Foresight } from './transaction.ts';
import { type Wanted, wantedBy } from './wanted.ts';

/** A question, and what its answer is good for. */
interface Look extends Question {
  learn(rows: readonly Row[]): void;
}

const HEADS = `unnest(CAST(? AS bigint[]), CAST(? AS bigint[])) AS wanted (number, depth) CROSS JOIN LATERAL`;

export class PostgresTables extends SqlTables implements Foresight {
  override readonly chats: PostgresChats;
  readonly #statements: PostgresStatements;
  /** Null for one that is not there. */
  readonly #jobs = new Map<JobId, Job | null>();
  /** By sequence. */
  readonly #requests = new Map<number, string>();
  readonly #keys = new Map<string, IdempotencyRecord | null>();
  readonly #lines = new Lines();
  #isHeld = false;

  constructor(statements: PostgresStatements, lease: Lease) {
    super(statements, lease);
    this.#statements = statements;
    this.chats = new PostgresChats(statements);
  }

  begin(calls: readonly CallOf<Operations>[]): number {
    this.#clear();
    const looks = this.#looksFor(wantedBy(calls));
    const { connection, answers } = this.#statements.begin('BEGIN', looks);
    for (const [place, { learn }] of looks.entries()) learn(answers[place] ?? []);
    return connection;
  }

  override isHeld(): boolean {
    return this.#isHeld;
  }

  override forget(): void {
    super.forget();
    this.#clear();
    this.#lines.forget();
  }

  override jobById(id: JobId): Job | null {
    const known = this.#jobs.get(id);
    return known === undefined ? super.jobById(id) : known;
  }

  override oldestClaimable(bucket: BucketKey, limit: number): readonly Job[] {
    const known = this.#lines.oldest(bucket, limit);
    if (known) return known;
    const found = super.oldestClaimable(bucket, limit);
    this.#lines.learn(bucket, found, limit);
    return found;
  }

  override oldestOf(bucket: BucketKey): Oldest | null {
    const known = this.#lines.head(bucket);
    if (known !== undefined) return known;
    const found = super.oldestOf(bucket);
    this.#lines.learnHead(bucket, found);
    return found;
  }

  override insertJob(job: Job, request: string, blobs: readonly BlobHash[]): void {
    super.insertJob(job, request, blobs);
    this.#requests.set(job.sequence, request);
    this.#changed(null, job);
  }

  override updateJob(before: Job, after: Job): void {
    super.updateJob(before, after);
    this.#changed(before, after);
  }

  override deleteJob(job: Job): void {
    super.deleteJob(job);
    this.#changed(job, null);
  }

  override request(job: Job): string {
    return this.#requests.get(job.sequence) ?? super.request(job);
  }

  override idempotency(client: string, key: string): IdempotencyRecord | null {
    const known = this.#keys.get(keyOf(client, key));
    return known === undefined ? super.idempotency(client, key) : known;
  }

  override putIdempotency(client: string, key: string, record: IdempotencyRecord): void {
    super.putIdempotency(client, key, record);
    this.#keys.set(keyOf(client, key), record);
  }

  override deleteIdempotencyBefore(createdAt: number, limit: number): number {
    this.#keys.clear();
    return super.deleteIdempotencyBefore(createdAt, limit);
  }

  #changed(before: Job | null, after: Job | null): void {
    const id = (after ?? before)?.id;
    if (id !== undefined) this.#jobs.set(id, after);
    this.#lines.changed(before, after);
  }

  #clear(): void {
    this.#jobs.clear();
    this.#requests.clear();
    this.#keys.clear();
    this.#lines.clear();
    this.chats.forget();
  }

  #looksFor({ jobs, answers, lines, keys }: Wanted): readonly Look[] {
    const looks: Look[] = [
      {
        sql: 'SELECT 1 FROM servers WHERE life = ?',
        values: [this.lease.life],
        learn: (rows) => {
          this.#isHeld = rows.length === 1;
        },
      },
    ];
    if (jobs.size > 0) looks.push(this.#lookForJobs(jobs));
    if (answers.size > 0)
      looks.push({ ...this.chats.question(answers), learn: (rows) => this.chats.learn(answers, rows) });
    if (keys.length > 0) looks.push(this.#lookForKeys(keys));
    const known = [...lines.values()].flatMap(({ bucket, count }) => {
      const number = this.buckets.known(bucket);
      return number === undefined ? [] : [{ bucket, count, number }];
    });
    return known.length > 0 ? [...looks, ...this.#lookForLines(known)] : looks;
  }

  #lookForJobs(ids: ReadonlySet<JobId>): Look {
    return {
      sql: `SELECT ${JOB_COLUMNS} FROM jobs WHERE id = ANY(CAST(? AS text[]))`,
      values: [arrayText([...ids])],
      learn: (rows) => {
        for (const id of ids) this.#jobs.set(id, null);
        for (const row of rows) {
          const job = this.jobOf(row);
          this.#jobs.set(job.id, job);
        }
      },
    };
  }

  #lookForKeys(keys: Wanted['keys']): Look {
    return {
      sql: `SELECT input_hash, created_at, batch, first_sequence, last_sequence, client, key FROM idempotency
        JOIN unnest(CAST(? AS text[]), CAST(? AS text[])) AS wanted (client, key) USING (client, key)`,
      values: [arrayText(keys.map(({ client }) => client)), arrayText(keys.map(({ key }) => key))],
      learn: (rows) => {
        for (const { client, key } of keys) this.#keys.set(keyOf(client, key), null);
        for (const row of rows) this.#keys.set(keyOf(textAt(row, 5), textAt(row, 6)), idempotencyOf(row));
      },
    };
  }

  /** One more than may leave, so that who is the oldest then is known; and the requests of those that may. */
  #lookForLines(lines: readonly { bucket: BucketKey; count: number; number: number }[]): readonly Look[] {
    const numbers = arrayText(lines.map(({ number }) => number));
    const counts = lines.map(({ count }) => Math.min(count, DEEPEST));
    return [
      {
        sql: `SELECT ${JOB_COLUMNS} FROM ${HEADS}
          (SELECT * FROM jobs WHERE line = wanted.number ORDER BY sequence LIMIT wanted.depth) AS jobs`,
        values: [numbers, arrayText(counts.map((count) => count + 1))],
        learn: (rows) => {
          const found = Map.groupBy(
            rows.map((row) => this.jobOf(row)),
            (job) => this.buckets.known(job),
          );
          for (const [place, { bucket, number }] of lines.entries()) {
            const jobs = (found.get(number) ?? []).sort((a, b) => a.sequence - b.sequence);
            this.#lines.learn(bucket, jobs, (counts[place] ?? 0) + 1);
            for (const job of jobs) this.#jobs.set(job.id, job);
          }
        },
      },
      {
        sql: `SELECT requests.sequence, body FROM ${HEADS}
          (SELECT sequence FROM jobs WHERE line = wanted.number ORDER BY sequence LIMIT wanted.depth) AS jobs
          JOIN requests ON requests.sequence = jobs.sequence`,
        values: [numbers, arrayText(counts)],
        learn: (rows) => {
          for (const row of rows) this.#requests.set(numberAt(row, 0), textAt(row, 1));
        },
      },
    ];
  }
}

/** What is claimed beyond is looked up when it is. */
const DEEPEST = 1_000;

function keyOf(client: string, key: string): string {
  return JSON.stringify([client, key]);
}
