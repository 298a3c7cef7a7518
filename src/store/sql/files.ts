/** Files of clients as rows. */
import type { BatchId, FileId } from '../../domain/ids.ts';
import type { FilePage, FilePurpose, FileQuery, OutputPart, StoredFile } from '../../domain/stored-file.ts';
import type { FileRow, FileTables, HashedBytes } from '../file-tables.ts';
import { storedFile } from '../operations/files.ts';
import { LIMIT, numberAt, type Row, type SqlValue, type Statements, textAt } from './statements.ts';

const FILES =
  'SELECT id, client, purpose, name, created_at, expires_at, bytes, is_ready, batch, part FROM files';
const COLUMN = { bytes: 'bytes', isReady: 'is_ready', expiresAt: 'expires_at' } as const;

export class SqlFiles implements FileTables {
  readonly #statements: Statements;

  constructor(statements: Statements) {
    this.#statements = statements;
  }

  byId(id: FileId): FileRow | null {
    const row = this.#statements.row(`${FILES} WHERE id = ?`, id);
    return row ? fileOf(row) : null;
  }

  insert(file: FileRow): void {
    this.#statements.run(
      `INSERT INTO files (id, client, purpose, name, created_at, expires_at, bytes, is_ready, batch, part)
       VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
      file.id,
      file.client,
      file.purpose,
      file.name,
      file.createdAt,
      file.expiresAt,
      file.bytes,
      Number(file.isReady),
      file.source?.batchId ?? null,
      file.source?.part ?? null,
    );
  }

  update(id: FileId, change: Partial<Pick<FileRow, 'bytes' | 'isReady' | 'expiresAt'>>): void {
    for (const [key, value] of Object.entries(change)) {
      this.#statements.run(
        `UPDATE files SET ${COLUMN[key as keyof typeof COLUMN]} = ? WHERE id = ?`,
        typeof value === 'boolean' ? Number(value) : value,
        id,
      );
    }
  }

  delete(id: FileId): void {
    const sequence = this.#sequence(id);
    if (sequence === null) return;
    const hashes = this.#statements.rows('SELECT DISTINCT hash FROM file_chunks WHERE file = ?', sequence);
    this.#statements.run('DELETE FROM file_chunks WHERE file = ?', sequence);
    for (const row of hashes) {
      this.#statements.run(
        'DELETE FROM chunks WHERE hash = ? AND NOT EXISTS (SELECT 1 FROM file_chunks WHERE hash = chunks.hash)',
        textAt(row, 0),
      );
    }
    this.#statements.run('DELETE FROM files WHERE sequence = ?', sequence);
  }

  hasChunk(id: FileId, place: number): boolean {
    return (
      this.#statements.row(
        'SELECT 1 FROM file_chunks WHERE file = ? AND place = ?',
        this.#sequence(id),
        place,
      ) !== undefined
    );
  }

  putChunk(id: FileId, place: number, { hash, bytes }: HashedBytes): void {
    this.#statements.run('INSERT INTO chunks VALUES (?, ?) ON CONFLICT DO NOTHING', hash, bytes);
    this.#statements.run('INSERT INTO file_chunks VALUES (?, ?, ?)', this.#sequence(id), place, hash);
  }

  shareChunks(from: FileId, to: FileId): void {
    this.#statements.run(
      'INSERT INTO file_chunks SELECT CAST(? AS BIGINT), place, hash FROM file_chunks WHERE file = ?',
      this.#sequence(to),
      this.#sequence(from),
    );
  }

  bytes(client: string | null): number {
    const counted = `SELECT coalesce(sum(bytes), 0) FROM files WHERE purpose IN ('BATCH', 'BATCH_INPUT')`;
    return client === null
      ? numberAt(this.#statements.row(counted), 0)
      : numberAt(this.#statements.row(`${counted} AND client = ?`, client), 0);
  }

  deletableAt(now: number, oldest: number, limit: number): readonly FileId[] {
    const rows = this.#statements.rows(
      `SELECT id FROM files WHERE expires_at <= ?
       UNION SELECT id FROM files WHERE purpose = 'BATCH' AND created_at <= ? ${LIMIT}`,
      now,
      oldest,
      limit,
    );
    return rows.map((row) => textAt(row, 0) as FileId);
  }

  unfinished(): readonly FileId[] {
    return this.#statements
      .rows('SELECT id FROM files WHERE is_ready = 0')
      .map((row) => textAt(row, 0) as FileId);
  }

  outputOf(batch: BatchId): readonly FileId[] {
    return this.#statements
      .rows('SELECT id FROM files WHERE batch = ?', batch)
      .map((row) => textAt(row, 0) as FileId);
  }

  // What readers ask.

  ready(id: FileId): StoredFile | null {
    const file = this.byId(id);
    return file?.isReady ? storedFile(file) : null;
  }

  list({ client, purpose, direction, after, limit }: FileQuery): FilePage {
    const start = after === undefined ? null : this.#sequence(after);
    if (after !== undefined && start === null) return { files: [], hasMore: false };
    const terms = ['is_ready = 1', purpose === undefined ? `purpose <> 'BATCH_INPUT'` : 'purpose = ?'];
    const values: SqlValue[] = purpose === undefined ? [] : [purpose];
    if (client !== undefined) {
      terms.push('client = ?');
      values.push(client);
    }
    if (start !== null) {
      terms.push(`sequence ${direction === 'ASC' ? '>' : '<'} ?`);
      values.push(start);
    }
    const rows = this.#statements.rows(
      `${FILES} WHERE ${terms.join(' AND ')} ORDER BY sequence ${direction} ${LIMIT}`,
      ...values,
      limit + 1,
    );
    return {
      files: rows.slice(0, limit).map((row) => storedFile(fileOf(row))),
      hasMore: rows.length > limit,
    };
  }

  chunk(id: FileId, place: number): Uint8Array | null {
    const row = this.#statements.row(
      `SELECT chunks.bytes FROM files JOIN file_chunks ON file = sequence JOIN chunks USING (hash)
       WHERE id = ? AND place = ?`,
      id,
      place,
    );
    return row?.[0] instanceof Uint8Array ? row[0] : null;
  }

  #sequence(id: FileId): number | null {
    const row = this.#statements.row('SELECT sequence FROM files WHERE id = ?', id);
    return row ? numberAt(row, 0) : null;
  }
}

function fileOf(row: Row): FileRow {
  return {
    id: textAt(row, 0) as FileId,
    client: textAt(row, 1),
    purpose: textAt(row, 2) as FilePurpose,
    name: textAt(row, 3),
    createdAt: numberAt(row, 4),
    expiresAt: row[5] as number | null,
    bytes: numberAt(row, 6),
    isReady: row[7] === 1,
    source:
      row[8] === null ? null : { batchId: textAt(row, 8) as BatchId, part: textAt(row, 9) as OutputPart },
  };
}
