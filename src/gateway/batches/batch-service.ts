/** What the batch APIs do, whatever their words: files and batches of a client, which nobody else sees. */
import { createHash } from 'node:crypto';
import type { AcceptService } from '../../accept/accept-service.ts';
import type { ModelDirectory } from '../../accept/admit.ts';
import type { Clock, Random } from '../../clock.ts';
import { type BatchId, type FileId, newId } from '../../domain/ids.ts';
import { canonicalJson } from '../../domain/json.ts';
import { onlyClient, type Principal, sees } from '../../domain/principal.ts';
import {
  type CountedRequestBatch,
  isEnded,
  type NewRequestBatch,
  type RequestBatch,
  type RequestBatchPage,
  type RequestBatchQuery,
} from '../../domain/request-batch.ts';
import type { JobChange, Store } from '../../domain/store.ts';
import type { FilePage, FileQuery, FileQuota, StoredFile } from '../../domain/stored-file.ts';
import { ProblemError, refused } from '../shared/problem.ts';
import { BatchRunner } from './batch-runner.ts';
import type { BatchEndpoints } from './endpoints.ts';
import { FileWriter } from './file-writer.ts';
import { LineJobs } from './line-jobs.ts';
import { outcomesOf } from './outcomes.ts';
import { lineOf } from './output-lines.ts';

export interface BatchServiceDependencies {
  readonly store: Store;
  readonly accept: Pick<AcceptService, 'prepare' | 'admitPiece' | 'largestPiece'>;
  readonly models: ModelDirectory;
  readonly endpoints: BatchEndpoints;
  readonly quota: FileQuota;
  /** For how long files of clients are kept at most. */
  readonly retentionMs: number;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: (message: string) => void;
}

export type AskedBatch = Pick<
  NewRequestBatch,
  'api' | 'endpoint' | 'priority' | 'metadata' | 'window' | 'windowMs'
> & { readonly idempotencyKey: string | null };

const KEY_USED =
  'This idempotency key was used within the last 24 hours for another batch. Use a new key for a new batch.';

export class BatchService {
  readonly endpoints: BatchEndpoints;
  readonly quota: FileQuota;
  readonly retentionMs: number;
  readonly files: Store['files'];
  readonly clock: Clock;
  readonly random: Random;
  readonly #store: Store;
  readonly #runner: BatchRunner;
  readonly #log: (message: string) => void;

  constructor(deps: BatchServiceDependencies) {
    const { accept, clock, endpoints, log, models, random, store } = deps;
    this.endpoints = endpoints;
    this.quota = deps.quota;
    this.retentionMs = deps.retentionMs;
    this.files = store.files;
    this.clock = clock;
    this.random = random;
    this.#store = store;
    this.#log = log;
    const lineJobs = new LineJobs({ accept, endpoints, models, log });
    this.#runner = new BatchRunner({ store, accept, lineJobs, endpoints, clock, random, log });
  }

  start(): Promise<void> {
    return this.#runner.start();
  }

  stop(): Promise<void> {
    return this.#runner.stop();
  }

  /** To be called with every commit. */
  jobsChanged(changes: readonly JobChange[]): void {
    this.#runner.jobsChanged(changes);
  }

  /** Null for one that is not there, or that the principal does not see. */
  async file(principal: Principal, id: FileId | null): Promise<StoredFile | null> {
    const file = id && (await this.files.file(id));
    return file && file.purpose !== 'BATCH_INPUT' && sees(principal, file) ? file : null;
  }

  listFiles(principal: Principal, query: Omit<FileQuery, 'client'>): Promise<FilePage> {
    return this.files.list({ ...query, ...ownOf(principal) });
  }

  /** In pieces. Of what came out of a batch, its lines as they are made. */
  async *content(file: StoredFile): AsyncGenerator<Uint8Array | string> {
    if (!file.source) {
      for (let place = 0; ; place += 1) {
        const chunk = await this.files.chunk(file.id, place);
        if (chunk === null) return;
        yield chunk;
      }
    }
    const { batchId, part } = file.source;
    const counted = await this.#store.requestBatches.batch(batchId);
    if (!counted) return;
    for await (const line of this.#lines(counted.batch)) if (line.part === part) yield line.text;
  }

  /** All that came of an ended batch. */
  async *results(batch: RequestBatch): AsyncGenerator<string> {
    for await (const { text } of this.#lines(batch)) yield text;
  }

  async *#lines(batch: RequestBatch) {
    const endpoint = this.endpoints[batch.endpoint];
    if (!endpoint)
      throw new ProblemError(
        refused(500, 'UNKNOWN_ENDPOINT', `This server knows no endpoint ${batch.endpoint} any more.`),
      );
    for await (const outcome of outcomesOf(this.#store, batch.id, endpoint))
      yield lineOf(batch.api, outcome, endpoint, { clock: this.clock, log: this.#log });
  }

  /** Null when the file is gone. @throws ProblemError 409 */
  async createOf(principal: Principal, file: StoredFile, asked: AskedBatch): Promise<RequestBatch | null> {
    const copy = newId('file', this.clock, this.random);
    const lines = { of: file.id, copy };
    return this.#create({ ...this.#new(principal, asked, file.id), lines, total: null });
  }

  /** @param lines each with its end @throws ProblemError 409 */
  async createWith(
    principal: Principal,
    lines: Iterable<string> | AsyncIterable<string>,
    total: number,
    asked: AskedBatch,
  ): Promise<RequestBatch> {
    const own = newId('file', this.clock, this.random);
    await this.files.begin({ id: own, client: principal.client, purpose: 'BATCH_INPUT', name: 'requests' });
    try {
      const writer = new FileWriter(this.files, own, this.quota);
      const hash = createHash('sha256');
      for await (const line of lines) {
        hash.update(line);
        await writer.write(Buffer.from(line));
      }
      await writer.end();
      const made = this.#new(principal, asked, hash.digest('hex'));
      const batch = await this.#create({ ...made, lines: { own }, total });
      if (!batch) throw new Error('The lines of a batch are gone before it was made.');
      // An earlier one has lines of its own.
      if (batch.id !== made.id) await this.files.delete(own);
      return batch;
    } catch (error) {
      await this.files.delete(own);
      throw error;
    }
  }

  /** @param content what tells its lines from others */
  #new(principal: Principal, { idempotencyKey: key, ...asked }: AskedBatch, content: string) {
    const inputHash = createHash('sha256')
      .update(canonicalJson({ ...asked, content }))
      .digest('hex');
    return {
      ...asked,
      id: newId('bat', this.clock, this.random),
      client: principal.client,
      idempotency: key === null ? null : { key, inputHash },
    };
  }

  async #create(batch: NewRequestBatch): Promise<RequestBatch | null> {
    const outcome = await this.#store.requestBatches.create(batch);
    switch (outcome.kind) {
      case 'made':
        this.#runner.look(outcome.batch.id);
        return outcome.batch;
      case 'duplicate':
        return outcome.batch;
      case 'conflict':
        throw new ProblemError(refused(409, 'IDEMPOTENCY_CONFLICT', KEY_USED));
      case 'no-lines':
        return null;
      default:
        return outcome satisfies never;
    }
  }

  async batch(
    principal: Principal,
    api: RequestBatch['api'],
    id: BatchId | null,
  ): Promise<CountedRequestBatch | null> {
    const counted = id && (await this.#store.requestBatches.batch(id));
    return counted && counted.batch.api === api && sees(principal, counted.batch) ? counted : null;
  }

  listBatches(principal: Principal, query: Omit<RequestBatchQuery, 'client'>): Promise<RequestBatchPage> {
    return this.#store.requestBatches.list({ ...query, ...ownOf(principal) });
  }

  /** The batch as it is from then on. One that is being cancelled, or was, stays so. Null when it has come too far. */
  async cancel({ batch }: CountedRequestBatch): Promise<CountedRequestBatch | null> {
    const cancelling = await this.#store.requestBatches.step({ id: batch.id, event: 'cancel' });
    if (cancelling) this.#runner.look(batch.id);
    const now = await this.#store.requestBatches.batch(batch.id);
    return now && (now.batch.status === 'CANCELLING' || now.batch.status === 'CANCELLED') ? now : null;
  }

  /** Somebody else cancelled it. */
  cancelled(id: BatchId): void {
    this.#runner.look(id);
  }

  /** False for one that has not ended. */
  async delete({ batch }: CountedRequestBatch): Promise<boolean> {
    return isEnded(batch.status) && (await this.#store.requestBatches.delete(batch.id));
  }
}

function ownOf(principal: Principal): { readonly client?: string } {
  const client = onlyClient(principal);
  return client === null ? {} : { client };
}
