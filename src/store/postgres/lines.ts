/**
 * The oldest claimable jobs of buckets, as far as they were read, kept up with every change of a job: so that many claims of a group, and
 * the question who is the oldest now, cost no trip. The oldest of each bucket is remembered from group to group, as nobody else changes rows.
 */
import { type BucketKey, bucketId } from '../../domain/backlog.ts';
import { BoundedMap } from '../../domain/bounded-map.ts';
import type { Job } from '../../domain/job.ts';
import { isClaimable, type Oldest } from '../tally.ts';

/** Clients choose their names. */
const MOST_REMEMBERED = 4_096;

interface Line {
  /** The oldest, without a gap. */
  readonly jobs: Job[];
  /** Nothing is in the bucket behind them. */
  readonly isWhole: boolean;
}

export class Lines {
  readonly #lines = new Map<string, Line>();
  /** Null for a bucket that is empty. */
  readonly #heads = new BoundedMap<string, Oldest | null>(MOST_REMEMBERED);

  /** A group begins: what was read for the one before is not kept. */
  clear(): void {
    this.#lines.clear();
  }

  /** Of all that was changed nobody knows whether it came to be. */
  forget(): void {
    this.#lines.clear();
    this.#heads.clear();
  }

  /** @param jobs the oldest. @param asked for so many */
  learn(bucket: BucketKey, jobs: readonly Job[], asked: number): void {
    this.#lines.set(bucketId(bucket), { jobs: [...jobs], isWhole: jobs.length < asked });
  }

  learnHead(bucket: BucketKey, oldest: Oldest | null): void {
    // Not the job as a whole, which may be large.
    const head = oldest && { createdAt: oldest.createdAt, sequence: oldest.sequence };
    this.#heads.set(bucketId(bucket), head);
  }

  /** Undefined where it has to be looked up. */
  oldest(bucket: BucketKey, limit: number): readonly Job[] | undefined {
    const line = this.#lines.get(bucketId(bucket));
    return line && (line.isWhole || line.jobs.length >= limit) ? line.jobs.slice(0, limit) : undefined;
  }

  /** Null where the bucket is empty, undefined where it has to be looked up. */
  head(bucket: BucketKey): Oldest | null | undefined {
    const id = bucketId(bucket);
    const line = this.#lines.get(id);
    const [first] = line?.jobs ?? [];
    const known = first ?? (line?.isWhole ? null : this.#heads.get(id));
    if (known !== undefined) this.learnHead(bucket, known);
    return known;
  }

  /** A job became another one; null before it exists and after it is forgotten. */
  changed(before: Job | null, after: Job | null): void {
    if (before && isClaimable(before)) this.#leave(before);
    if (after && isClaimable(after)) this.#come(after);
  }

  #leave(job: Job): void {
    const id = bucketId(job);
    const jobs = this.#lines.get(id)?.jobs;
    const place = jobs?.findIndex(({ sequence }) => sequence === job.sequence) ?? -1;
    if (place >= 0) jobs?.splice(place, 1);
    if (this.#heads.get(id)?.sequence === job.sequence) this.#heads.delete(id);
  }

  #come(job: Job): void {
    const id = bucketId(job);
    const line = this.#lines.get(id);
    if (line) {
      const place = line.jobs.findIndex(({ sequence }) => sequence > job.sequence);
      if (place >= 0) line.jobs.splice(place, 0, job);
      else if (line.isWhole) line.jobs.push(job);
    }
    const head = this.#heads.get(id);
    if (head === null || (head && job.sequence < head.sequence)) this.learnHead(job, job);
  }
}
