/** Images that clients hand in by themselves, so that jobs can name them. Each is kept once by its content, and seen by who handed it in or uses it. */
import type { Id } from './ids.ts';
import type { BlobHash } from './request.ts';
import type { FileQuota } from './stored-file.ts';
import { MiB } from './units.ts';

/** Made of the content: the same image has the same id. */
export type ImageId = Id<'img'>;

/** Of one image. */
export const MOST_IMAGE_BYTES = 20 * MiB;

/** How long an image is kept that nothing refers to. */
export const UNUSED_IMAGE_MS = 60 * 60 * 1000;

export interface StoredImage {
  readonly id: ImageId;
  readonly hash: BlobHash;
  readonly bytes: number;
  /** By its bytes, such as `image/png`; `application/octet-stream` for what is none, such as a sound. */
  readonly mediaType: string;
}

export interface NewImage {
  readonly client: string;
  readonly bytes: Uint8Array;
  /** Of images that were handed in by themselves. */
  readonly quota: FileQuota;
}

export type KeepImageOutcome =
  | { readonly kind: 'kept'; readonly image: StoredImage }
  /** As many bytes are kept as may be, of the client or of all. */
  | { readonly kind: 'client-quota' | 'quota' };

export interface ImageStore {
  /** The same image of the same client again is the same one, and is kept for as long as if it were new. */
  keep(image: NewImage): Promise<KeepImageOutcome>;
  /** Same order and length as `ids`; null for those that are not there. @param client whose; null for anybody's */
  images(ids: readonly ImageId[], client: string | null): Promise<readonly (StoredImage | null)[]>;
}

/** Where a server takes images, and has each of them below. */
export const IMAGES_PATH = '/images';

export function imagePath(id: ImageId): string {
  return `${IMAGES_PATH}/${id}`;
}

const HASH = /^sha256:([0-9a-f]{64})$/;

export function imageIdOf(hash: BlobHash): ImageId {
  const digits = HASH.exec(hash)?.[1];
  if (digits === undefined) throw new TypeError(`${hash} is no content address.`);
  return `img_${Buffer.from(digits, 'hex').toString('base64url')}` as ImageId;
}

/** Undefined for a text that is no id of an image. Says nothing about whether it is there. */
export function imageHashOf(text: string): BlobHash | undefined {
  const bytes = Buffer.from(/^img_([\w-]{43})$/.exec(text)?.[1] ?? '', 'base64url');
  const hash = `sha256:${bytes.toString('hex')}` as BlobHash;
  return bytes.length === 32 && imageIdOf(hash) === text ? hash : undefined;
}
