/** Images as rows: contents, and who has or uses them. */
import type { StoredImage } from '../../domain/image.ts';
import type { BlobHash } from '../../domain/request.ts';
import type { ImageRow, ImageTables } from '../image-tables.ts';
import { roomOf } from '../image-uses.ts';
import type { ImageQuery } from '../operation.ts';
import { storedImage } from '../operations/images.ts';
import { LIMIT, numberAt, type Row, type Statements, textAt } from './statements.ts';

const IMAGES = 'SELECT hash, client, uses, is_kept, bytes, media_type, unused_since FROM images';

export class SqlImages implements ImageTables {
  readonly #statements: Statements;

  constructor(statements: Statements) {
    this.#statements = statements;
  }

  hasContent(hash: BlobHash): boolean {
    return this.#statements.row('SELECT 1 FROM blobs WHERE hash = ?', hash) !== undefined;
  }

  insertContent(hash: BlobHash, bytes: Uint8Array): void {
    this.#statements.run('INSERT INTO blobs VALUES (?, ?)', hash, bytes);
  }

  find(hash: BlobHash, client: string | null): ImageRow | null {
    const row =
      client === null
        ? this.#statements.row(`${IMAGES} WHERE hash = ? LIMIT 1`, hash)
        : this.#statements.row(`${IMAGES} WHERE hash = ? AND client = ?`, hash, client);
    return row ? rowOf(row) : null;
  }

  put({ hash, client, uses, isKept, bytes, mediaType, unusedSince }: ImageRow): void {
    this.#count(client, (isKept ? roomOf(bytes) : 0) - this.#roomTaken(hash, client));
    this.#statements.run(
      `INSERT INTO images VALUES (?, ?, ?, ?, ?, ?, ?)
       ON CONFLICT (hash, client) DO UPDATE SET uses = excluded.uses, is_kept = excluded.is_kept,
         bytes = excluded.bytes, media_type = excluded.media_type, unused_since = excluded.unused_since`,
      hash,
      client,
      uses,
      Number(isKept),
      bytes,
      mediaType,
      unusedSince,
    );
  }

  delete(hash: BlobHash, client: string): void {
    this.#count(client, -this.#roomTaken(hash, client));
    this.#statements.run('DELETE FROM images WHERE hash = ? AND client = ?', hash, client);
    this.#statements.run(
      'DELETE FROM blobs WHERE hash = ? AND NOT EXISTS (SELECT 1 FROM images WHERE hash = blobs.hash)',
      hash,
    );
  }

  keptBytes(client: string | null): number {
    return numberAt(this.#statements.row('SELECT bytes FROM image_sums WHERE client = ?', client ?? ALL), 0);
  }

  forgettableAt(time: number, limit: number): readonly ImageRow[] {
    return this.#statements
      .rows(`${IMAGES} WHERE unused_since <= ? ORDER BY unused_since ${LIMIT}`, time, limit)
      .map(rowOf);
  }

  #roomTaken(hash: BlobHash, client: string): number {
    const row = this.find(hash, client);
    return row?.isKept ? roomOf(row.bytes) : 0;
  }

  /** The sums change with the rows, in one transaction: to add up a million rows took a tenth of a second for each image. */
  #count(client: string, more: number): void {
    if (more === 0) return;
    for (const whose of [client, ALL]) {
      this.#statements.run(
        'INSERT INTO image_sums VALUES (?, ?) ON CONFLICT (client) DO UPDATE SET bytes = image_sums.bytes + excluded.bytes',
        whose,
        more,
      );
      this.#statements.run('DELETE FROM image_sums WHERE client = ? AND bytes = 0', whose);
    }
  }

  // What readers ask.

  stored({ hashes, client }: ImageQuery): readonly (StoredImage | null)[] {
    return hashes.map((hash) => {
      const row = hash && this.find(hash, client);
      return row ? storedImage(row) : null;
    });
  }

  content(hash: BlobHash): Uint8Array | null {
    const bytes = this.#statements.row('SELECT bytes FROM blobs WHERE hash = ?', hash)?.[0];
    return bytes instanceof Uint8Array ? bytes : null;
  }
}

/** In `image_sums`; no client has this name. */
const ALL = '';

function rowOf(row: Row): ImageRow {
  return {
    hash: textAt(row, 0) as BlobHash,
    client: textAt(row, 1),
    uses: numberAt(row, 2),
    isKept: row[3] === 1,
    bytes: numberAt(row, 4),
    mediaType: textAt(row, 5),
    unusedSince: row[6] as number | null,
  };
}
