/** Who uses which image: a row for each client, with how many of its jobs and messages refer to it. */
import { StoreFailedError } from '../domain/errors.ts';
import type { BlobHash } from '../domain/request.ts';
import { mediaTypeOf } from '../kinds/images.ts';
import type { ImageRow, ImageTables } from './image-tables.ts';

/** Of an image that is not one: models that hear are given sounds in its place. */
const NO_IMAGE = 'application/octet-stream';

/** A row, its entries in indexes and a page or two. */
const LEAST_ROOM = 4_096;

/** What an image takes of a quota. */
export function roomOf(bytes: number): number {
  return Math.max(bytes, LEAST_ROOM);
}

/** @param bytes needed where nobody has it yet */
export function useImage(images: ImageTables, hash: BlobHash, client: string, bytes?: Uint8Array): void {
  let row = images.find(hash, client) ?? taken(images.find(hash, null), client);
  if (!row) {
    if (!bytes) throw new StoreFailedError(`The submission names the blob ${hash} without its bytes.`);
    images.insertContent(hash, bytes);
    row = newImageRow(hash, client, bytes);
  }
  images.put({ ...row, uses: row.uses + 1, unusedSince: null });
}

/** What referred to it is gone. */
export function releaseImage(images: ImageTables, hash: BlobHash, client: string, now: number): void {
  const row = images.find(hash, client);
  if (!row) return;
  const uses = row.uses - 1;
  if (uses > 0 || row.isKept) images.put({ ...row, uses, unusedSince: uses > 0 ? null : now });
  else images.delete(hash, client);
}

/** Of a client who uses what another one has. */
function taken(row: ImageRow | null, client: string): ImageRow | null {
  return row && { ...row, client, uses: 0, isKept: false };
}

export function newImageRow(hash: BlobHash, client: string, bytes: Uint8Array): ImageRow {
  const mediaType = mediaTypeOf(bytes) ?? NO_IMAGE;
  return { hash, client, uses: 0, isKept: false, bytes: bytes.length, mediaType, unusedSince: null };
}
