import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';

/** Longer than anybody holds it, unless the holder was stopped. */
const LONGEST_WAIT_MS = 30_000;

/**
 * One holder at a time among all processes that share a folder. It is SQLite's lock on an empty database, because the kernel takes that
 * back from a holder that dies, however it dies: a lock file would need a rule for when it is stale, and such rules race.
 */
export class FolderLock {
  readonly #path: string;
  #database: DatabaseSync | undefined;

  constructor(folder: string) {
    this.#path = join(folder, 'lock');
  }

  /** Runs `work` while nobody else holds the lock. Must not be nested. */
  hold<T>(work: () => T): T {
    const database = this.#open();
    database.exec('BEGIN EXCLUSIVE');
    try {
      return work();
    } finally {
      database.exec('ROLLBACK');
    }
  }

  #open(): DatabaseSync {
    if (this.#database) return this.#database;
    const database = new DatabaseSync(this.#path, { timeout: LONGEST_WAIT_MS });
    database.exec('PRAGMA journal_mode = MEMORY; PRAGMA synchronous = OFF');
    this.#database = database;
    return database;
  }
}
