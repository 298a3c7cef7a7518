/** The buckets of one queue with their sums, kept as they change: nothing here looks at all of them. */
import { type Bucket, bucketId, type PlacedBucket, type QueueBacklog } from './backlog.ts';
import { JOB_PRIORITIES, type JobPriority } from './job.ts';
import { MinHeap } from './min-heap.ts';
import type { QueueKey } from './queue-key.ts';
import { VersionedMap } from './versioned-map.ts';

interface Sums {
  count: number;
  /** Arrivals as distances from `baseAt` in whole milliseconds: sums of the instants would leave the integers that a number holds exactly, and drift. */
  afterBaseMs: number;
  /** By their oldest jobs. Some are outdated: an entry counts while it is its bucket's present one. */
  ages: MinHeap<PlacedBucket>;
  buckets: number;
}

export class QueueTally {
  #buckets = VersionedMap.of<string, PlacedBucket>();
  #nextPlace = 0;
  #baseAt: number | null = null;
  readonly #sums: Readonly<Record<JobPriority, Sums>> = { HIGH: none(), NORMAL: none(), LOW: none() };

  get isEmpty(): boolean {
    return this.#buckets.size === 0;
  }

  /** The bucket's new value. @returns how many jobs it had */
  put(bucket: Bucket): number {
    const id = bucketId(bucket);
    const before = this.#buckets.get(id);
    if (before) this.#add(before, -1);
    if (bucket.count === 0) {
      this.#buckets = this.#buckets.without(id);
      return before?.count ?? 0;
    }
    const placed: PlacedBucket = { ...bucket, id, place: before?.place ?? this.#nextPlace++ };
    this.#buckets = this.#buckets.with(id, placed);
    this.#add(placed, 1);
    this.#age(placed);
    return before?.count ?? 0;
  }

  summary(queue: QueueKey): QueueBacklog {
    const byPriority = {
      HIGH: this.#ofPriority('HIGH'),
      NORMAL: this.#ofPriority('NORMAL'),
      LOW: this.#ofPriority('LOW'),
    };
    const all = JOB_PRIORITIES.map((priority) => byPriority[priority]);
    const oldest = all.flatMap(({ oldestCreatedAt }) => oldestCreatedAt ?? []);
    return {
      queue,
      buckets: this.#buckets,
      byPriority,
      count: all.reduce((sum, { count }) => sum + count, 0),
      oldestCreatedAt: oldest.length > 0 ? Math.min(...oldest) : 0,
    };
  }

  #add(bucket: PlacedBucket, sign: 1 | -1): void {
    const { priority, count, createdAtSum } = bucket;
    this.#baseAt ??= Math.round(createdAtSum / count);
    const sums = this.#sums[priority];
    sums.count += sign * count;
    sums.buckets += sign;
    sums.afterBaseMs += sign * Math.round(createdAtSum - count * this.#baseAt);
  }

  #age(bucket: PlacedBucket): void {
    if (bucket.oldestCreatedAt === null) return;
    const sums = this.#sums[bucket.priority];
    sums.ages.push(bucket);
    if (sums.ages.size <= 2 * sums.buckets + 64) return;
    const present = [...this.#buckets.entries()].map(([, each]) => each);
    sums.ages = agesOf(
      present.filter((each) => each.priority === bucket.priority && each.oldestCreatedAt !== null),
    );
  }

  #ofPriority(priority: JobPriority) {
    const { count, afterBaseMs, ages } = this.#sums[priority];
    while (ages.first && this.#buckets.get(ages.first.id) !== ages.first) ages.pop();
    const createdAtSum = count * (this.#baseAt ?? 0) + afterBaseMs;
    return { count, createdAtSum, oldestCreatedAt: ages.first?.oldestCreatedAt ?? null };
  }
}

function none(): Sums {
  return { count: 0, afterBaseMs: 0, ages: agesOf([]), buckets: 0 };
}

function agesOf(buckets: PlacedBucket[]): MinHeap<PlacedBucket> {
  return new MinHeap(buckets, (a, b) => (a.oldestCreatedAt ?? 0) < (b.oldestCreatedAt ?? 0));
}
