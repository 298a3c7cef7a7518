/** The worker thread that writes to PostgreSQL. */
import { workerData } from 'node:worker_threads';
import { QueueWriter } from '../queue-writer.ts';
import { Lease } from '../sql/lease.ts';
import { refuseMoved } from '../sql/moved.ts';
import { recount } from '../sql/recount.ts';
import { GroupCommit } from '../threads/group-commit.ts';
import { type OpenedStore, serveWrites } from '../threads/serve-writes.ts';
import { openSchema } from './open-schema.ts';
import { PostgresTables } from './postgres-tables.ts';
import type { PostgresSettings } from './settings.ts';
import { PostgresTransaction } from './transaction.ts';

/** A recount looks at every row, so the way of the queue's own statements is the wrong one. */
const FOR_ALL_ROWS =
  'SET LOCAL enable_seqscan = on; SET LOCAL enable_sort = on; SET LOCAL enable_bitmapscan = on; SET LOCAL plan_cache_mode = auto';

function open(settings: PostgresSettings, whileInDoubt: () => void): OpenedStore {
  const { place, serverId, leaseMs, clock, clients } = settings;
  const { statements, connection, backend } = openSchema(place, settings.connection);
  const close = () => statements.close();
  try {
    refuseMoved(statements, place.shown);
    const lease = Lease.take(statements, serverId, leaseMs, clock);
    const tables = new PostgresTables(statements, lease);
    statements.say(FOR_ALL_ROWS);
    const writer = new QueueWriter(tables, recount(statements), clients);
    const report = writer.report();
    statements.end('COMMIT');
    const { life } = lease;
    const owned = { statements, foresight: tables, place, life, connection, backend, whileInDoubt };
    const group = new GroupCommit(new PostgresTransaction(owned), writer, tables);
    return { group, close, report, start: { at: lease.startedAt, setForwardMs: lease.setForwardMs } };
  } catch (error) {
    close();
    throw error;
  }
}

const settings = workerData as PostgresSettings;
serveWrites((whileInDoubt) => open(settings, whileInDoubt), settings.groupLimit);
