/**
 * One server at a time works on a data directory. The lock is a database of its own, held in an exclusive transaction for life:
 * the operating system drops it with the process, however that ends. (An exclusive main database would lock its own readers out.)
 */
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { DataDirectoryInUseError, StoreUnusableError } from '../../domain/errors.ts';
import { sqliteCode } from '../threads/failures.ts';

const SQLITE_BUSY = 5;

export interface OwnerLock {
  release(): void;
}

/** @throws DataDirectoryInUseError when another server holds it. */
export function takeOwnerLock(dataDir: string): OwnerLock {
  const path = join(dataDir, 'owner.db');
  const database = new DatabaseSync(path);
  try {
    database.exec('BEGIN EXCLUSIVE');
  } catch (error) {
    database.close();
    if (sqliteCode(error) === SQLITE_BUSY) {
      throw new DataDirectoryInUseError(
        `Another vramkeeper is running with the data directory ${dataDir}. ` +
          'Stop it first, or give this one a directory of its own (--data-dir).',
        { cause: error },
      );
    }
    throw new StoreUnusableError(`${path} cannot be locked. Delete this file and start again.`, {
      cause: error,
    });
  }
  return { release: () => database.close() };
}
