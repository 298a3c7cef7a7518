import { createHash } from 'node:crypto';

export interface StoredBlob {
  readonly bytes: number;
  /** The beginning of the content: enough for a GGUF header. */
  readonly head: Uint8Array;
}

/** As much of an uploaded file as is kept. */
const HEAD_BYTES = 32 * 2 ** 20;

/** `sha256:` or `sha256-` and 64 hexadecimal digits. */
export function digestOf(text: string): string | undefined {
  return /^sha256[:-]([0-9a-f]{64})$/.exec(text)?.[1];
}

/** Uploaded files. */
export interface BlobStore {
  get(digest: string): StoredBlob | undefined;
  /** Reads a file to its end, keeps it when it is what `digest` says, and tells what it was. */
  receive(digest: string, content: AsyncIterable<Uint8Array>): Promise<string>;
}

/** Uploaded files, by digest. Only their beginnings are kept. */
export class MemoryBlobStore implements BlobStore {
  readonly #blobs = new Map<string, StoredBlob>();

  get(digest: string): StoredBlob | undefined {
    return this.#blobs.get(digest);
  }

  async receive(digest: string, content: AsyncIterable<Uint8Array>): Promise<string> {
    const hash = createHash('sha256');
    const head: Uint8Array[] = [];
    let bytes = 0;
    for await (const chunk of content) {
      hash.update(chunk);
      if (bytes < HEAD_BYTES) head.push(chunk);
      bytes += chunk.byteLength;
    }
    const actual = hash.digest('hex');
    if (actual === digest) this.#blobs.set(digest, { bytes, head: Buffer.concat(head) });
    return actual;
  }
}
