/** The images of a submission, each kept once. */
import { createHash } from 'node:crypto';
import type { BlobHash, ImageSource } from '../domain/request.ts';
import { payloadOf } from '../kinds/images.ts';

/** The blobs of one submission, gathered while its jobs are admitted. */
export class BlobCollector {
  readonly blobs = new Map<BlobHash, Uint8Array>();

  /** The content address of an image. */
  add(image: ImageSource): BlobHash {
    const bytes = typeof image === 'string' ? Buffer.from(payloadOf(image), 'base64') : image;
    const hash = `sha256:${createHash('sha256').update(bytes).digest('hex')}` as BlobHash;
    this.blobs.set(hash, bytes);
    return hash;
  }
}
