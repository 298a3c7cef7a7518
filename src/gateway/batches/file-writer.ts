/** Writes a file chunk by chunk, and knows what is wrong when there is no room for it. */
import type { FileId } from '../../domain/ids.ts';
import { FILE_CHUNK_BYTES, type FileQuota, type FileStore } from '../../domain/stored-file.ts';
import { type Problem, ProblemError, refused } from '../shared/problem.ts';

export class FileWriter {
  readonly #files: Pick<FileStore, 'append'>;
  readonly #id: FileId;
  readonly #quota: FileQuota;
  #held: Uint8Array[] = [];
  #heldBytes = 0;
  #place = 0;

  constructor(files: Pick<FileStore, 'append'>, id: FileId, quota: FileQuota) {
    this.#files = files;
    this.#id = id;
    this.#quota = quota;
  }

  /** @throws ProblemError when there is no room */
  async write(bytes: Uint8Array): Promise<void> {
    for (let at = 0; at < bytes.length; ) {
      const part = bytes.subarray(at, at + FILE_CHUNK_BYTES - this.#heldBytes);
      this.#held.push(part);
      this.#heldBytes += part.length;
      at += part.length;
      if (this.#heldBytes === FILE_CHUNK_BYTES) await this.end();
    }
  }

  /** Writes what is held. @throws as `write` */
  async end(): Promise<void> {
    if (this.#heldBytes === 0) return;
    const bytes = Buffer.concat(this.#held);
    this.#held = [];
    this.#heldBytes = 0;
    const outcome = await this.#files.append({
      id: this.#id,
      place: this.#place,
      bytes,
      quota: this.#quota,
    });
    this.#place += 1;
    if (outcome !== 'appended') throw new ProblemError(this.#problem(outcome));
  }

  #problem(outcome: 'unknown-file' | 'client-quota' | 'quota'): Problem {
    const { ofAll, ofClient } = this.#quota;
    switch (outcome) {
      case 'unknown-file':
        return refused(409, 'FILE_GONE', 'The file was deleted while it was uploaded.');
      case 'client-quota':
        return refused(
          413,
          'FILE_QUOTA',
          `Your files would have more than ${ofClient} bytes. Delete some, or raise fileBytesPerClient.`,
        );
      case 'quota':
        return refused(
          413,
          'FILE_QUOTA',
          `All files together would have more than ${ofAll} bytes. Delete some, or raise fileBytes.`,
        );
      default:
        return outcome satisfies never;
    }
  }
}
