/** What is done to a batch as a whole, by who may see it. */
import type { Batch } from '../domain/batch.ts';
import { InvalidInputError, VramkeeperError } from '../domain/errors.ts';
import { type BatchId, isId } from '../domain/ids.ts';
import type { JobStatus } from '../domain/job.ts';
import { letChange, type Principal, sees } from '../domain/principal.ts';
import { takesAnswers } from '../domain/request-batch.ts';
import type { ReadScope, Store } from '../domain/store.ts';
import type { AcceptService, RequestedChange } from './accept-service.ts';
import { readBatchChange } from './read-input.ts';

/** There is no such batch, for this caller. */
export class BatchNotFoundError extends VramkeeperError {
  readonly code = 'BATCH_NOT_FOUND';
  readonly id: string;

  constructor(id: string) {
    super(
      `There is no batch ${id}. Batches are forgotten a while after their last job has ended, unless they are kept.`,
    );
    this.id = id;
  }
}

export interface BatchChangesDependencies {
  readonly store: Pick<Store, 'batch' | 'updateBatch' | 'requestBatches'>;
  readonly accept: Pick<AcceptService, 'changeMany'>;
  /** No more jobs are to come of a batch of requests. */
  requestsCancelled(id: BatchId): void;
}

export class BatchChanges {
  readonly #deps: BatchChangesDependencies;

  constructor(deps: BatchChangesDependencies) {
    this.#deps = deps;
  }

  /** @param change what is absent stays @throws BatchNotFoundError, InvalidInputError */
  async update(principal: Principal, id: string, change: unknown): Promise<Batch> {
    const read = readBatchChange(change);
    const batch = await this.#own(principal, id);
    await this.#deps.store.updateBatch(batch.id, read);
    return this.#own(principal, id);
  }

  /** Cancels every job of it that has not ended. @throws BatchNotFoundError */
  async cancel(
    principal: Principal,
    id: string,
    scope: ReadScope,
  ): Promise<{ batch: Batch; changed: number }> {
    const batch = await this.#own(principal, id);
    // Of a batch of requests further jobs would come.
    const step = await this.#deps.store.requestBatches.step({ id: batch.id, event: 'cancel' });
    if (step) this.#deps.requestsCancelled(batch.id);
    return this.#change(principal, batch, { kind: 'cancel', reason: 'The batch was cancelled.' }, scope);
  }

  /**
   * Queues again what failed, and what was cancelled where that is asked for.
   * @throws BatchNotFoundError, QueueFullError, InvalidInputError for a batch of requests that takes no more answers
   */
  async retry(
    principal: Principal,
    id: string,
    { cancelled }: { readonly cancelled: boolean },
    scope: ReadScope,
  ): Promise<{ batch: Batch; changed: number }> {
    const batch = await this.#own(principal, id);
    const requests = await this.#deps.store.requestBatches.batch(batch.id);
    if (requests && !takesAnswers(requests.batch.status)) throw answered();
    return this.#change(
      principal,
      batch,
      { kind: 'retry' },
      scope,
      cancelled ? ['FAILED', 'CANCELLED'] : ['FAILED'],
    );
  }

  async #change(
    principal: Principal,
    { id }: Batch,
    change: RequestedChange,
    scope: ReadScope,
    statuses?: readonly JobStatus[],
  ): Promise<{ batch: Batch; changed: number }> {
    const filter = { batchId: id, ...(statuses && { statuses }) };
    const { changed } = await this.#deps.accept.changeMany(principal, { filter }, change, scope);
    return { batch: await this.#own(principal, id), changed };
  }

  async #own(principal: Principal, id: string): Promise<Batch> {
    const batch = isId('bat', id) ? await this.#deps.store.batch(id) : null;
    if (!batch || !sees(principal, batch)) throw new BatchNotFoundError(id);
    letChange(principal, batch);
    return batch;
  }
}

function answered(): InvalidInputError {
  const message =
    'names a batch of requests that takes no more answers: it has ended, or is about to. Submit its requests again as a new one.';
  return new InvalidInputError([{ path: ['id'], message }]);
}
