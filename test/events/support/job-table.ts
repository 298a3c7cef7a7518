/** A queue in miniature: jobs, their revisions, and the reads that feeds heal from. Naive on purpose, it is the model of the tests. */
import type { EventPublisher } from '../../../src/domain/events.ts';
import type { JobId } from '../../../src/domain/ids.ts';
import {
  isTerminal,
  type Job,
  type JobEvent,
  type JobPriority,
  jobTransition,
} from '../../../src/domain/job.ts';
import type { JobFilter } from '../../../src/domain/job-filter.ts';
import { queueKey } from '../../../src/domain/queue-key.ts';
import type { JobPage, JobQuery } from '../../../src/domain/store.ts';

export const START = 1_700_000_000_000;

export function jobRecord(sequence: number, revision: number, change: Partial<Job> = {}): Job {
  return {
    id: `job_${String(sequence).padStart(6, '0')}` as JobId,
    revision,
    sequence,
    batchId: null,
    client: 'anonymous',
    kind: sequence % 2 === 0 ? 'CHAT' : 'GENERATE',
    modelName: sequence % 3 === 0 ? 'Llama3' : 'qwen2.5:0.5b',
    queue: queueKey({ model: sequence % 3 === 0 ? 'llama3:latest' : 'qwen2.5:0.5b', contextLength: null }),
    priority: 'NORMAL',
    status: 'PENDING',
    labels: [{ key: 'parity', value: sequence % 2 === 0 ? 'even' : 'odd' }],
    metadata: null,
    live: false,
    createdAt: START + sequence,
    startedAt: null,
    finishedAt: null,
    deadline: null,
    notBefore: null,
    failedAttempts: 0,
    maxAttempts: 3,
    fence: 0,
    backend: null,
    instanceId: null,
    failure: null,
    history: [],
    ...change,
  };
}

export class JobTable {
  readonly jobs = new Map<JobId, Job>();
  #publisher: EventPublisher;
  /** What the store's filter means, written down a second time. */
  readonly #matches: (filter: JobFilter, job: Job) => boolean;
  #revision = 0;
  #sequence = 0;
  reads = 0;
  /** How often `onRead` was called. */
  moments = 0;
  /** Called before and after each read has taken what it answers, to slip changes in. */
  onRead: () => void = () => {};

  constructor(publisher: EventPublisher, matches: (filter: JobFilter, job: Job) => boolean = () => true) {
    this.#publisher = publisher;
    this.#matches = matches;
  }

  /** From now on, as a server does that was started anew on the same store. */
  publishTo(publisher: EventPublisher): void {
    this.#publisher = publisher;
  }

  submit(): Job {
    this.#sequence += 1;
    this.#revision += 1;
    const job = jobRecord(this.#sequence, this.#revision);
    this.jobs.set(job.id, job);
    this.#publisher.publish({ kind: 'job', job, previousStatus: null }, START + this.#revision);
    return job;
  }

  /** False when the job's status has no such transition. */
  apply(id: JobId, event: JobEvent): boolean {
    const before = this.jobs.get(id);
    const status = before && jobTransition(before.status, event);
    if (!before || !status) return false;
    this.#revision += 1;
    const job: Job = {
      ...before,
      status,
      revision: this.#revision,
      finishedAt: isTerminal(status) ? START + this.#revision : null,
    };
    this.jobs.set(id, job);
    this.#publisher.publish({ kind: 'job', job, previousStatus: before.status }, START + this.#revision);
    return true;
  }

  /** False when it does not wait. */
  move(id: JobId, priority: JobPriority): boolean {
    const before = this.jobs.get(id);
    if (before?.status !== 'PENDING' || before.priority === priority) return false;
    this.#revision += 1;
    const job: Job = { ...before, priority, revision: this.#revision };
    this.jobs.set(id, job);
    const { status: previousStatus, priority: previousPriority } = before;
    this.#publisher.publish({ kind: 'job', job, previousStatus, previousPriority }, START + this.#revision);
    return true;
  }

  finish(id: JobId): void {
    this.apply(id, 'start');
    this.apply(id, 'complete');
  }

  revision(): Promise<number> {
    return this.#read(() => this.#revision);
  }

  job(id: JobId): Promise<Job | null> {
    return this.#read(() => this.jobs.get(id) ?? null);
  }

  list(query: JobQuery): Promise<JobPage> {
    return this.#read(() => {
      const matching = [...this.jobs.values()].filter((job) => this.#matches(query.filter, job));
      matching.sort((a, b) => b.sequence - a.sequence);
      return {
        jobs: matching.slice(0, query.limit),
        hasPrevious: false,
        hasNext: matching.length > query.limit,
      };
    });
  }

  changedSince(revision: number, limit: number): Promise<readonly Job[]> {
    return this.#read(() => {
      const changed = [...this.jobs.values()].filter((job) => job.revision > revision);
      return changed.sort((a, b) => a.revision - b.revision).slice(0, limit);
    });
  }

  async #read<T>(take: () => T): Promise<T> {
    this.reads += 1;
    this.#moment();
    await Promise.resolve();
    const answer = take();
    this.#moment();
    await Promise.resolve();
    return answer;
  }

  #moment(): void {
    this.moments += 1;
    this.onRead();
  }
}
