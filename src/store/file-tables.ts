/** The rows of files and of batches of requests that the operations work on. As with all tables, nothing waits half-way. */
import type { BatchId, FileId } from '../domain/ids.ts';
import type { RefusedLine, RequestBatch } from '../domain/request-batch.ts';
import type { StoredFile } from '../domain/stored-file.ts';

export interface FileRow extends StoredFile {
  /** False until it is finished. */
  readonly isReady: boolean;
}

export interface FileTables {
  byId(id: FileId): FileRow | null;
  insert(file: FileRow): void;
  update(id: FileId, change: Partial<Pick<FileRow, 'bytes' | 'isReady' | 'expiresAt'>>): void;
  /** With its chunks, but for those that another file has as well. */
  delete(id: FileId): void;
  hasChunk(id: FileId, place: number): boolean;
  putChunk(id: FileId, place: number, chunk: HashedBytes): void;
  /** `to` gets the chunks of `from`. */
  shareChunks(from: FileId, to: FileId): void;
  /** As they were handed in, of a client or of all. What comes out of batches is not among them. */
  bytes(client: string | null): number;
  /** Files whose time is over at `now`, and those of clients that were made at `oldest` or before. */
  deletableAt(now: number, oldest: number, limit: number): readonly FileId[];
  unfinished(): readonly FileId[];
  /** What came out of a batch. */
  outputOf(batch: BatchId): readonly FileId[];
}

export interface HashedBytes {
  /** Hex digits of SHA-256. */
  readonly hash: string;
  readonly bytes: Uint8Array;
}

export interface RequestBatchTables {
  byId(id: BatchId): RequestBatch | null;
  insert(batch: RequestBatch): void;
  update(batch: RequestBatch): void;
  /** With its refused lines. */
  delete(id: BatchId): void;
  refuse(id: BatchId, line: RefusedLine): void;
  /** Those that ended at `time` or before, and whose jobs are all forgotten. */
  forgettableAt(time: number, limit: number): readonly RequestBatch[];
}
