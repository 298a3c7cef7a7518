/** The worker thread that writes to PostgreSQL. */
import { workerData } from 'node:worker_threads';
import { StoreUnusableError, StoreUnwritableError } from '../../domain/errors.ts';
import { QueueWriter } from '../queue-writer.ts';
import { Lease } from '../sql/lease.ts';
import { recount } from '../sql/recount.ts';
import { GroupCommit } from '../threads/group-commit.ts';
import { type OpenedStore, serveWrites } from '../threads/serve-writes.ts';
import { checkEncryption, checkServer, QUESTION } from './check-server.ts';
import { migrate } from './migrations.ts';
import { takeOwnership } from './owner.ts';
import { PostgresTables } from './postgres-tables.ts';
import type { PostgresSettings } from './settings.ts';
import { PostgresStatements } from './statements.ts';
import { PostgresTransaction } from './transaction.ts';
import { Wire } from './wire.ts';

function open(
  { place, port, answered, serverId, leaseMs, clock, clients }: PostgresSettings,
  whileInDoubt: () => void,
): OpenedStore {
  const statements = new PostgresStatements(new Wire(port, answered), place);
  try {
    checkEncryption(place);
    const { hasSchema } = checkServer(place, statements.row(QUESTION, place.schema) ?? []);
    if (!hasSchema) statements.run(`CREATE SCHEMA IF NOT EXISTS ${place.schema}`);
    statements.flush();
    const { connection } = statements.begin('BEGIN', []);
    const backend = takeOwnership(statements, place, null);
    migrate(statements, place.shown);
    const lease = Lease.take(statements, serverId, leaseMs, clock);
    const tables = new PostgresTables(statements, lease);
    const writer = new QueueWriter(tables, recount(statements), clients);
    const report = writer.report();
    statements.end('COMMIT');
    const { life } = lease;
    const transaction = new PostgresTransaction({
      statements,
      foresight: tables,
      place,
      life,
      connection,
      backend,
      whileInDoubt,
    });
    const start = { at: lease.startedAt, setForwardMs: lease.setForwardMs };
    const group = new GroupCommit(transaction, writer, tables);
    return { group, close: () => statements.close(), report, start };
  } catch (error) {
    statements.close();
    // There is no server yet whose writes could be tried again.
    if (error instanceof StoreUnwritableError)
      throw new StoreUnusableError(error.message.replace(': it is tried again', ''), { cause: error });
    throw error;
  }
}

const settings = workerData as PostgresSettings;
serveWrites((whileInDoubt) => open(settings, whileInDoubt), settings.groupLimit);
