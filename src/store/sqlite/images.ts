/** Images as rows: contents, and who has or uses them. */
import type { StoredImage } from '../../domain/image.ts';
import type { BlobHash } from '../../domain/request.ts';
import type { ImageRow, ImageTables } from '../image-tables.ts';
import type { ImageQuery } from '../operation.ts';
import { storedImage } from '../operations/images.ts';
import { LIMIT, numberAt, type Row, type Statements, textAt } from './statements.ts';

const IMAGES = 'SELECT hash, client, uses, is_kept, bytes, media_type, unused_since FROM images';

export class SqliteImages implements ImageTables {
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
    this.#statements.run(
      'INSERT OR REPLACE INTO images VALUES (?, ?, ?, ?, ?, ?, ?)',
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
    this.#statements.run('DELETE FROM images WHERE hash = ? AND client = ?', hash, client);
    this.#statements.run(
      'DELETE FROM blobs WHERE hash = ? AND NOT EXISTS (SELECT 1 FROM images WHERE hash = blobs.hash)',
      hash,
    );
  }

  keptBytes(client: string | null): number {
    const kept = 'SELECT total(bytes) FROM images WHERE is_kept = 1';
    return client === null
      ? numberAt(this.#statements.row(kept), 0)
      : numberAt(this.#statements.row(`${kept} AND client = ?`, client), 0);
  }

  forgettableAt(time: number, limit: number): readonly ImageRow[] {
    return this.#statements
      .rows(`${IMAGES} WHERE unused_since <= ? ORDER BY unused_since ${LIMIT}`, time, limit)
      .map(rowOf);
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
