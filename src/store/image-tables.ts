/** The rows of images that the operations work on: contents, and who has or uses them. */
import type { StoredImage } from '../domain/image.ts';
import type { BlobHash } from '../domain/request.ts';

/** An image as one client has it. */
export interface ImageRow extends Pick<StoredImage, 'hash' | 'bytes' | 'mediaType'> {
  readonly client: string;
  /** How many of the client's jobs and messages refer to it. */
  readonly uses: number;
  /** Whether it was handed in by itself, so that it is kept for a while without a use. */
  readonly isKept: boolean;
  /** Since when nothing refers to it; null while something does. */
  readonly unusedSince: number | null;
}

export interface ImageTables {
  hasContent(hash: BlobHash): boolean;
  insertContent(hash: BlobHash, bytes: Uint8Array): void;
  /** @param client null: of anybody who has it */
  find(hash: BlobHash, client: string | null): ImageRow | null;
  /** In place of the one of the same client, if it has the image already. */
  put(row: ImageRow): void;
  /** With the content, unless somebody else has it as well. */
  delete(hash: BlobHash, client: string): void;
  /** What the images take that were handed in by themselves, by a client or by all: see `roomOf`. */
  keptBytes(client: string | null): number;
  /** Images that nothing has referred to since `time` or before, the longest unused first. */
  forgettableAt(time: number, limit: number): readonly ImageRow[];
}
