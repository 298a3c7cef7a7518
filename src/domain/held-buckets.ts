/** What waits of clients who run as many jobs as they may: kept out of the counters that decisions read, until one of their jobs has ended. */
import { type Bucket, bucketId } from './bucket.ts';
import { type ClientTable, limitsOf } from './client-limits.ts';
import type { QueueKey } from './queue-key.ts';

export class HeldBuckets {
  #limits: ClientTable;
  /** Jobs that are claimed or run, of clients who have any. */
  readonly #running = new Map<string, number>();
  /** By client, of those with a limit: all that waits of them, held or not. */
  readonly #buckets = new Map<string, Map<string, Bucket>>();

  /** Null once something has changed. */
  #held: readonly Bucket[] | null = null;
  #heldByQueue: ReadonlyMap<QueueKey, readonly Bucket[]> | null = null;

  constructor(limits: ClientTable) {
    this.#limits = limits;
  }

  running(client: string): number {
    return this.#running.get(client) ?? 0;
  }

  /** Jobs that the client may run beside those that run; Infinity without a limit. */
  room(client: string): number {
    const { maxRunning } = limitsOf(this.#limits, client);
    return maxRunning === null ? Number.POSITIVE_INFINITY : Math.max(0, maxRunning - this.running(client));
  }

  /** How many jobs of it run is somebody's business. */
  isLimited(client: string): boolean {
    return limitsOf(this.#limits, client).maxRunning !== null;
  }

  isHeld(client: string): boolean {
    return this.room(client) === 0;
  }

  /** Held ones of whom something waits. */
  get clients(): readonly string[] {
    return [...this.#buckets.keys()].filter((client) => this.isHeld(client));
  }

  /** How many of the client's buckets are held. */
  heldOf(client: string): number {
    const own = this.#buckets.get(client);
    return own && this.isHeld(client) ? own.size : 0;
  }

  /** All that waits of held clients. */
  get buckets(): readonly Bucket[] {
    this.#held ??= [...this.#buckets].flatMap(([client, own]) =>
      this.isHeld(client) ? [...own.values()] : [],
    );
    return this.#held;
  }

  /** Of them those of each queue. */
  get byQueue(): ReadonlyMap<QueueKey, readonly Bucket[]> {
    this.#heldByQueue ??= Map.groupBy(this.buckets, ({ queue }) => queue);
    return this.#heldByQueue;
  }

  /** All that waits of a client with a limit, held or not. */
  ofClient(client: string): readonly Bucket[] {
    return [...(this.#buckets.get(client)?.values() ?? [])];
  }

  /**
   * Takes changes in. Costs by what changed, and by the buckets of clients who came to their limit or left it.
   * @returns the changes as those who decide are to see them: empty where they are held
   */
  changed(buckets: readonly Bucket[], running: readonly (readonly [string, number])[]): readonly Bucket[] {
    this.#held = null;
    this.#heldByQueue = null;
    const turned = new Set<string>();
    for (const [client, count] of running) {
      const before = this.isHeld(client);
      if (count > 0) this.#running.set(client, count);
      else this.#running.delete(client);
      if (this.isHeld(client) !== before) turned.add(client);
    }
    const seen = new Map<string, Bucket>();
    for (const bucket of buckets) {
      this.#keep(bucket);
      seen.set(bucketId(bucket), this.#seen(bucket));
    }
    for (const client of turned)
      for (const [id, bucket] of this.#buckets.get(client) ?? []) seen.set(id, this.#seen(bucket));
    return [...seen.values()];
  }

  /**
   * Holds by other limits from now on.
   * @param others what waits of clients who had no limit
   * @returns all that waits, as those who decide are to see it
   */
  limit(limits: ClientTable, others: readonly Bucket[]): readonly Bucket[] {
    const all = [...[...this.#buckets.values()].flatMap((own) => [...own.values()]), ...others];
    this.#limits = limits;
    this.#held = null;
    this.#heldByQueue = null;
    this.#buckets.clear();
    for (const bucket of all) this.#keep(bucket);
    return all.map((bucket) => this.#seen(bucket));
  }

  #seen(bucket: Bucket): Bucket {
    if (!this.isHeld(bucket.client)) return bucket;
    return { ...bucket, count: 0, createdAtSum: 0, oldestCreatedAt: null, sequences: undefined };
  }

  #keep(bucket: Bucket): void {
    const { client, count } = bucket;
    if (!this.isLimited(client)) return;
    const own = this.#buckets.get(client) ?? new Map<string, Bucket>();
    if (count > 0) own.set(bucketId(bucket), bucket);
    else own.delete(bucketId(bucket));
    if (own.size > 0) this.#buckets.set(client, own);
    else this.#buckets.delete(client);
  }
}
