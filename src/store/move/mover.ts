/** The thread that moves a store: it owns both ends, as their servers would, and both are whole whatever happens. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { parentPort, workerData } from 'node:worker_threads';
import type { StorePlace } from '../../config/store-place.ts';
import { StoreUnusableError } from '../../domain/errors.ts';
import { openSchema } from '../postgres/open-schema.ts';
import type { Connection } from '../postgres/wire.ts';
import { noteMoved, refuseMoved } from '../sql/moved.ts';
import type { Statements } from '../sql/statements.ts';
import { DATABASE_FILE, openForWriting, prepareDirectory } from '../sqlite/open-database.ts';
import { takeOwnerLock } from '../sqlite/owner-lock.ts';
import { SqliteStatements } from '../sqlite/statements.ts';
import { type Failure, failureOf } from '../threads/failures.ts';
import { copyAll, makeRoom } from './copy.ts';
import { storeTables } from './tables.ts';

export type End =
  | { readonly kind: 'folder'; readonly path: string }
  | { readonly kind: 'postgres'; readonly place: StorePlace; readonly connection: Connection };

export interface Move {
  readonly from: End;
  readonly to: End;
}

export type Moved =
  | { readonly ok: true; readonly rows: Readonly<Record<string, number>> }
  | { readonly ok: false; readonly failure: Failure };

/** In a transaction. */
interface OpenEnd {
  readonly statements: Statements;
  readonly shown: string;
  /** Numbers that the database gives out go on behind those that came. */
  afterCopy(): void;
  commit(): void;
  close(): void;
}

function open(end: End, mustExist: boolean): OpenEnd {
  if (end.kind === 'folder') return openFolder(end.path, mustExist);
  const { place, connection } = end;
  const { statements } = openSchema(place, connection);
  return {
    statements,
    shown: place.shown,
    afterCopy: () => {
      for (const [table, column] of NUMBERED)
        statements.row(
          `SELECT setval(pg_get_serial_sequence('${table}', '${column}'), greatest(coalesce(max(${column}), 0), 1)) FROM ${table}`,
        );
    },
    commit: () => statements.end('COMMIT'),
    close: () => statements.close(),
  };
}

/** Columns whose numbers PostgreSQL gives out. */
const NUMBERED = [
  ['servers', 'life'],
  ['buckets', 'id'],
  ['files', 'sequence'],
  ['request_batches', 'sequence'],
  ['residencies', 'sequence'],
  ['chat_messages', 'sequence'],
] as const;

function openFolder(path: string, mustExist: boolean): OpenEnd {
  if (mustExist && !existsSync(join(path, DATABASE_FILE)))
    throw new StoreUnusableError(`There is no store in ${path}. Name its folder by --data-dir.`);
  prepareDirectory(path);
  const lock = takeOwnerLock(path);
  try {
    const database = openForWriting(path);
    // A row may come before what it refers to.
    database.exec('BEGIN IMMEDIATE; PRAGMA defer_foreign_keys = ON');
    return {
      statements: new SqliteStatements(database),
      shown: `${path}/${DATABASE_FILE}`,
      afterCopy: () => {},
      commit: () => database.exec('COMMIT'),
      close: () => {
        database.close();
        lock.release();
      },
    };
  } catch (error) {
    lock.release();
    throw error;
  }
}

function move({ from, to }: Move): Readonly<Record<string, number>> {
  const source = open(from, true);
  try {
    const target = open(to, false);
    try {
      refuseMoved(source.statements, source.shown);
      const tables = storeTables();
      makeRoom(target.statements, tables, target.shown);
      const rows = copyAll(source.statements, target.statements, tables);
      target.afterCopy();
      noteMoved(source.statements, target.shown);
      target.commit();
      source.commit();
      return rows;
    } finally {
      target.close();
    }
  } finally {
    source.close();
  }
}

function told(): Moved {
  try {
    return { ok: true, rows: move(workerData as Move) };
  } catch (error) {
    return { ok: false, failure: failureOf(error) };
  }
}

parentPort?.postMessage(told());
