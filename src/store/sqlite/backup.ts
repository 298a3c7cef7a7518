/** A database copied while a server works on it, and put back where none does. All that jobs are, images included, is in the one file. */
import {
  chmodSync,
  closeSync,
  copyFileSync,
  existsSync,
  fsyncSync,
  openSync,
  renameSync,
  rmSync,
  statSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { backup, DatabaseSync } from 'node:sqlite';
import { messageOf, StoreUnusableError } from '../../domain/errors.ts';
import { checkVersion } from './migrations.ts';
import { checkIntegrity, DATABASE_FILE, prepareDirectory } from './open-database.ts';
import { takeOwnerLock } from './owner-lock.ts';

/** All pages in one step: what is copied is one moment, and a busy writer does not make it begin again. */
const ALL_PAGES = 2 ** 31 - 1;
const OWNER_ONLY = 0o600;

/**
 * @param to a file that is not there yet
 * @returns its bytes
 * @throws StoreUnusableError
 */
export async function backUp(dataDir: string, to: string): Promise<number> {
  const from = join(dataDir, DATABASE_FILE);
  if (!existsSync(from))
    throw new StoreUnusableError(`There is no ${from}. Name the data directory of the server (--data-dir).`);
  if (existsSync(to)) throw new StoreUnusableError(`${to} is there already. Name another file.`);
  const part = `${to}.part`;
  try {
    await copied(from, part);
    verify(part);
    synchronise(part);
    renameSync(part, to);
    synchronise(dirname(to));
    return statSync(to).size;
  } catch (error) {
    rmSync(part, { force: true });
    if (error instanceof StoreUnusableError) throw error;
    throw new StoreUnusableError(`${to} cannot be written (${messageOf(error)}). Nothing was left behind.`, {
      cause: error,
    });
  }
}

async function copied(from: string, to: string): Promise<void> {
  closeSync(openSync(to, 'wx', OWNER_ONLY));
  const database = new DatabaseSync(from, { readOnly: true, timeout: 5_000 });
  try {
    await backup(database, to, { rate: ALL_PAGES });
  } finally {
    database.close();
  }
}

/**
 * Puts a backup in the place of the database of a directory that no server uses.
 * @returns where the database that was there lies now; null where there was none
 * @throws StoreUnusableError, DataDirectoryInUseError
 */
export function restore(from: string, dataDir: string, replace: boolean): string | null {
  if (!existsSync(from)) throw new StoreUnusableError(`There is no ${from}.`);
  verify(from);
  prepareDirectory(dataDir);
  const lock = takeOwnerLock(dataDir);
  const path = join(dataDir, DATABASE_FILE);
  try {
    const hasJobs = statSync(path).size > 0;
    if (hasJobs && !replace)
      throw new StoreUnusableError(
        `${path} is there already. With --replace it is set aside, and the backup takes its place.`,
      );
    const part = `${path}.part`;
    copyFileSync(from, part);
    chmodSync(part, OWNER_ONLY);
    synchronise(part);
    const before = hasJobs ? setAside(path) : null;
    if (!hasJobs) for (const end of LOGS) rmSync(`${path}${end}`, { force: true });
    renameSync(part, path);
    synchronise(dataDir);
    return before;
  } finally {
    lock.release();
  }
}

/** Belong to the file that they stand beside, and to no other. */
const LOGS = ['-wal', '-shm'] as const;

function setAside(path: string): string {
  let number = 1;
  while (existsSync(`${path}.before-restore-${number}`)) number += 1;
  const aside = `${path}.before-restore-${number}`;
  renameSync(path, aside);
  for (const end of LOGS) if (existsSync(`${path}${end}`)) renameSync(`${path}${end}`, `${aside}${end}`);
  return aside;
}

/** @throws StoreUnusableError for what is damaged, no database of ours, or newer than this version */
function verify(path: string): void {
  let database: DatabaseSync | undefined;
  try {
    database = new DatabaseSync(path, { readOnly: true });
    checkIntegrity(database, path);
    if (checkVersion(database, path) === 0)
      throw new StoreUnusableError(`${path} is an empty database, and no backup.`);
  } catch (error) {
    if (error instanceof StoreUnusableError) throw error;
    throw new StoreUnusableError(`${path} is no backup of vramkeeper (${messageOf(error)}).`, {
      cause: error,
    });
  } finally {
    database?.close();
  }
}

function synchronise(path: string): void {
  const descriptor = openSync(path, 'r');
  try {
    fsyncSync(descriptor);
  } finally {
    closeSync(descriptor);
  }
}
