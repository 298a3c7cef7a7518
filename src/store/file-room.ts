/** The caller's side of files and of batches of requests. */
import { webcrypto } from 'node:crypto';
import type { BatchId, FileId } from '../domain/ids.ts';
import type { Job } from '../domain/job.ts';
import {
  type CountedRequestBatch,
  type CreateBatchOutcome,
  isEnded,
  type NewRequestBatch,
  type Piece,
  type PieceOutcome,
  type RefusedLine,
  type RequestBatch,
  type RequestBatchPage,
  type RequestBatchQuery,
  type RequestBatchStep,
  type RequestBatchStore,
} from '../domain/request-batch.ts';
import type { ReadScope } from '../domain/store.ts';
import type {
  AppendOutcome,
  FileChunk,
  FilePage,
  FileQuery,
  FileStore,
  FinishedFile,
  NewFile,
  StoredFile,
} from '../domain/stored-file.ts';
import { encodePiece, jsonObject, pageLimit, unicode } from './encode.ts';
import type { AnswerOf, InputOf, Operations, Reads } from './operation.ts';

/** What the rooms ask of the store that they belong to. */
export interface Calls {
  /** Bytes and texts are as they should be already. */
  write<K extends keyof Operations>(kind: K, input: InputOf<Operations, K>): Promise<AnswerOf<Operations, K>>;
  read<K extends keyof Reads>(
    kind: K,
    input: InputOf<Reads, K>,
    scope?: ReadScope,
  ): Promise<AnswerOf<Reads, K>>;
}

export class FileRoom implements FileStore {
  readonly #calls: Calls;

  constructor(calls: Calls) {
    this.#calls = calls;
  }

  async begin(file: NewFile): Promise<void> {
    await this.#calls.write('beginFile', { ...file, client: unicode(file.client), name: unicode(file.name) });
  }

  async append(chunk: FileChunk): Promise<AppendOutcome> {
    // Bytes of their own: a view would take all that it is a view of along to the other thread.
    const bytes = new Uint8Array(chunk.bytes);
    const digest = await webcrypto.subtle.digest('SHA-256', bytes);
    return this.#calls.write('appendFile', { ...chunk, bytes, hash: Buffer.from(digest).toString('hex') });
  }

  finish(file: FinishedFile): Promise<StoredFile | null> {
    return this.#calls.write('finishFile', file);
  }

  delete(id: FileId): Promise<boolean> {
    return this.#calls.write('deleteFile', id);
  }

  file(id: FileId): Promise<StoredFile | null> {
    return this.#calls.read('file', id);
  }

  list(query: FileQuery): Promise<FilePage> {
    return this.#calls.read('files', { ...query, limit: pageLimit(query.limit) });
  }

  chunk(id: FileId, place: number): Promise<Uint8Array | null> {
    return this.#calls.read('fileChunk', { id, place });
  }
}

export class RequestBatchRoom implements RequestBatchStore {
  readonly #calls: Calls;
  readonly #onEnded = new Set<(id: BatchId) => void>();

  constructor(calls: Calls) {
    this.#calls = calls;
  }

  /** @throws UnstorableValueError */
  async create(batch: NewRequestBatch): Promise<CreateBatchOutcome> {
    return this.#calls.write('createRequestBatch', {
      ...batch,
      client: unicode(batch.client),
      metadata: batch.metadata && jsonObject(batch.metadata, 'metadata'),
      idempotency: batch.idempotency && { ...batch.idempotency, key: unicode(batch.idempotency.key) },
    });
  }

  async step(step: RequestBatchStep): Promise<RequestBatch | null> {
    const batch = await this.#calls.write('stepRequestBatch', step);
    if (batch && isEnded(batch.status)) for (const listener of this.#onEnded) listener(batch.id);
    return batch;
  }

  onEnded(listener: (id: BatchId) => void): () => void {
    const own = (id: BatchId) => listener(id);
    this.#onEnded.add(own);
    return () => void this.#onEnded.delete(own);
  }

  /** @throws UnstorableValueError */
  async take(piece: Piece): Promise<PieceOutcome> {
    return this.#calls.write('takePiece', encodePiece(piece));
  }

  cancelJobs(id: BatchId, limit: number): Promise<number> {
    return this.#calls.write('cancelBatchJobs', { id, limit: pageLimit(limit) });
  }

  delete(id: BatchId): Promise<boolean> {
    return this.#calls.write('deleteRequestBatch', id);
  }

  batch(id: BatchId): Promise<CountedRequestBatch | null> {
    return this.#calls.read('requestBatch', id);
  }

  list(query: RequestBatchQuery): Promise<RequestBatchPage> {
    return this.#calls.read('requestBatches', { ...query, limit: pageLimit(query.limit) });
  }

  unended(): Promise<readonly BatchId[]> {
    return this.#calls.read('unendedRequestBatches', null);
  }

  members(id: BatchId, after: number, limit: number): Promise<readonly Job[]> {
    return this.#calls.read('batchMembers', { id, after, limit: pageLimit(limit) });
  }

  refusals(id: BatchId, afterLine: number, limit: number): Promise<readonly RefusedLine[]> {
    return this.#calls.read('refusedLines', { id, after: afterLine, limit: pageLimit(limit) });
  }
}
