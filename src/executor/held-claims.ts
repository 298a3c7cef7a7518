/**
 * The claims that hold, as of the last commit that was seen. The answer to a claim shows a job as it was in the middle of a commit; what came
 * after it in the same commit, a cancellation say, is told to listeners before the answer arrives. So whoever starts or keeps a run asks here.
 */
import type { JobId } from '../domain/ids.ts';
import type { JobStatus } from '../domain/job.ts';
import type { Fenced, JobChange } from '../domain/store.ts';

export class HeldClaims {
  readonly #fences = new Map<JobId, number>();

  /** @returns the jobs of which a claim that held before may hold no longer. */
  apply(changes: readonly JobChange[]): readonly JobId[] {
    const doubtful: JobId[] = [];
    for (const { job, previousStatus } of changes) {
      if (isClaimed(job.status)) this.#fences.set(job.id, job.fence);
      else this.#fences.delete(job.id);
      if (previousStatus !== null && isClaimed(previousStatus)) doubtful.push(job.id);
    }
    return doubtful;
  }

  hold({ id, fence }: Fenced): boolean {
    return this.#fences.get(id) === fence;
  }
}

function isClaimed(status: JobStatus): boolean {
  return status === 'QUEUED' || status === 'RUNNING';
}
