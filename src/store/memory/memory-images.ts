/** Images in memory. */
import type { StoredImage } from '../../domain/image.ts';
import type { BlobHash } from '../../domain/request.ts';
import type { ImageRow, ImageTables } from '../image-tables.ts';
import { roomOf } from '../image-uses.ts';
import type { ImageQuery } from '../operation.ts';
import { storedImage } from '../operations/images.ts';

export class MemoryImages implements ImageTables {
  readonly #contents = new Map<BlobHash, Uint8Array>();
  /** By hash, then by client. */
  readonly #rows = new Map<BlobHash, Map<string, ImageRow>>();

  hasContent(hash: BlobHash): boolean {
    return this.#contents.has(hash);
  }

  insertContent(hash: BlobHash, bytes: Uint8Array): void {
    this.#contents.set(hash, bytes);
  }

  find(hash: BlobHash, client: string | null): ImageRow | null {
    const rows = this.#rows.get(hash);
    const row = client === null ? rows?.values().next().value : rows?.get(client);
    return row ?? null;
  }

  put(row: ImageRow): void {
    const rows = this.#rows.get(row.hash) ?? new Map<string, ImageRow>();
    this.#rows.set(row.hash, rows.set(row.client, row));
  }

  delete(hash: BlobHash, client: string): void {
    const rows = this.#rows.get(hash);
    rows?.delete(client);
    if (rows && rows.size > 0) return;
    this.#rows.delete(hash);
    this.#contents.delete(hash);
  }

  keptBytes(client: string | null): number {
    return this.#all()
      .filter((row) => row.isKept && (client === null || row.client === client))
      .reduce((sum, { bytes }) => sum + roomOf(bytes), 0);
  }

  forgettableAt(time: number, limit: number): readonly ImageRow[] {
    return this.#all()
      .filter(({ unusedSince }) => unusedSince !== null && unusedSince <= time)
      .sort((a, b) => (a.unusedSince ?? 0) - (b.unusedSince ?? 0))
      .slice(0, limit);
  }

  stored({ hashes, client }: ImageQuery): readonly (StoredImage | null)[] {
    return hashes.map((hash) => {
      const row = hash && this.find(hash, client);
      return row ? storedImage(row) : null;
    });
  }

  content(hash: BlobHash): Uint8Array | null {
    return this.#contents.get(hash)?.slice() ?? null;
  }

  /** Takes back uses by a job that came not to be. */
  undoUse(hash: BlobHash, client: string): void {
    const row = this.find(hash, client);
    if (!row) return;
    if (row.uses > 1 || row.isKept) this.put({ ...row, uses: row.uses - 1 });
    else this.delete(hash, client);
  }

  #all(): readonly ImageRow[] {
    return [...this.#rows.values()].flatMap((rows) => [...rows.values()]);
  }
}
