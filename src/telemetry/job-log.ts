/** A line in the log for each job that ends: what it was and how long it took, and nothing of what it holds. */
import type { JobId } from '../domain/ids.ts';
import { isTerminal, type Job, type TokenUsage } from '../domain/job.ts';
import type { JobChange, Store } from '../domain/store.ts';
import type { Logger } from './logger.ts';

export class JobLog {
  readonly #store: Pick<Store, 'endings'>;
  readonly #logger: Pick<Logger, 'info'>;

  constructor(store: Pick<Store, 'endings'>, logger: Pick<Logger, 'info'>) {
    this.#store = store;
    this.#logger = logger;
  }

  /** What the tokens were is read after the commit, which nobody waits for. */
  record(changes: readonly JobChange[]): void {
    const ended = changes.map(({ job }) => job).filter(({ status }) => isTerminal(status));
    if (ended.length > 0) void this.#write(ended);
  }

  async #write(ended: readonly Job[]): Promise<void> {
    const complete = ended.filter(({ status }) => status === 'COMPLETE').map(({ id }) => id);
    const usages = await this.#usages(complete);
    for (const job of ended) this.#logger.info('A job ended.', fieldsOf(job, usages.get(job.id)));
  }

  async #usages(ids: readonly JobId[]): Promise<ReadonlyMap<JobId, TokenUsage>> {
    if (ids.length === 0) return new Map();
    try {
      const endings = await this.#store.endings(ids);
      return new Map(ids.flatMap((id, i) => (endings[i] ? [[id, endings[i].usage] as const] : [])));
    } catch {
      // The store is closing: the lines are written without.
      return new Map();
    }
  }
}

function fieldsOf(job: Job, usage: TokenUsage | undefined) {
  const { id, modelName, client, status, createdAt, startedAt, finishedAt, failure, batchId } = job;
  const end = finishedAt ?? createdAt;
  return {
    job: id,
    ...(batchId === null ? {} : { batch: batchId }),
    model: modelName,
    client,
    status,
    ...(failure === null ? {} : { failure: failure.code }),
    waitedMs: Math.max(0, (startedAt ?? end) - createdAt),
    ...(startedAt === null ? {} : { ranMs: Math.max(0, end - startedAt) }),
    ...(usage ? { promptTokens: usage.promptTokens, completionTokens: usage.completionTokens } : {}),
    ...(usage?.cost === undefined ? {} : { cost: usage.cost }),
  };
}
