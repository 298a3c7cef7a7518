/** The images of a submission, each kept once. */
import { createHash } from 'node:crypto';
import { type InputIssue, InvalidInputError } from '../domain/errors.ts';
import { imageIdOf } from '../domain/image.ts';
import type { BlobHash, ImageSource } from '../domain/request.ts';
import type { Submission } from '../domain/store.ts';
import { payloadOf } from '../kinds/images.ts';
import { blobsOf } from '../kinds/kinds.ts';

/** The blobs of one submission, gathered while its jobs are admitted. */
export class BlobCollector {
  readonly blobs = new Map<BlobHash, Uint8Array>();

  /** The content address of an image. One that is only named has to be in the store already. */
  add(image: ImageSource): BlobHash {
    if (isReference(image)) return image.stored;
    const bytes = typeof image === 'string' ? Buffer.from(payloadOf(image), 'base64') : image;
    const hash = `sha256:${createHash('sha256').update(bytes).digest('hex')}` as BlobHash;
    this.blobs.set(hash, bytes);
    return hash;
  }
}

function isReference(image: ImageSource): image is Extract<ImageSource, { readonly stored: BlobHash }> {
  return typeof image === 'object' && 'stored' in image;
}

/** Says of each job which images it names that are not there, for its client. */
export function unknownImages(
  { batch, jobs }: Pick<Submission, 'batch' | 'jobs'>,
  hashes: readonly BlobHash[],
): InvalidInputError {
  const unknown = new Set(hashes);
  const issues = jobs.flatMap(({ request }, index): readonly InputIssue[] =>
    blobsOf(request)
      .filter((hash) => unknown.has(hash))
      .map((hash) => ({
        path: batch ? ['jobs', String(index), 'request'] : ['request'],
        message: `names the image ${imageIdOf(hash)}, which is not there. Hand it in with storeImage first: an image is forgotten an hour after nothing refers to it any more.`,
      })),
  );
  return new InvalidInputError(issues);
}
