/** The worker thread that answers reads, from snapshots that cannot write. */
import { workerData } from 'node:worker_threads';
import type { CallOf, Reads } from '../operation.ts';
import { SqlReads } from '../sql/reads/reads.ts';
import { sharedCell } from '../threads/list-lanes.ts';
import { Patience } from '../threads/patience.ts';
import type { Allowance } from '../threads/protocol.ts';
import { type ReadableStore, serveReads } from '../threads/serve-reads.ts';
import type { PostgresSettings } from './settings.ts';
import { PostgresStatements } from './statements.ts';
import { Wire } from './wire.ts';

const SNAPSHOT = 'BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY';

function open({ place, connection, abandoned }: PostgresSettings): ReadableStore {
  const patience = new Patience(abandoned ?? sharedCell());
  const statements = new PostgresStatements(new Wire(connection), place, patience.goOn);
  const reads = new SqlReads(statements, patience.goOn);
  let withinMs = 0;
  return {
    get isInSnapshot() {
      return statements.isOpen;
    },
    beginSnapshot: () => statements.beginLater(`${SNAPSHOT}; SET LOCAL statement_timeout = ${withinMs}`),
    endSnapshot: () => {
      if (statements.isOpen) statements.end('COMMIT');
    },
    grant: (allowance: Allowance | undefined) => {
      patience.grant(allowance);
      withinMs = Math.ceil(allowance?.withinMs ?? 0);
    },
    perform: (call: CallOf<Reads>) => reads.perform(call),
    close: () => statements.close(),
  };
}

serveReads(open(workerData as PostgresSettings));
