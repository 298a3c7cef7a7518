/** What jobs left: a row for each, and the pieces of its vectors. */
import type { Job } from '../../domain/job.ts';
import type { EncodedResult, StagedVectors } from '../operation.ts';
import type { Statements } from './statements.ts';

export class SqlResults {
  readonly #statements: Statements;

  constructor(statements: Statements) {
    this.#statements = statements;
  }

  /** A course that is there stays where none is given. */
  put(job: Job, output: string, result: EncodedResult | null, course: string | null): void {
    this.#statements.run(
      `INSERT INTO results (sequence, output, result, raw, course) VALUES (?, ?, ?, ?, ?)
       ON CONFLICT (sequence) DO UPDATE SET
         output = excluded.output, result = excluded.result, raw = excluded.raw,
         course = coalesce(excluded.course, results.course)`,
      job.sequence,
      output,
      result?.ending ?? null,
      result?.raw ?? null,
      course,
    );
  }

  putCourse(job: Job, course: string): void {
    this.#statements.run(
      `INSERT INTO results (sequence, output, course) VALUES (?, '[]', ?)
       ON CONFLICT (sequence) DO UPDATE SET course = excluded.course`,
      job.sequence,
      course,
    );
  }

  putVectors(job: Job, staged: Omit<StagedVectors, 'id' | 'fence'>): void {
    let { piece, first } = staged;
    for (const { count, bytes } of staged.pieces) {
      this.#statements.run(
        `INSERT INTO vectors (sequence, piece, first, count, bytes) VALUES (?, ?, ?, ?, ?)
         ON CONFLICT (sequence, piece) DO UPDATE SET
           first = excluded.first, count = excluded.count, bytes = excluded.bytes`,
        job.sequence,
        piece,
        first,
        count,
        bytes,
      );
      piece += 1;
      first += count;
    }
  }

  deleteVectors(job: Job): void {
    this.#statements.run('DELETE FROM vectors WHERE sequence = ?', job.sequence);
  }

  delete(job: Job): void {
    this.#statements.run('DELETE FROM results WHERE sequence = ?', job.sequence);
  }
}
