/** The worker thread that answers reads, on a connection that cannot write. */
import { workerData } from 'node:worker_threads';
import type { CallOf, Reads } from '../operation.ts';
import { SqlReads } from '../sql/reads/reads.ts';
import { sharedCell } from '../threads/list-lanes.ts';
import { Patience } from '../threads/patience.ts';
import type { Allowance } from '../threads/protocol.ts';
import { type ReadableStore, serveReads } from '../threads/serve-reads.ts';
import { openForReading } from './open-database.ts';
import { letEnd } from './patience.ts';
import type { SqliteSettings } from './settings.ts';
import { SqliteStatements } from './statements.ts';

function open(settings: SqliteSettings): ReadableStore {
  const database = openForReading(settings.dataDir);
  const patience = new Patience(settings.abandoned ?? sharedCell());
  letEnd(database, patience);
  const reads = new SqlReads(new SqliteStatements(database), patience.goOn);
  return {
    get isInSnapshot() {
      return database.isTransaction;
    },
    beginSnapshot: () => database.exec('BEGIN'),
    endSnapshot: () => database.exec('COMMIT'),
    grant: (allowance: Allowance | undefined) => patience.grant(allowance),
    perform: (call: CallOf<Reads>) => reads.perform(call),
    close: () => database.close(),
  };
}

serveReads(open(workerData as SqliteSettings));
