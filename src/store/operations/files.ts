/** Files that come in chunks. */
import type { FileId } from '../../domain/ids.ts';
import type { AppendOutcome, FinishedFile, NewFile, StoredFile } from '../../domain/stored-file.ts';
import type { FileRow } from '../file-tables.ts';
import type { EncodedChunk } from '../operation.ts';
import type { QueueWriter } from '../queue-writer.ts';

export function beginFile(writer: QueueWriter, file: NewFile): null {
  writer.tables.files.insert({
    ...file,
    createdAt: writer.now,
    expiresAt: null,
    bytes: 0,
    source: null,
    isReady: false,
  });
  return null;
}

export function appendFile(
  writer: QueueWriter,
  { id, place, hash, bytes, quota }: EncodedChunk,
): AppendOutcome {
  const { files } = writer.tables;
  const file = files.byId(id);
  if (!file || file.isReady) return 'unknown-file';
  if (files.hasChunk(id, place)) return 'appended';
  if (files.bytes(file.client) + bytes.length > quota.ofClient) return 'client-quota';
  if (files.bytes(null) + bytes.length > quota.ofAll) return 'quota';
  files.putChunk(id, place, { hash, bytes });
  files.update(id, { bytes: file.bytes + bytes.length });
  return 'appended';
}

export function finishFile(writer: QueueWriter, { id, lifeMs }: FinishedFile): StoredFile | null {
  const { files } = writer.tables;
  const file = files.byId(id);
  if (!file) return null;
  const expiresAt = lifeMs === null ? null : writer.now + Math.ceil(lifeMs);
  files.update(id, { isReady: true, expiresAt });
  return storedFile({ ...file, expiresAt });
}

export function deleteFile(writer: QueueWriter, id: FileId): boolean {
  const { files } = writer.tables;
  if (!files.byId(id)) return false;
  files.delete(id);
  return true;
}

export function storedFile({ isReady: _, ...file }: FileRow): StoredFile {
  return file;
}
