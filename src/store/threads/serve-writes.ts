/** The life of the thread that writes: what comes is gathered into groups, and each is one commit. */
import { parentPort } from 'node:worker_threads';
import { DataDirectoryInUseError } from '../../domain/errors.ts';
import { append } from '../../domain/long-lists.ts';
import type { Operations } from '../operation.ts';
import type { CommitReport } from '../queue-writer.ts';
import { failureOf } from './failures.ts';
import type { GroupCommit } from './group-commit.ts';
import { Inbox } from './inbox.ts';
import type { FromWorker, NumberedCall, Request, StoreStart } from './protocol.ts';
import { tellAnswers } from './tell-answers.ts';

/** A database that was opened to be written to. */
export interface OpenedStore {
  readonly group: Pick<GroupCommit, 'run'>;
  /** Of all that is in it. */
  readonly report: CommitReport;
  readonly start: StoreStart;
  close(): void;
}

/** @param groupLimit the most operations in one commit */
export function serveWrites(open: () => OpenedStore, groupLimit: number): void {
  const port = parentPort;
  if (!port) throw new Error('The writer runs in a worker thread only.');
  const tell = (message: FromWorker) => port.postMessage(message);
  let store: OpenedStore;
  try {
    store = open();
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
    while (calls.length < groupLimit) {
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
    for (let from = 0; from < calls.length; from += groupLimit) {
      const group = calls.slice(from, from + groupLimit);
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
