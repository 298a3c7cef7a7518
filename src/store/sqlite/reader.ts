/** The worker thread that answers reads, on a connection that cannot write. */
import { parentPort, workerData } from 'node:worker_threads';
import type { CallOf, Reads } from '../operation.ts';
import { failureOf } from './failures.ts';
import { openForReading } from './open-database.ts';
import type { Answer, FromWorker, ToWorker, WorkerSettings } from './protocol.ts';
import { SqliteReads } from './reads/reads.ts';
import { Statements } from './statements.ts';

function serve(settings: WorkerSettings): void {
  const port = parentPort;
  if (!port) throw new Error('The reader runs in a worker thread only.');
  const tell = (message: FromWorker) => port.postMessage(message);
  const database = openForReading(settings.dataDir);
  const reads = new SqliteReads(new Statements(database));

  const answer = (call: CallOf<Reads>): Answer => {
    try {
      return { ok: true, value: reads.perform(call) };
    } catch (error) {
      return { ok: false, failure: failureOf(error) };
    }
  };

  /** One snapshot for all of a tick: cheaper than one each, and a page agrees with its own counts. */
  const snapshot = (calls: readonly CallOf<Reads>[]): readonly Answer[] => {
    try {
      database.exec('BEGIN');
    } catch (error) {
      return calls.map(() => ({ ok: false, failure: failureOf(error) }));
    }
    try {
      return calls.map(answer);
    } finally {
      database.exec('COMMIT');
    }
  };

  port.on('message', (message: ToWorker<Reads>) => {
    if (message.kind === 'stop') {
      database.close();
      port.close();
      return;
    }
    tell({ kind: 'answers', answers: { answers: snapshot(message.request.calls), report: null } });
  });
  tell({ kind: 'ready', report: null });
}

serve(workerData as WorkerSettings);
