/** Jobs by what they ask, in memory. */
import type { JobId } from '../../domain/ids.ts';
import { isTerminal, type Job } from '../../domain/job.ts';
import type { VectorPiece } from '../../domain/vectors.ts';
import type { EncodedResult } from '../operation.ts';
import type { AnswerTables } from '../shared-answers.ts';

interface Rows {
  /** In order of sequence. */
  readonly jobs: ReadonlyMap<number, Job>;
  readonly results: Map<
    number,
    { readonly output: string; readonly result: EncodedResult | null; readonly course: string | null }
  >;
  readonly vectors: Map<number, readonly VectorPiece[]>;
}

export class MemoryAnswers implements AnswerTables {
  readonly #rows: Rows;

  constructor(rows: Rows) {
    this.#rows = rows;
  }

  doneSince(cacheKey: string, since: number): Job | null {
    const done = this.#alike(cacheKey).filter(
      ({ status, answeredBy, finishedAt }) =>
        status === 'COMPLETE' && answeredBy === undefined && (finishedAt ?? 0) >= since,
    );
    return done.at(-1) ?? null;
  }

  leaderOf(cacheKey: string): Job | null {
    const all = this.#alike(cacheKey);
    return all.find(({ status, answeredBy }) => !isTerminal(status) && answeredBy === undefined) ?? null;
  }

  followersOf(cacheKey: string, leader: JobId): readonly Job[] {
    return this.#alike(cacheKey).filter(
      ({ status, answeredBy }) => status === 'PENDING' && answeredBy === leader,
    );
  }

  copyResult(from: Job, to: Job): void {
    const { results, vectors } = this.#rows;
    const left = results.get(from.sequence);
    if (left) results.set(to.sequence, { ...left, course: null });
    const pieces = vectors.get(from.sequence);
    if (pieces) vectors.set(to.sequence, pieces);
  }

  #alike(cacheKey: string): readonly Job[] {
    return [...this.#rows.jobs.values()].filter((job) => job.cacheKey === cacheKey);
  }
}
