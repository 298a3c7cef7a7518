/** The jobs of a simulated cluster, and the store's counters of those that wait. */
import { Backlog, type Bucket } from '../../src/domain/backlog.ts';
import type { ClientTable } from '../../src/domain/client-limits.ts';
import type { JobId } from '../../src/domain/ids.ts';
import type { JobPriority } from '../../src/domain/job.ts';
import { type QueueKey, queueKey } from '../../src/domain/queue-key.ts';
import type { ClaimPick } from '../../src/domain/store.ts';

export interface ClusterJob {
  readonly id: JobId;
  readonly sequence: number;
  readonly model: string;
  readonly queue: QueueKey;
  readonly priority: JobPriority;
  readonly client: string;
  readonly createdAt: number;
  readonly runMs: number;
  startedAt: number | null;
  finishedAt: number | null;
}

export interface JobWish {
  readonly model: string;
  readonly priority?: JobPriority;
  readonly client?: string;
  readonly contextLength?: number;
  readonly shift?: boolean;
  /** Default: that of the model. */
  readonly runMs?: number;
}

export class ClusterJobs {
  readonly backlog: Backlog;
  readonly all: ClusterJob[] = [];
  unfinished = 0;
  /** Claimed, by client. */
  readonly running = new Map<string, number>();
  readonly #claimed = new Set<ClusterJob>();
  readonly #waiting = new Map<string, { readonly jobs: ClusterJob[]; createdAtSum: number }>();

  constructor(limits?: ClientTable) {
    this.backlog = new Backlog(limits);
  }

  add(wish: JobWish, usualRunMs: number, now: number): ClusterJob {
    const { model, priority = 'NORMAL', client = 'someone', contextLength = null, shift } = wish;
    const job: ClusterJob = {
      id: `job_${this.all.length + 1}` as JobId,
      sequence: this.all.length + 1,
      model,
      queue: queueKey({ model, contextLength, shift }),
      priority,
      client,
      createdAt: now,
      runMs: wish.runMs ?? usualRunMs,
      startedAt: null,
      finishedAt: null,
    };
    this.all.push(job);
    this.unfinished += 1;
    this.put(job);
    return job;
  }

  /** In the line, by age. */
  put(job: ClusterJob): void {
    job.startedAt = null;
    this.#release(job);
    const line = this.#line(job);
    const place = line.jobs.findLastIndex((other) => other.createdAt <= job.createdAt) + 1;
    line.jobs.splice(place, 0, job);
    line.createdAtSum += job.createdAt;
    this.#publish(job);
  }

  claim(pick: ClaimPick): readonly ClusterJob[] {
    const line = this.#line(pick);
    const taken = line.jobs.splice(0, pick.count);
    for (const job of taken) {
      line.createdAtSum -= job.createdAt;
      this.#claimed.add(job);
    }
    this.running.set(pick.client, (this.running.get(pick.client) ?? 0) + taken.length);
    if (taken.length > 0) this.#publish(pick);
    return taken;
  }

  finish(job: ClusterJob, now: number): void {
    job.finishedAt = now;
    this.unfinished -= 1;
    this.#release(job);
    this.#publish(job);
  }

  #release(job: ClusterJob): void {
    if (this.#claimed.delete(job)) this.running.set(job.client, (this.running.get(job.client) ?? 0) - 1);
  }

  #line({ queue, priority, client }: Pick<Bucket, 'queue' | 'priority' | 'client'>) {
    const key = `${queue}|${priority}|${client}`;
    const line = this.#waiting.get(key) ?? { jobs: [], createdAtSum: 0 };
    this.#waiting.set(key, line);
    return line;
  }

  #publish(of: Pick<Bucket, 'queue' | 'priority' | 'client'>): void {
    const { jobs, createdAtSum } = this.#line(of);
    const { queue, priority, client } = of;
    const oldestCreatedAt = jobs[0]?.createdAt ?? null;
    const count = jobs.length;
    const mean = jobs.reduce((sum, { sequence }) => sum + sequence, 0) / count;
    const sequences = jobs[0] && { oldest: jobs[0].sequence, mean };
    const bucket = { queue, priority, client, count, createdAtSum, oldestCreatedAt, sequences };
    this.backlog.apply([bucket], 0, [[client, this.running.get(client) ?? 0]]);
  }
}
