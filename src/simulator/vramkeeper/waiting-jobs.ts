/** Jobs that wait, in the order in which the store gives them out: of each bucket the oldest first. Its counts are what decisions see. */
import { Backlog, type Bucket, type BucketKey, bucketId } from '../../domain/backlog.ts';
import type { JobId } from '../../domain/ids.ts';
import { queueKey } from '../../domain/queue-key.ts';
import type { ClaimPick } from '../../domain/store.ts';
import type { SimulatedJob } from '../workload/workload.ts';

export interface WaitingJob extends BucketKey {
  readonly id: JobId;
  readonly job: SimulatedJob;
  /** Epoch milliseconds. */
  readonly createdAt: number;
}

export function waitingJob(job: SimulatedJob, createdAt: number): WaitingJob {
  return {
    id: `job_${job.number}` as JobId,
    job,
    createdAt,
    queue: queueKey({ model: job.model, contextLength: null }),
    priority: job.priority,
    client: job.client,
  };
}

interface Line {
  readonly jobs: WaitingJob[];
  /** Of those that were taken out; the rest waits. */
  taken: number;
  createdAtSum: number;
  numberSum: number;
}

export class WaitingJobs {
  readonly backlog = new Backlog();
  readonly #lines = new Map<string, Line>();

  add(waiting: WaitingJob): void {
    const line = this.#line(waiting);
    // What comes back keeps its age, and so its place.
    let at = line.jobs.length;
    while (at > line.taken && (line.jobs[at - 1]?.job.number ?? 0) > waiting.job.number) at -= 1;
    line.jobs.splice(at, 0, waiting);
    line.createdAtSum += waiting.createdAt;
    line.numberSum += waiting.job.number;
    this.#tell(waiting, line);
  }

  /** Up to `count` of the oldest. */
  take(pick: ClaimPick): readonly WaitingJob[] {
    const line = this.#line(pick);
    const got = line.jobs.slice(line.taken, line.taken + pick.count);
    line.taken += got.length;
    for (const { createdAt, job } of got) {
      line.createdAtSum -= createdAt;
      line.numberSum -= job.number;
    }
    this.#tell(pick, line);
    return got;
  }

  #line(key: BucketKey): Line {
    const id = bucketId(key);
    const known = this.#lines.get(id);
    if (known) return known;
    const line: Line = { jobs: [], taken: 0, createdAtSum: 0, numberSum: 0 };
    this.#lines.set(id, line);
    return line;
  }

  #tell({ queue, priority, client }: BucketKey, { jobs, taken, createdAtSum, numberSum }: Line): void {
    const count = jobs.length - taken;
    const oldest = jobs[taken];
    const oldestCreatedAt = oldest?.createdAt ?? null;
    const sequences = oldest && { oldest: oldest.job.number, mean: numberSum / count };
    const bucket: Bucket = { queue, priority, client, count, createdAtSum, oldestCreatedAt, sequences };
    this.backlog.apply([bucket], 0);
  }
}
