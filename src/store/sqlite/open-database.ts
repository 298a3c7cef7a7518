/** Opens the database file for its one writer: created with care, checked, and brought up to date. */
import { closeSync, existsSync, fsyncSync, mkdirSync, openSync, statSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { messageOf, StoreUnusableError, VramkeeperError } from '../../domain/errors.ts';
import { migrate } from './migrations.ts';

export const DATABASE_FILE = 'vramkeeper.db';

/** Creates the directory, and empty files that nobody else can read: what SQLite makes beside a database takes its mode. */
export function prepareDirectory(dataDir: string): void {
  try {
    const created = mkdirSync(dataDir, { recursive: true, mode: 0o700 });
    for (const name of ['owner.db', DATABASE_FILE]) {
      const path = join(dataDir, name);
      if (!existsSync(path)) closeSync(openSync(path, 'a', 0o600));
    }
    // A file is there after a power failure only when the directory that names it was synchronised too.
    syncDirectory(dataDir);
    if (created !== undefined) syncDirectory(dirname(created));
  } catch (error) {
    throw new StoreUnusableError(
      `The data directory ${dataDir} cannot be used (${messageOf(error)}). Check its owner and mode, or choose another.`,
      { cause: error },
    );
  }
}

/** @throws StoreUnusableError when the file is damaged, is no database, or is newer than this version. */
export function openForWriting(dataDir: string): DatabaseSync {
  const path = join(dataDir, DATABASE_FILE);
  let database: DatabaseSync | undefined;
  try {
    database = new DatabaseSync(path, { timeout: 5_000 });
    database.exec(`
      PRAGMA journal_mode = WAL;
      PRAGMA synchronous = FULL;
      PRAGMA wal_autocheckpoint = 4000;
      PRAGMA journal_size_limit = 67108864;
      PRAGMA cache_size = -65536;
      PRAGMA temp_store = MEMORY;
    `);
    checkIntegrity(database, path);
    migrate(database, path);
    return database;
  } catch (error) {
    database?.close();
    if (error instanceof VramkeeperError) throw error;
    throw damaged(path, messageOf(error), error);
  }
}

export function openForReading(dataDir: string): DatabaseSync {
  const database = new DatabaseSync(join(dataDir, DATABASE_FILE), { readOnly: true, timeout: 5_000 });
  database.exec('PRAGMA cache_size = -32768; PRAGMA temp_store = MEMORY');
  return database;
}

/**
 * Stops at the first thing wrong. A big file is read in part: the tables that the queue cannot do without, and not those of
 * requests, results and images, which may be many times as large. @throws StoreUnusableError
 */
export function checkIntegrity(database: DatabaseSync, path: string, wholeUpToBytes = 2 ** 30): void {
  const parts = statSync(path).size <= wholeUpToBytes ? ['1'] : ['sqlite_schema', ...tablesOf(database)];
  for (const part of parts) {
    const finding = database.prepare(`PRAGMA quick_check(${part})`).get()?.quick_check;
    if (finding !== 'ok') throw damaged(path, String(finding));
  }
}

function tablesOf(database: DatabaseSync): readonly string[] {
  return database
    .prepare(
      "SELECT name FROM sqlite_schema WHERE type = 'table' AND name IN ('jobs', 'buckets', 'batches', 'facts')",
    )
    .all()
    .map(({ name }) => String(name));
}

function damaged(path: string, finding: string, cause?: unknown): StoreUnusableError {
  return new StoreUnusableError(
    `${path} is not usable as vramkeeper's database (${finding}). ` +
      'Restore it from a backup together with its -wal file, or move it away to start with an empty queue.',
    { cause },
  );
}

function syncDirectory(path: string): void {
  const descriptor = openSync(path, 'r');
  try {
    fsyncSync(descriptor);
  } finally {
    closeSync(descriptor);
  }
}
