import { createHash } from 'node:crypto';
import {
  closeSync,
  createWriteStream,
  existsSync,
  ftruncateSync,
  mkdirSync,
  openSync,
  readFileSync,
  readSync,
  renameSync,
  rmSync,
  statSync,
  writeSync,
} from 'node:fs';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import type { BlobStore, StoredBlob } from '../core/blob-store.ts';
import { sha256 } from '../core/catalog.ts';
import { type GgufHeader, readGguf } from '../core/gguf.ts';

/** A header is read in growing pieces: most are short, one with a large vocabulary is not. */
const FIRST_PIECE_BYTES = 64 * 1_024;
const LARGEST_HEADER_BYTES = 64 * 1_024 * 1_024;

/** The layers of a model folder: `blobs/sha256-<digest>`. */
export class BlobFolder implements BlobStore {
  readonly path: string;
  readonly #headers = new Map<string, { readonly version: string; readonly header: GgufHeader }>();

  constructor(modelFolder: string) {
    this.path = join(modelFolder, 'blobs');
  }

  pathOf(digest: string): string {
    return join(this.path, `sha256-${digest}`);
  }

  has(digest: string): boolean {
    return existsSync(this.pathOf(digest));
  }

  /** @throws ENOENT */
  size(digest: string): number {
    return statSync(this.pathOf(digest)).size;
  }

  get(digest: string): StoredBlob | undefined {
    if (!this.has(digest)) return undefined;
    const bytes = this.size(digest);
    return { bytes, head: this.#head(digest, Math.min(bytes, LARGEST_HEADER_BYTES)) };
  }

  /** @throws ENOENT */
  text(digest: string): string {
    return readFileSync(this.pathOf(digest), 'utf8');
  }

  /** Stores a layer and tells its digest. */
  store(content: string): string {
    const digest = sha256(content);
    if (!this.has(digest)) this.#write(digest, (file) => writeSync(file, content));
    return digest;
  }

  /** A file that begins with `head` and is empty space up to its size: it takes no room. */
  storeSparse(digest: string, head: Uint8Array, bytes: number): void {
    if (this.has(digest)) return;
    this.#write(digest, (file) => {
      writeSync(file, head);
      ftruncateSync(file, Math.max(bytes, head.byteLength));
    });
  }

  remove(digest: string): void {
    rmSync(this.pathOf(digest), { force: true });
  }

  /** What the header of a weights file says; read once for each state of the file. @throws Error when it is none. */
  header(digest: string): GgufHeader {
    const { size, mtimeMs, ino } = statSync(this.pathOf(digest));
    const version = `${size} ${mtimeMs} ${ino}`;
    const known = this.#headers.get(digest);
    if (known?.version === version) return known.header;
    const header = this.#readHeader(digest, size);
    this.#headers.set(digest, { version, header });
    return header;
  }

  #readHeader(digest: string, size: number): GgufHeader {
    for (let bytes = FIRST_PIECE_BYTES; ; bytes *= 8) {
      try {
        return readGguf(this.#head(digest, Math.min(bytes, size)));
      } catch (error) {
        if (!(error instanceof RangeError) || bytes >= size || bytes >= LARGEST_HEADER_BYTES) throw error;
      }
    }
  }

  #head(digest: string, bytes: number): Uint8Array {
    const file = openSync(this.pathOf(digest), 'r');
    try {
      const buffer = Buffer.alloc(bytes);
      const read = readSync(file, buffer, 0, bytes, 0);
      return buffer.subarray(0, read);
    } finally {
      closeSync(file);
    }
  }

  async receive(digest: string, content: AsyncIterable<Uint8Array>): Promise<string> {
    mkdirSync(this.path, { recursive: true });
    const draft = `${this.pathOf(digest)}-upload-${process.pid}`;
    const hash = createHash('sha256');
    try {
      await pipeline(
        content,
        async function* (chunks: AsyncIterable<Uint8Array>) {
          for await (const chunk of chunks) {
            hash.update(chunk);
            yield chunk;
          }
        },
        createWriteStream(draft),
      );
      const actual = hash.digest('hex');
      if (actual === digest) renameSync(draft, this.pathOf(digest));
      return actual;
    } finally {
      rmSync(draft, { force: true });
    }
  }

  #write(digest: string, write: (file: number) => void): void {
    mkdirSync(this.path, { recursive: true });
    const draft = `${this.pathOf(digest)}-partial-${process.pid}`;
    const file = openSync(draft, 'w');
    try {
      write(file);
    } finally {
      closeSync(file);
    }
    renameSync(draft, this.pathOf(digest));
  }
}
