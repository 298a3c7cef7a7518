/** Jobs as they run and end, with who submitted them, what they ran on and what they used. Bounded: old ones are forgotten. Since the start. */
import { BoundedMap } from '../domain/bounded-map.ts';
import type { JobId } from '../domain/ids.ts';
import { isTerminal, type Job, type JobStatus, type TokenUsage } from '../domain/job.ts';
import { parseQueueKey } from '../domain/queue-key.ts';
import type { JobChange } from '../domain/store.ts';

export interface EndedJob {
  readonly client: string;
  /** Canonical name. */
  readonly model: string;
  readonly status: JobStatus;
  readonly finishedAt: number;
  /** Null where it never started. */
  readonly queueMs: number | null;
  readonly runMs: number;
  /** Null where there is no result, and in the moment before it is known. */
  usage: TokenUsage | null;
}

const MOST_ENDED = 20_000;
/** Of which it is still to be told what they used. */
const MOST_UNTOLD = 4_096;
const MOST_CLIENTS = 4_096;
const MOST_MODELS = 1_000;

export class EndedJobs {
  readonly #ended: EndedJob[] = [];
  readonly #untold = new BoundedMap<JobId, EndedJob>(MOST_UNTOLD);
  readonly #active = new Map<JobId, Job>();
  readonly #seenAt = new Map<string, number>();
  readonly #usedAt = new BoundedMap<string, number>(MOST_MODELS);

  /** To be called after the end was recorded. */
  used(id: JobId, usage: TokenUsage): void {
    const ended = this.#untold.get(id);
    if (ended) ended.usage = usage;
    this.#untold.delete(id);
  }

  record(changes: readonly JobChange[]): void {
    for (const { job, previousStatus } of changes) {
      if (previousStatus === null) this.#see(job.client, job.createdAt);
      if (isTerminal(job.status)) this.#end(job);
      else if (job.status === 'PENDING') this.#active.delete(job.id);
      else this.#active.set(job.id, job);
      if (job.startedAt !== null)
        this.#usedAt.set(parseQueueKey(job.queue).model, job.finishedAt ?? job.startedAt);
    }
  }

  /** Those that are claimed or run. */
  active(): Iterable<Job> {
    return this.#active.values();
  }

  /** Those that ended within the last `windowMs`, in order. */
  within(windowMs: number, now: number): readonly EndedJob[] {
    const first = this.#ended.findLastIndex((one) => one.finishedAt < now - windowMs) + 1;
    return this.#ended.slice(first);
  }

  /** When a client last submitted something, or when something of it last ended, epoch milliseconds. The longest unseen are forgotten. */
  seenAt(client: string): number | null {
    return this.#seenAt.get(client) ?? null;
  }

  /** Clients that were seen since then. */
  seenSince(since: number): readonly string[] {
    return [...this.#seenAt].flatMap(([client, at]) => (at >= since ? client : []));
  }

  /** When a job of the model last started or ended, epoch milliseconds. */
  usedAt(model: string): number | null {
    return this.#usedAt.get(model) ?? null;
  }

  #end(job: Job): void {
    this.#active.delete(job.id);
    const { client, createdAt, startedAt, finishedAt, queue, status } = job;
    if (finishedAt === null) return;
    this.#see(client, finishedAt);
    const ended: EndedJob = {
      client,
      model: parseQueueKey(queue).model,
      status,
      finishedAt,
      queueMs: startedAt === null ? null : Math.max(0, startedAt - createdAt),
      runMs: startedAt === null ? 0 : Math.max(0, finishedAt - startedAt),
      usage: null,
    };
    this.#ended.push(ended);
    if (status === 'COMPLETE') this.#untold.set(job.id, ended);
    if (this.#ended.length > MOST_ENDED * 1.25) this.#ended.splice(0, this.#ended.length - MOST_ENDED);
  }

  #see(client: string, at: number): void {
    this.#seenAt.delete(client);
    this.#seenAt.set(client, at);
    const [oldest] = this.#seenAt.keys();
    if (this.#seenAt.size > MOST_CLIENTS && oldest !== undefined) this.#seenAt.delete(oldest);
  }
}
