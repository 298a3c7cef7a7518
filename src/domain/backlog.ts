/**
 * The waiting jobs as numbers: per queue × priority × client a count, the sum of their arrival times and the oldest one.
 * Decisions read these and never the jobs, so they cost by models and clients, not by jobs.
 */
import { type Bucket, type BucketKey, bucketId } from './bucket.ts';
import { type ClientTable, NO_CLIENT_LIMITS } from './client-limits.ts';
import { type BucketNumbers, ExpectedJobs, NO_JOBS } from './expected-jobs.ts';
import { HeldBuckets } from './held-buckets.ts';
import { JOB_PRIORITIES, type JobPriority } from './job.ts';
import { least } from './long-lists.ts';
import { MinHeap } from './min-heap.ts';
import type { QueueKey } from './queue-key.ts';
import { VersionedMap } from './versioned-map.ts';

export { type Bucket, type BucketKey, bucketId, placeInBucket, type SequenceSpan } from './bucket.ts';

export interface PlacedBucket extends Bucket {
  readonly id: string;
  /** Grows with each bucket that comes into its queue: among equals the first goes first. */
  readonly place: number;
}

export interface QueueBacklog {
  readonly queue: QueueKey;
  readonly count: number;
  readonly oldestCreatedAt: number;
  readonly byPriority: Readonly<
    Record<
      JobPriority,
      { readonly count: number; readonly createdAtSum: number; readonly oldestCreatedAt: number | null }
    >
  >;
  /** By their ids; never empty ones. */
  readonly buckets: VersionedMap<string, PlacedBucket>;
  /** Jobs by ids of buckets that are being claimed: the numbers of this backlog are without them, its buckets are not. */
  readonly claimed?: ReadonlyMap<string, number>;
}

/** Of a queue in which nothing waits. */
export function emptyBacklog(queue: QueueKey): QueueBacklog {
  const none = { count: 0, createdAtSum: 0, oldestCreatedAt: null };
  const byPriority = { HIGH: none, NORMAL: none, LOW: none };
  return {
    queue,
    count: 0,
    oldestCreatedAt: Number.POSITIVE_INFINITY,
    byPriority,
    buckets: VersionedMap.of(),
  };
}

/** Read side, for whoever decides. */
export interface BacklogView {
  /** Grows with every change of what decisions go by, so a reader can tell that nothing happened. */
  readonly version: number;
  /** All jobs that could be claimed now. */
  readonly count: number;
  /** Jobs that wait for a retry's delay, in no bucket. */
  readonly delayed: number;
  /** Queues with at least one job, in no particular order. */
  queues(): readonly QueueBacklog[];
  queue(key: QueueKey): QueueBacklog | undefined;
  /** How many buckets each client has, those at their limit too; none with none. */
  readonly clients: VersionedMap<string, number>;
  /** Who runs as many jobs as they may: what waits of them is in none of the above. */
  readonly held: Pick<
    HeldBuckets,
    'running' | 'room' | 'isHeld' | 'buckets' | 'byQueue' | 'ofClient' | 'clients'
  >;
}

/** The counters themselves. Whoever owns the jobs applies each bucket's new value; empty buckets disappear. Each costs the logarithm of their number. */
export class Backlog implements BacklogView {
  #version = 0;
  #count = 0;
  #delayed = 0;
  #clients = VersionedMap.of<string, number>();
  /** Buckets by client, of those that decisions see. */
  readonly #seen = new Map<string, number>();
  readonly held: HeldBuckets;
  readonly #queues = new Map<QueueKey, QueueTally>();
  readonly #summaries = new Map<QueueKey, QueueBacklog>();
  /** By ids of buckets: what is above has them, what is applied has not. */
  readonly #expected = new Map<string, ExpectedJobs>();

  constructor(limits: ClientTable = NO_CLIENT_LIMITS) {
    this.held = new HeldBuckets(limits);
  }

  get version(): number {
    return this.#version;
  }

  get count(): number {
    return this.#count;
  }

  get delayed(): number {
    return this.#delayed;
  }

  get clients(): VersionedMap<string, number> {
    return this.#clients;
  }

  /** @param running how many jobs of a client are claimed or run, where that has changed */
  apply(
    changed: readonly Bucket[],
    delayed: number,
    running: readonly (readonly [client: string, count: number])[] = [],
  ): void {
    const seen = this.held.changed(changed, running);
    if (
      seen.length > 0 ||
      delayed !== this.#delayed ||
      running.some(([client]) => this.held.isLimited(client))
    )
      this.#version += 1;
    this.#delayed = delayed;
    this.#show(seen);
    for (const { client } of changed) this.#tellClient(client);
    for (const [client] of running) this.#tellClient(client);
  }

  /** Holds clients by other limits from now on. Costs by all that waits. */
  limit(limits: ClientTable): void {
    const others: Bucket[] = [];
    for (const tally of this.#queues.values())
      for (const bucket of tally.buckets()) {
        if (this.held.isLimited(bucket.client)) continue;
        others.push(withoutExpected(bucket, this.#expected.get(bucketId(bucket))?.numbers ?? NO_JOBS));
      }
    const seen = this.held.limit(limits, others);
    this.#version += 1;
    this.#show(seen);
    for (const client of new Set(seen.map((bucket) => bucket.client))) this.#tellClient(client);
  }

  #show(seen: readonly Bucket[]): void {
    for (const bucket of seen) {
      const expected = this.held.isHeld(bucket.client) ? undefined : this.#expected.get(bucketId(bucket));
      this.#put(withExpected(bucket, expected?.numbers ?? NO_JOBS));
    }
  }

  /**
   * Counts a job that is about to be there, as one that came at `at`, epoch milliseconds. Answers how to take it off again, which does nothing the second time:
   * to be called before the numbers are applied that have it.
   */
  expect({ queue, priority, client }: BucketKey, at: number): () => void {
    const key = { queue, priority, client };
    const job = { at, isOver: false };
    this.#expectMore(key, (expected) => expected.add(job));
    return () => {
      if (job.isOver) return;
      job.isOver = true;
      this.#expectMore(key, (expected) => expected.drop(job));
    };
  }

  #expectMore(key: BucketKey, change: (expected: ExpectedJobs) => void): void {
    const id = bucketId(key);
    const expected = this.#expected.get(id) ?? new ExpectedJobs();
    const before = expected.numbers;
    change(expected);
    const after = expected.numbers;
    if (after.count > 0) this.#expected.set(id, expected);
    else this.#expected.delete(id);
    const none = { ...key, ...NO_JOBS };
    const whole = this.#queues.get(key.queue)?.bucket(id) ?? none;
    this.#version += 1;
    // What waits of a client at its limit is not counted, and what was expected of it before may have been taken out with the rest.
    const isHeld = this.held.isHeld(key.client);
    const real = !isHeld && whole.count >= before.count ? withoutExpected(whole, before) : none;
    this.#put(isHeld ? none : withExpected(real, after));
    this.#tellClient(key.client);
  }

  #put(bucket: Bucket): void {
    const tally = this.#queues.get(bucket.queue) ?? new QueueTally();
    const before = tally.put(bucket);
    this.#count += bucket.count - before;
    const seen = (this.#seen.get(bucket.client) ?? 0) + Number(bucket.count > 0) - Number(before > 0);
    if (seen > 0) this.#seen.set(bucket.client, seen);
    else this.#seen.delete(bucket.client);
    if (tally.isEmpty) this.#queues.delete(bucket.queue);
    else this.#queues.set(bucket.queue, tally);
    this.#summaries.delete(bucket.queue);
  }

  queues(): readonly QueueBacklog[] {
    return [...this.#queues.keys()].map((key) => this.queue(key)).filter((summary) => summary !== undefined);
  }

  queue(key: QueueKey): QueueBacklog | undefined {
    const known = this.#summaries.get(key) ?? this.#queues.get(key)?.summary(key);
    if (known) this.#summaries.set(key, known);
    return known;
  }

  #tellClient(client: string): void {
    const count = (this.#seen.get(client) ?? 0) + this.held.heldOf(client);
    if (count === (this.#clients.get(client) ?? 0)) return;
    this.#clients = count > 0 ? this.#clients.with(client, count) : this.#clients.without(client);
  }
}

function withExpected(bucket: Bucket, expected: BucketNumbers): Bucket {
  if (expected.count === 0) return bucket;
  return {
    ...bucket,
    count: bucket.count + expected.count,
    createdAtSum: bucket.createdAtSum + expected.createdAtSum,
    oldestCreatedAt: bucket.oldestCreatedAt ?? expected.oldestCreatedAt,
  };
}

/** Those that are there came before those that are expected, so that the oldest one is theirs as long as there is one. */
function withoutExpected(bucket: Bucket, expected: BucketNumbers): Bucket {
  const count = bucket.count - expected.count;
  return {
    ...bucket,
    count,
    createdAtSum: count === 0 ? 0 : bucket.createdAtSum - expected.createdAtSum,
    oldestCreatedAt: count === 0 ? null : bucket.oldestCreatedAt,
  };
}

interface Sums {
  count: number;
  /** Arrivals as distances from `baseAt` in whole milliseconds: sums of the instants would leave the integers that a number holds exactly, and drift. */
  afterBaseMs: number;
  /** By their oldest jobs. Some are outdated: an entry counts while it is its bucket's present one. */
  ages: MinHeap<PlacedBucket>;
  buckets: number;
}

/** The buckets of one queue with their sums, kept as they change: nothing here looks at all of them. */
class QueueTally {
  #buckets = VersionedMap.of<string, PlacedBucket>();
  #nextPlace = 0;
  #baseAt: number | null = null;
  readonly #sums: Readonly<Record<JobPriority, Sums>> = { HIGH: none(), NORMAL: none(), LOW: none() };

  get isEmpty(): boolean {
    return this.#buckets.size === 0;
  }

  *buckets(): Iterable<PlacedBucket> {
    for (const [, bucket] of this.#buckets.entries()) yield bucket;
  }

  bucket(id: string): PlacedBucket | undefined {
    return this.#buckets.get(id);
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
      oldestCreatedAt: oldest.length > 0 ? least(oldest) : 0,
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
