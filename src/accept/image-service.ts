/** The door through which images come in by themselves, and go out: to who handed them in, and to those whose jobs use them. */
import { InvalidInputError, VramkeeperError } from '../domain/errors.ts';
import { type ImageId, imageHashOf, MOST_IMAGE_BYTES, type StoredImage } from '../domain/image.ts';
import { onlyClient, type Principal } from '../domain/principal.ts';
import type { Store } from '../domain/store.ts';
import type { FileQuota } from '../domain/stored-file.ts';
import { MiB } from '../domain/units.ts';
import { imageProblem, mediaTypeOf, NO_IMAGE, payloadOf } from '../kinds/images.ts';

/** As many bytes of images are kept as may be. */
export class ImageQuotaError extends VramkeeperError {
  readonly code = 'IMAGE_QUOTA_EXCEEDED';
  readonly limitBytes: number;

  constructor(limitBytes: number, whose: string) {
    super(
      `${whose} hold their limit of ${limitBytes} bytes. Images are forgotten an hour after the last job or chat that uses them; raise imageBytes and imageBytesPerClient for more.`,
    );
    this.limitBytes = limitBytes;
  }
}

export interface ImageServiceDependencies {
  readonly store: Pick<Store, 'images' | 'blob'>;
  readonly quota: FileQuota;
}

export class ImageService {
  readonly #store: ImageServiceDependencies['store'];
  readonly #quota: FileQuota;

  constructor({ store, quota }: ImageServiceDependencies) {
    this.#store = store;
    this.#quota = quota;
  }

  /**
   * @param image its bytes, or base64 text of them
   * @throws InvalidInputError, ImageQuotaError
   */
  async keep({ client }: Principal, image: string | Uint8Array): Promise<StoredImage> {
    const problem = typeof image === 'string' ? imageProblem(image) : problemOf(image);
    if (problem !== null) throw refused(problem);
    const bytes = typeof image === 'string' ? Buffer.from(payloadOf(image), 'base64') : image;
    if (bytes.length > MOST_IMAGE_BYTES)
      throw refused(`has ${bytes.length} bytes: at most ${MOST_IMAGE_BYTES / MiB} MiB. Make it smaller.`);
    const outcome = await this.#store.images.keep({ client, bytes, quota: this.#quota });
    switch (outcome.kind) {
      case 'kept':
        return outcome.image;
      case 'client-quota':
        throw new ImageQuotaError(this.#quota.ofClient, `The images of ${client}`);
      case 'quota':
        throw new ImageQuotaError(this.#quota.ofAll, 'The images of all clients');
      default:
        return outcome satisfies never;
    }
  }

  /** Null for a text that is no id, and for what is not there for this caller. */
  async find(principal: Principal, id: string): Promise<StoredImage | null> {
    if (!imageHashOf(id)) return null;
    const [image] = await this.#store.images.images([id as ImageId], onlyClient(principal));
    return image ?? null;
  }

  /** Null where it was forgotten meanwhile. */
  bytesOf({ hash }: StoredImage): Promise<Uint8Array | null> {
    return this.#store.blob(hash);
  }
}

function problemOf(bytes: Uint8Array): string | null {
  if (bytes.length === 0) return 'is empty.';
  return mediaTypeOf(bytes) === null ? NO_IMAGE : null;
}

function refused(message: string): InvalidInputError {
  return new InvalidInputError([{ path: ['base64'], message }]);
}
