/** Files of clients and batches of requests, in memory. */
import type { BatchId, FileId } from '../../domain/ids.ts';
import type { RefusedLine, RequestBatch, RequestBatchQuery } from '../../domain/request-batch.ts';
import type { FilePage, FileQuery } from '../../domain/stored-file.ts';
import type { FileRow, FileTables, HashedBytes, RequestBatchTables } from '../file-tables.ts';
import { storedFile } from '../operations/files.ts';

export class MemoryFiles implements FileTables {
  /** In the order in which they were made. */
  readonly #files = new Map<FileId, FileRow>();
  readonly #chunks = new Map<FileId, Map<number, Uint8Array>>();

  byId(id: FileId): FileRow | null {
    return this.#files.get(id) ?? null;
  }

  insert(file: FileRow): void {
    if (this.#files.has(file.id)) throw new Error(`There is a file ${file.id} already`);
    this.#files.set(file.id, file);
    this.#chunks.set(file.id, new Map());
  }

  update(id: FileId, change: Partial<Pick<FileRow, 'bytes' | 'isReady' | 'expiresAt'>>): void {
    const file = this.#files.get(id);
    if (file) this.#files.set(id, { ...file, ...change });
  }

  delete(id: FileId): void {
    this.#files.delete(id);
    this.#chunks.delete(id);
  }

  hasChunk(id: FileId, place: number): boolean {
    return this.#chunks.get(id)?.has(place) ?? false;
  }

  putChunk(id: FileId, place: number, { bytes }: HashedBytes): void {
    this.#chunks.get(id)?.set(place, bytes);
  }

  shareChunks(from: FileId, to: FileId): void {
    this.#chunks.set(to, new Map(this.#chunks.get(from)));
  }

  bytes(client: string | null): number {
    return this.#all()
      .filter((file) => file.purpose !== 'BATCH_OUTPUT' && (client === null || file.client === client))
      .reduce((sum, { bytes }) => sum + bytes, 0);
  }

  deletableAt(now: number, oldest: number, limit: number): readonly FileId[] {
    return this.#all()
      .filter(
        ({ expiresAt, purpose, createdAt }) =>
          (expiresAt !== null && expiresAt <= now) || (purpose === 'BATCH' && createdAt <= oldest),
      )
      .map(({ id }) => id)
      .slice(0, limit);
  }

  /** Nothing here outlives its server. */
  unfinished(): readonly FileId[] {
    return [];
  }

  outputOf(batch: BatchId): readonly FileId[] {
    return this.#all()
      .filter(({ source }) => source?.batchId === batch)
      .map(({ id }) => id);
  }

  list({ client, purpose, direction, after, limit }: FileQuery): FilePage {
    const isWanted = (file: FileRow) => (purpose ? file.purpose === purpose : file.purpose !== 'BATCH_INPUT');
    const ordered = direction === 'ASC' ? this.#all() : this.#all().reverse();
    const start = after === undefined ? 0 : 1 + ordered.findIndex(({ id }) => id === after);
    if (after !== undefined && start === 0) return { files: [], hasMore: false };
    const files = ordered
      .slice(start)
      .filter((file) => file.isReady && isWanted(file) && (client === undefined || file.client === client));
    return { files: files.slice(0, limit).map(storedFile), hasMore: files.length > limit };
  }

  chunk(id: FileId, place: number): Uint8Array | null {
    return this.#chunks.get(id)?.get(place)?.slice() ?? null;
  }

  #all(): FileRow[] {
    return [...this.#files.values()];
  }
}

export class MemoryRequestBatches implements RequestBatchTables {
  /** In the order in which they were made. */
  readonly batches = new Map<BatchId, RequestBatch>();
  readonly #refused = new Map<BatchId, RefusedLine[]>();
  readonly #hasJobs: (id: BatchId) => boolean;

  constructor(hasJobs: (id: BatchId) => boolean) {
    this.#hasJobs = hasJobs;
  }

  byId(id: BatchId): RequestBatch | null {
    return this.batches.get(id) ?? null;
  }

  insert(batch: RequestBatch): void {
    this.batches.set(batch.id, batch);
  }

  update(batch: RequestBatch): void {
    this.batches.set(batch.id, batch);
  }

  delete(id: BatchId): void {
    this.batches.delete(id);
    this.#refused.delete(id);
  }

  refuse(id: BatchId, line: RefusedLine): void {
    this.#refused.set(id, [...(this.#refused.get(id) ?? []), line]);
  }

  forgettableAt(time: number, limit: number): readonly RequestBatch[] {
    return [...this.batches.values()]
      .filter(({ id, endedAt }) => endedAt !== null && endedAt <= time && !this.#hasJobs(id))
      .slice(0, limit);
  }

  /** Newest first. */
  list({ api, client, after, before, limit }: RequestBatchQuery): {
    readonly batches: readonly RequestBatch[];
    readonly hasMore: boolean;
  } {
    const all = [...this.batches.values()].reverse();
    const placeOf = (wanted: BatchId | undefined, otherwise: number) =>
      wanted === undefined ? otherwise : all.findIndex(({ id }) => id === wanted);
    const start = placeOf(after, -1);
    const end = placeOf(before, all.length);
    if ((after !== undefined && start < 0) || end < 0) return { batches: [], hasMore: false };
    const found = all
      .slice(start + 1, end)
      .filter((batch) => batch.api === api && (client === undefined || batch.client === client));
    const page = before === undefined ? found.slice(0, limit) : found.slice(-limit);
    return { batches: page, hasMore: found.length > limit };
  }

  refusals(id: BatchId): readonly RefusedLine[] {
    return [...(this.#refused.get(id) ?? [])].sort((a, b) => a.line - b.line);
  }
}
