/**
 * The waiting jobs as numbers: per queue × priority × client a count, the sum of their arrival times and the oldest one.
 * Decisions read these and never the jobs, so they cost by models and clients, not by jobs.
 */
import { JOB_PRIORITIES, type JobPriority } from './job.ts';
import type { QueueKey } from './queue-key.ts';

/** What of a job decides where it waits. */
export interface BucketKey {
  readonly queue: QueueKey;
  readonly priority: JobPriority;
  readonly client: string;
}

/** The key as one text, for maps. */
export function bucketId({ queue, priority, client }: BucketKey): string {
  return `${queue}\0${priority}\0${client}`;
}

export interface Bucket extends BucketKey {
  /** Jobs that could be claimed now. */
  readonly count: number;
  /** Σ arrival times, epoch milliseconds: with `count` it gives the sum of ages at any instant in O(1). */
  readonly createdAtSum: number;
  /** Arrival of the oldest, epoch milliseconds; null when empty. */
  readonly oldestCreatedAt: number | null;
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
  /** Never empty ones. */
  readonly buckets: readonly Bucket[];
}

/** Of a queue in which nothing waits. */
export function emptyBacklog(queue: QueueKey): QueueBacklog {
  const none = { count: 0, createdAtSum: 0, oldestCreatedAt: null };
  const byPriority = { HIGH: none, NORMAL: none, LOW: none };
  return { queue, count: 0, oldestCreatedAt: Number.POSITIVE_INFINITY, byPriority, buckets: [] };
}

/** Read side, for whoever decides. */
export interface BacklogView {
  /** Grows with every change, so a reader can tell that nothing happened. */
  readonly version: number;
  /** All jobs that could be claimed now. */
  readonly count: number;
  /** Jobs that wait for a retry's delay, in no bucket. */
  readonly delayed: number;
  /** Queues with at least one job, in no particular order. */
  queues(): readonly QueueBacklog[];
  queue(key: QueueKey): QueueBacklog | undefined;
}

/** The counters themselves. Whoever owns the jobs applies each bucket's new value; empty buckets disappear. */
export class Backlog implements BacklogView {
  #version = 0;
  #count = 0;
  #delayed = 0;
  readonly #queues = new Map<QueueKey, Map<string, Bucket>>();
  readonly #summaries = new Map<QueueKey, QueueBacklog>();

  get version(): number {
    return this.#version;
  }

  get count(): number {
    return this.#count;
  }

  get delayed(): number {
    return this.#delayed;
  }

  apply(changed: readonly Bucket[], delayed: number): void {
    this.#version += 1;
    this.#delayed = delayed;
    for (const bucket of changed) {
      const buckets = this.#queues.get(bucket.queue) ?? new Map<string, Bucket>();
      const key = bucketId(bucket);
      this.#count += bucket.count - (buckets.get(key)?.count ?? 0);
      if (bucket.count > 0) buckets.set(key, bucket);
      else buckets.delete(key);
      if (buckets.size > 0) this.#queues.set(bucket.queue, buckets);
      else this.#queues.delete(bucket.queue);
      this.#summaries.delete(bucket.queue);
    }
  }

  queues(): readonly QueueBacklog[] {
    return [...this.#queues.keys()].map((key) => this.queue(key)).filter((summary) => summary !== undefined);
  }

  queue(key: QueueKey): QueueBacklog | undefined {
    const buckets = this.#queues.get(key);
    if (!buckets) return undefined;
    const known = this.#summaries.get(key);
    if (known) return known;
    const summary = summarise(key, [...buckets.values()]);
    this.#summaries.set(key, summary);
    return summary;
  }
}

function summarise(queue: QueueKey, buckets: readonly Bucket[]): QueueBacklog {
  const none = () => ({ count: 0, createdAtSum: 0, oldestCreatedAt: null as number | null });
  const byPriority = { HIGH: none(), NORMAL: none(), LOW: none() };
  for (const { priority, count, createdAtSum, oldestCreatedAt } of buckets) {
    const own = byPriority[priority];
    own.count += count;
    own.createdAtSum += createdAtSum;
    own.oldestCreatedAt = older(own.oldestCreatedAt, oldestCreatedAt);
  }
  const all = JOB_PRIORITIES.map((priority) => byPriority[priority]);
  return {
    queue,
    buckets,
    byPriority,
    count: all.reduce((sum, { count }) => sum + count, 0),
    oldestCreatedAt: all.map((one) => one.oldestCreatedAt).reduce(older, null) ?? 0,
  };
}

function older(a: number | null, b: number | null): number | null {
  if (a === null || b === null) return a ?? b;
  return Math.min(a, b);
}
