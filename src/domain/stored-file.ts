/**
 * Files that clients hand in, for batches of requests, and read back. They come and are read in chunks, each kept by its content, so that no
 * file is ever whole in memory and the same content is kept once.
 */
import type { BatchId, FileId } from './ids.ts';

/** Of every chunk of a file but the last. */
export const FILE_CHUNK_BYTES = 1_048_576;

export type FilePurpose =
  /** Requests that a client uploaded. */
  | 'BATCH'
  /** What came out of a batch. It has no chunks: whoever reads it makes its lines from the jobs. */
  | 'BATCH_OUTPUT'
  /** The requests of a batch, which are its own. No client sees it. */
  | 'BATCH_INPUT';

/** The lines of a batch's requests that were answered, or those that were not. */
export type OutputPart = 'ANSWERS' | 'ERRORS';

export interface StoredFile {
  readonly id: FileId;
  readonly client: string;
  readonly purpose: FilePurpose;
  readonly name: string;
  /** Epoch milliseconds. */
  readonly createdAt: number;
  /** When it is deleted, if it is not before. Null: with what it belongs to, or after the time for which finished jobs are kept. */
  readonly expiresAt: number | null;
  readonly bytes: number;
  /** Of a BATCH_OUTPUT. */
  readonly source: { readonly batchId: BatchId; readonly part: OutputPart } | null;
}

export interface NewFile {
  readonly id: FileId;
  readonly client: string;
  readonly purpose: 'BATCH' | 'BATCH_INPUT';
  readonly name: string;
}

/** Said at the end of an upload, in which what belongs to a file may come after it. */
export interface FinishedFile {
  readonly id: FileId;
  /** Null: see `StoredFile.expiresAt`. */
  readonly lifeMs: number | null;
}

/** The most bytes of files that are kept, counted as they were handed in. */
export interface FileQuota {
  readonly ofClient: number;
  readonly ofAll: number;
}

export interface FileChunk {
  readonly id: FileId;
  /** From 0, one after the other. The same place again is the same chunk, and adds nothing. */
  readonly place: number;
  readonly bytes: Uint8Array;
  readonly quota: FileQuota;
}

export type AppendOutcome = 'appended' | 'unknown-file' | 'client-quota' | 'quota';

export interface FileQuery {
  /** Those of this client alone. */
  readonly client?: string;
  /** Absent: all but BATCH_INPUT. */
  readonly purpose?: FilePurpose;
  /** By when they were made. */
  readonly direction: 'ASC' | 'DESC';
  /** Exclusive; nothing comes after a file that is not there. */
  readonly after?: FileId;
  /** At most 1,000. */
  readonly limit: number;
}

export interface FilePage {
  readonly files: readonly StoredFile[];
  readonly hasMore: boolean;
}

/** A file is there for others when it is finished. What was begun by a server that is gone is deleted by `Store.recover`. */
export interface FileStore {
  begin(file: NewFile): Promise<void>;
  append(chunk: FileChunk): Promise<AppendOutcome>;
  /** Null when it is not there. */
  finish(file: FinishedFile): Promise<StoredFile | null>;
  /** Also of a file that was only begun. False when it is not there. Batches that were made of it keep their requests. */
  delete(id: FileId): Promise<boolean>;
  file(id: FileId): Promise<StoredFile | null>;
  list(query: FileQuery): Promise<FilePage>;
  /** Null past the end, and of a file that is not there. */
  chunk(id: FileId, place: number): Promise<Uint8Array | null>;
}
