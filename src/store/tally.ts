/** The counters of the queue, kept with every change of a job, and taken back by applying the change in reverse. */
import { type Bucket, type BucketKey, bucketId } from '../domain/backlog.ts';
import { isTerminal, type Job, type JobCounts, type JobStatus, NO_JOBS } from '../domain/job.ts';

/**
 * One bucket's numbers. Arrivals are summed as distances from `baseAt`, epoch milliseconds: the sum of the instants themselves
 * leaves the integers that a number holds exactly at five thousand jobs, and would drift with every job after that.
 */
export interface BucketTally extends BucketKey {
  count: number;
  readonly baseAt: number;
  arrivalsAfterBaseMs: number;
  sequenceSum: number;
}

/** A bucket's oldest claimable job. */
export type Oldest = Pick<Job, 'createdAt' | 'sequence'>;

/** Jobs of one client. */
export interface ClientTally {
  /** PENDING, delayed ones included. */
  readonly waiting: number;
  /** QUEUED and RUNNING. */
  readonly running: number;
}

/** What a store is opened with: a recount of its rows. */
export interface Recount {
  readonly counts: JobCounts;
  readonly delayed: number;
  readonly buckets: readonly Readonly<BucketTally>[];
  readonly clients: readonly (readonly [client: string, ClientTally])[];
}

export function isClaimable(job: Job): boolean {
  return job.status === 'PENDING' && job.notBefore === null;
}

export class Tally {
  readonly #counts: Record<JobStatus, number> = { ...NO_JOBS };
  readonly #buckets = new Map<string, BucketTally>();
  readonly #changed = new Set<string>();
  /** Of those with any. */
  readonly #clients = new Map<string, ClientTally>();
  readonly #changedClients = new Set<string>();
  #delayed = 0;

  constructor(recount?: Recount) {
    if (!recount) return;
    Object.assign(this.#counts, recount.counts);
    this.#delayed = recount.delayed;
    for (const bucket of recount.buckets) this.#buckets.set(bucketId(bucket), { ...bucket });
    for (const id of this.#buckets.keys()) this.#changed.add(id);
    for (const [client, tally] of recount.clients) {
      this.#clients.set(client, tally);
      this.#changedClients.add(client);
    }
  }

  get delayed(): number {
    return this.#delayed;
  }

  /** Jobs that wait: PENDING, delayed ones included. */
  get waiting(): number {
    return this.#counts.PENDING;
  }

  counts(): JobCounts {
    return { ...this.#counts };
  }

  waitingOf(client: string): number {
    return this.#clients.get(client)?.waiting ?? 0;
  }

  /** How many jobs run of the clients of whom that has changed since the last call. */
  takeRunning(): readonly (readonly [client: string, count: number])[] {
    const changed = [...this.#changedClients];
    this.#changedClients.clear();
    return changed.map((client) => [client, this.#clients.get(client)?.running ?? 0] as const);
  }

  /** A job became another one; null before it exists and after it is forgotten. */
  change(before: Job | null, after: Job | null): void {
    if (before) this.#add(before, -1);
    if (after) this.#add(after, 1);
  }

  /**
   * The buckets that changed since the last call, empty ones included, which are dropped here.
   * @param oldestOf null for a bucket without any
   */
  takeChanged(oldestOf: (bucket: BucketKey) => Oldest | null): readonly Bucket[] {
    const changed: Bucket[] = [];
    for (const id of this.#changed) {
      const tally = this.#buckets.get(id);
      if (!tally) continue;
      if (tally.count === 0) this.#buckets.delete(id);
      const { queue, priority, client, count, baseAt, arrivalsAfterBaseMs, sequenceSum } = tally;
      const oldest = count === 0 ? null : oldestOf(tally);
      changed.push({
        queue,
        priority,
        client,
        count,
        createdAtSum: count * baseAt + arrivalsAfterBaseMs,
        oldestCreatedAt: oldest?.createdAt ?? null,
        sequences: oldest ? { oldest: oldest.sequence, mean: sequenceSum / count } : undefined,
      });
    }
    this.#changed.clear();
    return changed;
  }

  #add(job: Job, sign: 1 | -1): void {
    this.#counts[job.status] += sign;
    this.#addToClient(job, sign);
    if (job.status !== 'PENDING') return;
    if (job.notBefore !== null) {
      this.#delayed += sign;
      return;
    }
    const id = bucketId(job);
    let tally = this.#buckets.get(id);
    if (!tally) {
      const { queue, priority, client, createdAt } = job;
      tally = {
        queue,
        priority,
        client,
        count: 0,
        baseAt: createdAt,
        arrivalsAfterBaseMs: 0,
        sequenceSum: 0,
      };
      this.#buckets.set(id, tally);
    }
    tally.count += sign;
    tally.arrivalsAfterBaseMs += sign * (job.createdAt - tally.baseAt);
    tally.sequenceSum += sign * job.sequence;
    this.#changed.add(id);
  }

  #addToClient({ client, status }: Job, sign: 1 | -1): void {
    if (isTerminal(status)) return;
    const before = this.#clients.get(client) ?? { waiting: 0, running: 0 };
    const after =
      status === 'PENDING'
        ? { ...before, waiting: before.waiting + sign }
        : { ...before, running: before.running + sign };
    if (after.waiting === 0 && after.running === 0) this.#clients.delete(client);
    else this.#clients.set(client, after);
    if (after.running !== before.running) this.#changedClients.add(client);
  }
}
