/** The starts of waiting jobs that somebody was told, beside those that came. */
import { BoundedMap } from '../domain/bounded-map.ts';
import type { JobId } from '../domain/ids.ts';
import type { JobChange } from '../domain/store.ts';
import type { StartEstimates } from '../domain/system.ts';

/** Of waiting jobs; the oldest are forgotten. */
const MOST_PROMISES = 10_000;
const MOST_ERRORS = 256;

export class StartPromises {
  /** The first that was told of each job, epoch milliseconds. */
  readonly #promised = new BoundedMap<JobId, number>(MOST_PROMISES);
  readonly #errorsMs: number[] = [];

  promise(jobId: JobId, startAt: number): void {
    if (this.#promised.get(jobId) === undefined) this.#promised.set(jobId, startAt);
  }

  record(changes: readonly JobChange[]): void {
    for (const { job } of changes) {
      const promised = this.#promised.get(job.id);
      if (promised === undefined || job.status === 'PENDING' || job.status === 'QUEUED') continue;
      this.#promised.delete(job.id);
      if (job.status !== 'RUNNING' || job.startedAt === null) continue;
      this.#errorsMs.push(Math.abs(promised - job.startedAt));
      if (this.#errorsMs.length > MOST_ERRORS) this.#errorsMs.shift();
    }
  }

  /** Over the last starts that were promised. */
  get estimates(): StartEstimates {
    const sorted = this.#errorsMs.toSorted((a, b) => a - b);
    return {
      sampleCount: sorted.length,
      medianErrorMs: sorted[Math.max(0, Math.ceil(sorted.length / 2) - 1)] ?? null,
    };
  }
}
