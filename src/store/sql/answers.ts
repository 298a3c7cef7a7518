/** Jobs by what they ask, and their results for each other. */
import type { JobId } from '../../domain/ids.ts';
import type { Job } from '../../domain/job.ts';
import type { AnswerTables } from '../shared-answers.ts';
import type { Buckets } from './buckets.ts';
import { JOB_COLUMNS, jobOf } from './rows.ts';
import { LIMIT, type SqlValue, type Statements } from './statements.ts';

export class SqlAnswers implements AnswerTables {
  readonly #statements: Statements;
  readonly #buckets: Buckets;

  constructor(statements: Statements, buckets: Buckets) {
    this.#statements = statements;
    this.#buckets = buckets;
  }

  doneSince(cacheKey: string, since: number): Job | null {
    const [job] = this.#jobs(
      `status = 'COMPLETE' AND answered_by IS NULL AND finished_at >= ? ORDER BY sequence DESC ${LIMIT}`,
      cacheKey,
      since,
      1,
    );
    return job ?? null;
  }

  leaderOf(cacheKey: string): Job | null {
    const [job] = this.#jobs(
      `status IN ('PENDING', 'QUEUED', 'RUNNING') AND answered_by IS NULL ORDER BY sequence ${LIMIT}`,
      cacheKey,
      1,
    );
    return job ?? null;
  }

  followersOf(cacheKey: string, leader: JobId): readonly Job[] {
    return this.#jobs("status = 'PENDING' AND answered_by = ? ORDER BY sequence", cacheKey, leader);
  }

  copyResult(from: Job, to: Job): void {
    this.#statements.run(
      `INSERT INTO results (sequence, output, result, raw)
        SELECT ?, output, result, raw FROM results WHERE sequence = ?`,
      to.sequence,
      from.sequence,
    );
    this.#statements.run(
      `INSERT INTO vectors (sequence, piece, first, count, bytes)
        SELECT ?, piece, first, count, bytes FROM vectors WHERE sequence = ?`,
      to.sequence,
      from.sequence,
    );
  }

  #jobs(further: string, ...values: readonly SqlValue[]): readonly Job[] {
    return this.#statements
      .rows(`SELECT ${JOB_COLUMNS} FROM jobs WHERE cache_key = ? AND ${further}`, ...values)
      .map((row) => jobOf(row, this.#buckets.byNumber));
  }
}
