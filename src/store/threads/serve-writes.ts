/** The life of the thread that writes: what comes is gathered into groups, and each is one commit. */
import { parentPort } from 'node:worker_threads';
import { DataDirectoryInUseError, StoreClosedError, StoreUnwritableError } from '../../domain/errors.ts';
import { append } from '../../domain/long-lists.ts';
import type { Operations } from '../operation.ts';
import type { CommitReport } from '../queue-writer.ts';
import { tellClaims } from './claims-ahead.ts';
import { failureOf } from './failures.ts';
import type { GroupCommit } from './group-commit.ts';
import { Inbox } from './inbox.ts';
import { pause } from './pause.ts';
import type { Answers, FromWorker, NumberedCall, Request, StoreStart } from './protocol.ts';
import { tellAnswers } from './tell-answers.ts';

/** Between two tries to find out what became of a commit. */
const DOUBT_MS = 200;

const IN_DOUBT = new StoreUnwritableError(
  'The connection to the database was lost. Nothing of this was stored: it is tried to reach it again.',
);

function refusal(calls: readonly NumberedCall<Operations>[]): Answers {
  const failure = failureOf(IN_DOUBT);
  return {
    numbers: calls.map(({ number }) => number),
    answers: calls.map(() => ({ ok: false, failure })),
    report: null,
    problem: failure.message,
  };
}

/** A database that was opened to be written to. */
export interface OpenedStore {
  readonly group: Pick<GroupCommit, 'run'>;
  /** Of all that is in it. */
  readonly report: CommitReport;
  readonly start: StoreStart;
  close(): void;
}

/** @param groupLimit the most operations in one commit */
export function serveWrites(open: (whileInDoubt: () => void) => OpenedStore, groupLimit: number): void {
  const port = parentPort;
  if (!port) throw new Error('The writer runs in a worker thread only.');
  const tell = (message: FromWorker) => port.postMessage(message);
  const ahead = tellClaims(tell);
  const inbox = new Inbox<Operations>(port, tell);
  let mustStop = false;

  /** What comes while nobody knows what became of a commit is refused, and not kept waiting. */
  const whileInDoubt = () => {
    pause(DOUBT_MS);
    for (let next = inbox.take(); next; next = inbox.take()) {
      if (next.kind === 'stop') {
        mustStop = true;
        throw new StoreClosedError('The server stops, and what became of the last commit is not known.');
      }
      tellAnswers(tell, refusal(next.request.calls), 'text');
    }
  };

  let store: OpenedStore;
  try {
    store = open(whileInDoubt);
  } catch (error) {
    tell({ kind: 'failed', failure: failureOf(error) });
    return;
  }

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
      tellAnswers(tell, store.group.run(group, now, ahead), 'text');
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
    if (gathered.stop || mustStop) stop();
  });
  tell({ kind: 'ready', report: store.report, start: store.start });
}
