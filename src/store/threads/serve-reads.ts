/** The life of a thread that reads: each message is answered from one snapshot. */
import { parentPort } from 'node:worker_threads';
import type { CallOf, Reads } from '../operation.ts';
import { failureOf } from './failures.ts';
import { Inbox } from './inbox.ts';
import type { Allowance, Answer, FromWorker, NumberedCall } from './protocol.ts';
import { tellAnswers } from './tell-answers.ts';

/** A database that was opened to be read alone. */
export interface ReadableStore {
  readonly isInSnapshot: boolean;
  beginSnapshot(): void;
  endSnapshot(): void;
  /** What comes now has this allowance; without one it may take as long as it likes. */
  grant(allowance: Allowance | undefined): void;
  perform(call: CallOf<Reads>): unknown;
  close(): void;
}

export function serveReads(store: ReadableStore): void {
  const port = parentPort;
  if (!port) throw new Error('The reader runs in a worker thread only.');
  const tell = (message: FromWorker) => port.postMessage(message);

  const answer = ({ call }: { readonly call: CallOf<Reads> }): Answer => {
    try {
      return { ok: true, value: store.perform(call) };
    } catch (error) {
      return { ok: false, failure: failureOf(error) };
    }
  };

  /** One snapshot for all of a tick: cheaper than one each, and a page agrees with its own counts. */
  const snapshot = (calls: readonly NumberedCall<Reads>[]): readonly Answer[] => {
    try {
      store.beginSnapshot();
    } catch (error) {
      return calls.map(() => ({ ok: false, failure: failureOf(error) }));
    }
    const answers = calls.map(answer);
    try {
      store.endSnapshot();
    } catch (error) {
      // An error of the disk may have ended it already. What was read stands; the next snapshot must not find this one open.
      if (store.isInSnapshot) return calls.map(() => ({ ok: false, failure: failureOf(error) }));
    }
    return answers;
  };

  new Inbox<Reads>(port, tell).listen((message) => {
    if (message.kind === 'stop') {
      store.close();
      port.close();
      return;
    }
    store.grant(message.request.allowance);
    const { calls } = message.request;
    const numbers = calls.map(({ number }) => number);
    tellAnswers(tell, { numbers, answers: snapshot(calls), report: null }, 'clone');
  });
  tell({ kind: 'ready', report: null, start: null });
}
