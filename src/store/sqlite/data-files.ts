/** SQLite goes on in files that were deleted: all goes well, and all is gone with the process. So each commit looks whether they are there. */
import { type BigIntStats, statSync } from 'node:fs';
import { join } from 'node:path';
import { StoreUnwritableError } from '../../domain/errors.ts';
import { DATABASE_FILE } from './open-database.ts';

export class DataFiles {
  readonly #dataDir: string;
  readonly #known: ReadonlyMap<string, BigIntStats | undefined>;

  /** When the database is open and was written to, so that its log is there too. */
  constructor(dataDir: string) {
    this.#dataDir = dataDir;
    const paths = [DATABASE_FILE, `${DATABASE_FILE}-wal`].map((name) => join(dataDir, name));
    this.#known = new Map(paths.map((path) => [path, lookAt(path)]));
  }

  /** @throws StoreUnwritableError when they are not the ones that were opened */
  check(): void {
    for (const [path, known] of this.#known) {
      if (!known) continue;
      const found = lookAt(path);
      if (found?.ino === known.ino && found.dev === known.dev) continue;
      throw new StoreUnwritableError(
        `${path} was deleted or replaced while the server works on it, so nothing can be stored in ${this.#dataDir} any more. ` +
          'Stop the server, restore the directory or let it start with an empty one, and start it again.',
      );
    }
  }
}

function lookAt(path: string): BigIntStats | undefined {
  return statSync(path, { throwIfNoEntry: false, bigint: true });
}
