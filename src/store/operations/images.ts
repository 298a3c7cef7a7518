/** Images: handed in, named by jobs, forgotten when nothing refers to them. */
import { imageIdOf, type KeepImageOutcome, type StoredImage } from '../../domain/image.ts';
import type { BlobHash } from '../../domain/request.ts';
import type { ImageRow } from '../image-tables.ts';
import { newImageRow, roomOf } from '../image-uses.ts';
import type { EncodedImage, EncodedSubmission } from '../operation.ts';
import type { QueueWriter } from '../queue-writer.ts';

export function keepImage(
  writer: QueueWriter,
  { hash, client, bytes, quota }: EncodedImage,
): KeepImageOutcome {
  const { images } = writer.tables;
  const known = images.find(hash, client);
  if (!known?.isKept) {
    const room = roomOf(bytes.length);
    if (images.keptBytes(client) + room > quota.ofClient) return { kind: 'client-quota' };
    if (images.keptBytes(null) + room > quota.ofAll) return { kind: 'quota' };
  }
  if (!images.hasContent(hash)) images.insertContent(hash, bytes);
  const row = known ?? newImageRow(hash, client, bytes);
  images.put({ ...row, isKept: true, unusedSince: row.uses > 0 ? null : writer.now });
  return { kind: 'kept', image: storedImage(row) };
}

/** Of the images that are named without their bytes, those that are not there. */
export function missingImages(
  writer: QueueWriter,
  { jobs, blobs, imagesOf }: Pick<EncodedSubmission, 'jobs' | 'blobs' | 'imagesOf'>,
): readonly BlobHash[] {
  const named = new Set(jobs.flatMap((job) => job.blobs).filter((hash) => !blobs.has(hash)));
  return [...named].filter((hash) => !writer.tables.images.find(hash, imagesOf ?? null));
}

/** @returns how many were forgotten */
export function forgetUnusedImages(writer: QueueWriter, before: number, limit: number): number {
  const { images } = writer.tables;
  const unused = images.forgettableAt(before, limit);
  for (const { hash, client } of unused) images.delete(hash, client);
  return unused.length;
}

export function storedImage({ hash, bytes, mediaType }: ImageRow): StoredImage {
  return { id: imageIdOf(hash), hash, bytes, mediaType };
}
