/** The caller's side of images. */
import { webcrypto } from 'node:crypto';
import {
  type ImageId,
  type ImageStore,
  imageHashOf,
  type KeepImageOutcome,
  type NewImage,
  type StoredImage,
} from '../domain/image.ts';
import type { BlobHash } from '../domain/request.ts';
import { unicode } from './encode.ts';
import type { Calls } from './file-room.ts';

export class ImageRoom implements ImageStore {
  readonly #calls: Calls;

  constructor(calls: Calls) {
    this.#calls = calls;
  }

  async keep(image: NewImage): Promise<KeepImageOutcome> {
    // Bytes of their own: a view would take all that it is a view of along to the other thread.
    const bytes = new Uint8Array(image.bytes);
    const digest = Buffer.from(await webcrypto.subtle.digest('SHA-256', bytes)).toString('hex');
    const hash = `sha256:${digest}` as BlobHash;
    return this.#calls.write('keepImage', { ...image, client: unicode(image.client), bytes, hash });
  }

  async images(ids: readonly ImageId[], client: string | null): Promise<readonly (StoredImage | null)[]> {
    const hashes = ids.map((id) => imageHashOf(id) ?? null);
    return this.#calls.read('images', { hashes, client: client === null ? null : unicode(client) });
  }
}
