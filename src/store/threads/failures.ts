/** Errors on their way from SQLite, and between threads, to the caller. */
import {
  CallerGoneError,
  DataDirectoryInUseError,
  messageOf,
  ReadTooLongError,
  StoreClosedError,
  StoreFailedError,
  StoreUnusableError,
  StoreUnwritableError,
  VramkeeperError,
} from '../../domain/errors.ts';

/** SQLite's primary result codes (https://sqlite.org/rescode.html) that a person can do something about. */
const ADVICE: Readonly<Record<number, string>> = {
  3: 'The data directory cannot be written to: check its owner and mode.',
  8: 'The data directory cannot be written to: check its owner and mode.',
  10: 'The disk reports an error: check the disk and the system log.',
  11: 'The database file is damaged: stop the server and restore it from a backup.',
  13: 'The disk is full: free some space.',
  14: 'A file of the data directory cannot be opened: check that the directory is there, its owner and mode.',
  26: 'The database file is damaged: stop the server and restore it from a backup.',
};

/** The primary result code of an error of node:sqlite, or undefined for any other error. */
export function sqliteCode(error: unknown): number | undefined {
  if (!(error instanceof Error) || !('errcode' in error) || typeof error.errcode !== 'number')
    return undefined;
  // The upper bits tell apart kinds of the same failure.
  return error.errcode & 0xff;
}

/** An error as it crosses between threads: class instances do not. */
export interface Failure {
  readonly code: string;
  readonly message: string;
}

export function failureOf(error: unknown): Failure {
  if (error instanceof VramkeeperError) return { code: error.code, message: error.message };
  const code = sqliteCode(error);
  const advice = code === undefined ? undefined : ADVICE[code];
  const message = `The store could not do this: ${messageOf(error)}.${advice ? ` ${advice}` : ''}`;
  return { code: advice ? StoreUnwritableError.CODE : 'STORE_FAILED', message };
}

export function errorOf({ code, message }: Failure): VramkeeperError {
  switch (code) {
    case 'DATA_DIRECTORY_IN_USE':
      return new DataDirectoryInUseError(message);
    case 'STORE_UNUSABLE':
      return new StoreUnusableError(message);
    case 'STORE_CLOSED':
      return new StoreClosedError(message);
    case StoreUnwritableError.CODE:
      return new StoreUnwritableError(message);
    case 'CALLER_GONE':
      return new CallerGoneError(message);
    case 'READ_TOO_LONG':
      return new ReadTooLongError(message);
    default:
      return new StoreFailedError(message);
  }
}
