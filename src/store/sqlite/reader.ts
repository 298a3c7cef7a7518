/** The worker thread that answers reads, on a connection that cannot write. */
import { parentPort, workerData } from 'node:worker_threads';
import type { CallOf, Reads } from '../operation.ts';
import { failureOf } from './failures.ts';
import { Inbox } from './inbox.ts';
import { openForReading } from './open-database.ts';
import { Patience, sharedCell } from './patience.ts';
import type { Answer, FromWorker, NumberedCall, WorkerSettings } from './protocol.ts';
import { SqliteReads } from './reads/reads.ts';
import { Statements } from './statements.ts';
import { tellAnswers } from './tell-answers.ts';

function serve(settings: WorkerSettings): void {
  const port = parentPort;
  if (!port) throw new Error('The reader runs in a worker thread only.');
  const tell = (message: FromWorker) => port.postMessage(message);
  const database = openForReading(settings.dataDir);
  const patience = new Patience(database, settings.abandoned ?? sharedCell());
  const reads = new SqliteReads(new Statements(database), patience.goOn);

  const answer = ({ call }: { readonly call: CallOf<Reads> }): Answer => {
    try {
      return { ok: true, value: reads.perform(call) };
    } catch (error) {
      return { ok: false, failure: failureOf(error) };
    }
  };

  /** One snapshot for all of a tick: cheaper than one each, and a page agrees with its own counts. */
  const snapshot = (calls: readonly NumberedCall<Reads>[]): readonly Answer[] => {
    try {
      database.exec('BEGIN');
    } catch (error) {
      return calls.map(() => ({ ok: false, failure: failureOf(error) }));
    }
    const answers = calls.map(answer);
    try {
      database.exec('COMMIT');
    } catch (error) {
      // An error of the disk may have ended it already. What was read stands; the next snapshot must not find this one open.
      if (database.isTransaction) return calls.map(() => ({ ok: false, failure: failureOf(error) }));
    }
    return answers;
  };

  new Inbox<Reads>(port, tell).listen((message) => {
    if (message.kind === 'stop') {
      database.close();
      port.close();
      return;
    }
    patience.grant(message.request.allowance);
    const { calls } = message.request;
    const numbers = calls.map(({ number }) => number);
    tellAnswers(tell, { numbers, answers: snapshot(calls), report: null }, 'clone');
  });
  tell({ kind: 'ready', report: null, start: null });
}

serve(workerData as WorkerSettings);
