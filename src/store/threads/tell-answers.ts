/** Sends answers to the store's thread, whatever is in them: nothing is thrown, and every caller gets an answer. */
import { failureOf } from './failures.ts';
import type { Answers, FromWorker } from './protocol.ts';

export type Tell = (message: FromWorker) => void;
export type Form = 'text' | 'clone';

/**
 * Text is cheaper for many small rows, a clone has no longest length; either fails where the other does not. Answers that do not go together
 * go one by one, and one that does not go at all is told as a failure, although what it answers was done.
 */
export function tellAnswers(tell: Tell, all: Answers, first: Form): void {
  const send = (answers: Answers) => trySend(tell, answers, first);
  if (send(all) === null) return;
  const { report, problem = null } = all;
  // The numbers of the queue must not go wrong, so they go without the changes if need be.
  if (report && send({ numbers: [], answers: [], report }) !== null)
    send({ numbers: [], answers: [], report: { ...report, changes: [] } });
  for (const [at, answer] of all.answers.entries()) {
    const numbers = all.numbers.slice(at, at + 1);
    const error = send({ numbers, answers: [answer], report: null, problem });
    if (error === null) continue;
    send({ numbers, answers: [{ ok: false, failure: failureOf(error) }], report: null });
  }
}

/** Why it could not be sent; null when it was. */
function trySend(tell: Tell, answers: Answers, first: Form): unknown {
  const forms = {
    text: () => tell({ kind: 'text-answers', text: JSON.stringify(answers) }),
    clone: () => tell({ kind: 'answers', answers }),
  };
  const order: readonly Form[] = first === 'text' ? ['text', 'clone'] : ['clone', 'text'];
  let failure: unknown = null;
  for (const form of order) {
    try {
      forms[form]();
      return null;
    } catch (error) {
      failure = error;
    }
  }
  return failure;
}
