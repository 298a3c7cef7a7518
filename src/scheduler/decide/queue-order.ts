/**
 * The buckets of a queue in the order in which their clients are served: the least served first. It is kept from turn to turn, as a turn needs
 * the first few of perhaps a hundred thousand and changes one or two. What it says depends on its arguments alone.
 */
import { bucketId, type PlacedBucket, type QueueBacklog } from '../../domain/backlog.ts';
import { JOB_PRIORITIES, type JobPriority } from '../../domain/job.ts';
import { MinHeap } from '../../domain/min-heap.ts';
import type { QueueKey } from '../../domain/queue-key.ts';
import { VersionedMap } from '../../domain/versioned-map.ts';
import { OVERDUE_MS } from './constants.ts';

/** Seconds of slots that clients have used. */
export type ServiceCounters = Pick<ReadonlyMap<string, number>, 'get'>;

export interface Entry {
  readonly bucket: PlacedBucket;
  readonly service: number;
  /** When its oldest job becomes overdue, epoch milliseconds. */
  readonly overdueAt: number;
}

/** Reads entries one after the other. It must be closed before the order is used for anything else but other cursors of other priorities. */
export interface Cursor {
  next(): Entry | undefined;
  close(): void;
}

/** By the lineage of their buckets. */
const orders = new WeakMap<object, QueueOrder>();

export function orderOf({ queue, buckets }: QueueBacklog, service: ServiceCounters): QueueOrder {
  const order = orders.get(buckets.lineage) ?? new QueueOrder(queue);
  orders.set(buckets.lineage, order);
  order.catchUp(buckets, service);
  return order;
}

class QueueOrder {
  readonly #queue: QueueKey;
  #buckets: QueueBacklog['buckets'] = VersionedMap.of();
  #service: ServiceCounters = VersionedMap.of<string, number>();
  /** The present entry of each bucket: others that are in heaps are outdated. */
  readonly #present = new Map<string, Entry>();
  #usual: Readonly<Record<JobPriority, MinHeap<Entry>>> = heaps();
  /** What was not overdue when it was last looked at, the first to be so first. */
  #inTime = new MinHeap<Entry>([], (a, b) => a.overdueAt < b.overdueAt);
  #overdue = new MinHeap<Entry>([], overdueFirst);
  /** What is in neither of them yet, as nobody has asked who is overdue since the order was made: they are made of all at once. */
  #unsplit: Entry[] | null = null;

  constructor(queue: QueueKey) {
    this.#queue = queue;
  }

  catchUp(buckets: QueueBacklog['buckets'], service: ServiceCounters): void {
    if (buckets === this.#buckets && service === this.#service) return;
    const changed = buckets.changesSince(this.#buckets);
    const charged = changesOf(service, this.#service);
    this.#buckets = buckets;
    this.#service = service;
    if (!changed || !charged) {
      this.#rebuild();
      return;
    }
    for (const id of changed.keys()) this.#refresh(id);
    for (const client of charged) {
      for (const priority of JOB_PRIORITIES) {
        const id = bucketId({ queue: this.#queue, priority, client });
        if (this.#present.has(id)) this.#refresh(id);
      }
    }
    const outdated = JOB_PRIORITIES.reduce((sum, priority) => sum + this.#usual[priority].size, 0);
    const twice = this.#unsplit?.length ?? this.#inTime.size + this.#overdue.size;
    if (Math.max(outdated, twice) > 2 * this.#present.size + 64) this.#rebuild();
  }

  /** Of one priority, the least served first. */
  usual(priority: JobPriority): Cursor {
    return this.#cursor(this.#usual[priority], () => true);
  }

  /** Those that have waited for too long, of any priority, the least served first. */
  overdue(now: number): Cursor {
    if (this.#unsplit) this.#split(this.#unsplit, now);
    for (let first = this.#inTime.first; first && first.overdueAt <= now; first = this.#inTime.first) {
      this.#inTime.pop();
      if (this.#isPresent(first)) this.#overdue.push(first);
    }
    return this.#cursor(this.#overdue, ({ overdueAt }) => overdueAt <= now);
  }

  #split(entries: readonly Entry[], now: number): void {
    const inTime: Entry[] = [];
    const overdue: Entry[] = [];
    for (const entry of entries) (entry.overdueAt > now ? inTime : overdue).push(entry);
    this.#inTime = new MinHeap(inTime, (a, b) => a.overdueAt < b.overdueAt);
    this.#overdue = new MinHeap(overdue, overdueFirst);
    this.#unsplit = null;
  }

  #cursor(heap: MinHeap<Entry>, fits: (entry: Entry) => boolean): Cursor {
    const read: Entry[] = [];
    return {
      next: () => {
        for (let entry = heap.pop(); entry; entry = heap.pop()) {
          if (!this.#isPresent(entry)) continue;
          read.push(entry);
          if (fits(entry)) return entry;
        }
        return undefined;
      },
      close: () => {
        for (const entry of read.splice(0)) heap.push(entry);
      },
    };
  }

  #isPresent(entry: Entry): boolean {
    return this.#present.get(entry.bucket.id) === entry;
  }

  #refresh(id: string): void {
    const bucket = this.#buckets.get(id);
    if (!bucket) {
      this.#present.delete(id);
      return;
    }
    const entry = this.#entryOf(bucket);
    this.#present.set(id, entry);
    this.#usual[bucket.priority].push(entry);
    if (this.#unsplit) this.#unsplit.push(entry);
    else this.#inTime.push(entry);
  }

  #rebuild(): void {
    this.#present.clear();
    const ofPriority: Record<JobPriority, Entry[]> = { HIGH: [], NORMAL: [], LOW: [] };
    for (const [id, bucket] of this.#buckets.entries()) {
      const entry = this.#entryOf(bucket);
      this.#present.set(id, entry);
      ofPriority[bucket.priority].push(entry);
    }
    this.#usual = heaps(ofPriority);
    this.#unsplit = [...this.#present.values()];
  }

  #entryOf(bucket: PlacedBucket): Entry {
    const service = this.#service.get(bucket.client) ?? 0;
    const overdueAt = (bucket.oldestCreatedAt ?? Number.POSITIVE_INFINITY) + OVERDUE_MS[bucket.priority];
    return { bucket, service, overdueAt };
  }
}

/** Null when it is not known. */
function changesOf(service: ServiceCounters, before: ServiceCounters): Iterable<string> | null {
  if (!(service instanceof VersionedMap && before instanceof VersionedMap)) return null;
  return service.changesSince(before)?.keys() ?? null;
}

function heaps(of: Readonly<Record<JobPriority, Entry[]>> = { HIGH: [], NORMAL: [], LOW: [] }) {
  return {
    HIGH: new MinHeap(of.HIGH, usualFirst),
    NORMAL: new MinHeap(of.NORMAL, usualFirst),
    LOW: new MinHeap(of.LOW, usualFirst),
  };
}

function usualFirst(a: Entry, b: Entry): boolean {
  if (a.service !== b.service) return a.service < b.service;
  const [oldestOfA, oldestOfB] = [a.bucket.oldestCreatedAt ?? 0, b.bucket.oldestCreatedAt ?? 0];
  return oldestOfA === oldestOfB ? a.bucket.place < b.bucket.place : oldestOfA < oldestOfB;
}

function overdueFirst(a: Entry, b: Entry): boolean {
  if (a.service !== b.service) return a.service < b.service;
  return a.overdueAt === b.overdueAt ? a.bucket.place < b.bucket.place : a.overdueAt < b.overdueAt;
}
