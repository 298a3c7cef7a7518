/** The worker thread that owns the database: the only one that writes. */
import { join } from 'node:path';
import { workerData } from 'node:worker_threads';
import { QueueWriter } from '../queue-writer.ts';
import { Lease } from '../sql/lease.ts';
import { refuseMoved } from '../sql/moved.ts';
import { recount } from '../sql/recount.ts';
import { SqlTables } from '../sql/sql-tables.ts';
import { GroupCommit } from '../threads/group-commit.ts';
import { type OpenedStore, serveWrites } from '../threads/serve-writes.ts';
import { DataFiles } from './data-files.ts';
import { DATABASE_FILE, openForWriting, prepareDirectory } from './open-database.ts';
import { takeOwnerLock } from './owner-lock.ts';
import type { SqliteSettings } from './settings.ts';
import { SqliteStatements } from './statements.ts';
import { SqliteTransaction } from './transaction.ts';

function open({ dataDir, serverId, leaseMs, clock, clients }: SqliteSettings): OpenedStore {
  prepareDirectory(dataDir);
  const lock = takeOwnerLock(dataDir);
  try {
    const database = openForWriting(dataDir);
    const statements = new SqliteStatements(database);
    refuseMoved(statements, join(dataDir, DATABASE_FILE));
    database.exec('BEGIN IMMEDIATE');
    const lease = Lease.take(statements, serverId, leaseMs, clock);
    database.exec('COMMIT');
    const tables = new SqlTables(statements, lease);
    const writer = new QueueWriter(tables, recount(statements), clients);
    const group = new GroupCommit(new SqliteTransaction(database, new DataFiles(dataDir)), writer, tables);
    const close = () => {
      database.close();
      lock.release();
    };
    const start = { at: lease.startedAt, setForwardMs: lease.setForwardMs };
    return { group, close, report: writer.report(), start };
  } catch (error) {
    lock.release();
    throw error;
  }
}

const settings = workerData as SqliteSettings;
serveWrites(() => open(settings), settings.groupLimit);
