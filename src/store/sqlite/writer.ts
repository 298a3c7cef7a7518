/** The worker thread that owns the database: the only one that writes. */
import { parentPort, workerData } from 'node:worker_threads';
import { DataDirectoryInUseError } from '../../domain/errors.ts';
import { append } from '../../domain/long-lists.ts';
import type { Operations } from '../operation.ts';
import { QueueWriter } from '../queue-writer.ts';
import { DataFiles } from './data-files.ts';
import { failureOf } from './failures.ts';
import { GroupCommit } from './group-commit.ts';
import { Inbox } from './inbox.ts';
import { Lease } from './lease.ts';
import { openForWriting, prepareDirectory } from './open-database.ts';
import { takeOwnerLock } from './owner-lock.ts';
import type { FromWorker, NumberedCall, Request, WorkerSettings } from './protocol.ts';
import { recount } from './recount.ts';
import { SqliteTables } from './sqlite-tables.ts';
import { Statements } from './statements.ts';
import { tellAnswers } from './tell-answers.ts';

function open({ dataDir, serverId, leaseMs, clock, clients }: WorkerSettings) {
  prepareDirectory(dataDir);
  const lock = takeOwnerLock(dataDir);
  try {
    const database = openForWriting(dataDir);
    const statements = new Statements(database);
    database.exec('BEGIN IMMEDIATE');
    const lease = Lease.take(statements, serverId, leaseMs, clock);
    database.exec('COMMIT');
    const tables = new SqliteTables(statements, lease);
    const writer = new QueueWriter(tables, recount(statements), clients);
    const group = new GroupCommit(database, writer, new DataFiles(dataDir), tables);
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

function serve(settings: WorkerSettings): void {
  const port = parentPort;
  if (!port) throw new Error('The writer runs in a worker thread only.');
  const tell = (message: FromWorker) => port.postMessage(message);
  let store: ReturnType<typeof open>;
  try {
    store = open(settings);
  } catch (error) {
    tell({ kind: 'failed', failure: failureOf(error) });
    return;
  }

  const inbox = new Inbox<Operations>(port, tell);

  /** What came while the last commit ran goes into the next one. */
  const gather = (
    first: Request<Operations>,
  ): { calls: NumberedCall<Operations>[]; now: number; stop: boolean } => {
    const calls = [...first.calls];
    let now = first.now;
    while (calls.length < settings.groupLimit) {
      const next = inbox.take();
      if (!next) break;
      if (next.kind === 'stop') return { calls, now, stop: true };
      append(calls, next.request.calls);
      now = Math.max(now, next.request.now);
    }
    return { calls, now, stop: false };
  };

  const stop = () => {
    store.close();
    port.close();
  };

  /** Another server owns the data: this one has no more to do with them. */
  const yieldTo = (error: DataDirectoryInUseError) => {
    tell({ kind: 'failed', failure: failureOf(error) });
    stop();
  };

  const commit = (calls: readonly NumberedCall<Operations>[], now: number) => {
    for (let from = 0; from < calls.length; from += settings.groupLimit) {
      const group = calls.slice(from, from + settings.groupLimit);
      tellAnswers(tell, store.group.run(group, now), 'text');
    }
  };

  inbox.listen((message) => {
    if (message.kind === 'stop') return stop();
    const gathered = gather(message.request);
    try {
      commit(gathered.calls, gathered.now);
    } catch (error) {
      if (!(error instanceof DataDirectoryInUseError)) throw error;
      return yieldTo(error);
    }
    if (gathered.stop) stop();
  });
  tell({ kind: 'ready', report: store.report, start: store.start });
}

serve(workerData as WorkerSettings);
