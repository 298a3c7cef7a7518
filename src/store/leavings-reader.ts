/** What finished jobs left, as the rows have it. */
import type { JobId } from '../domain/ids.ts';
import type { JobEnding, OutputChannel, OutputPart } from '../domain/job.ts';
import type { JobCourse } from '../domain/job-course.ts';
import type { JobLeavings, ResultSizes } from '../domain/job-leavings.ts';
import type { ReadScope } from '../domain/store.ts';
import { type VectorPiece, vectorsIn } from '../domain/vectors.ts';
import type { AnswerOf, InputOf, Reads } from './operation.ts';

export abstract class LeavingsReader implements JobLeavings {
  protected abstract read<K extends keyof Reads>(
    kind: K,
    input: InputOf<Reads, K>,
    scope?: ReadScope,
  ): Promise<AnswerOf<Reads, K>>;

  resultSizes(ids: readonly JobId[]): Promise<readonly (ResultSizes | null)[]> {
    return this.read('resultSizes', ids);
  }

  async endings(ids: readonly JobId[]): Promise<readonly (JobEnding | null)[]> {
    const found = await this.read('endings', ids);
    return found.map((text) => (text === null ? null : (JSON.parse(text) as JobEnding)));
  }

  async output(id: JobId): Promise<readonly OutputPart[] | null> {
    const text = await this.read('output', id);
    return text === null ? null : (JSON.parse(text) as readonly OutputPart[]);
  }

  texts(ids: readonly JobId[]): Promise<readonly (Readonly<Record<OutputChannel, string>> | null)[]> {
    return this.read('texts', ids);
  }

  raws(ids: readonly JobId[]): Promise<readonly (string | null)[]> {
    return this.read('raws', ids);
  }

  async courses(ids: readonly JobId[]): Promise<readonly (JobCourse | null)[]> {
    const found = await this.read('courses', ids);
    return found.map((text) => (text === null ? null : (JSON.parse(text) as JobCourse)));
  }

  async vectors(id: JobId, from: number, count: number): Promise<readonly Uint8Array[]> {
    const pieces = await this.read('vectors', { id, from, count });
    return pieces.flatMap((piece: VectorPiece) => [...vectorsIn(piece)]);
  }
}
