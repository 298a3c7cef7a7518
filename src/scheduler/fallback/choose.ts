/** Which of several models does a job: the most liked one that it need not wait for longer than it would. A pure function of what is foreseen of each. */
import { formatDuration } from '../../domain/units.ts';

/** What is foreseen of a model for a job that comes, or waits already. */
export interface Outlook {
  readonly modelName: string;
  /** No backend where it could be answers, has it, or could ever hold it. */
  readonly isGone: boolean;
  /** Until the job would start there, from now; null where nobody knows. */
  readonly waitMs: number | null;
}

export interface Waiter {
  /** Of the outlooks: for which it waits now. */
  readonly place: number;
  readonly waitedMs: number;
  /** How long it would wait in all; null: for ever. */
  readonly afterMs: number | null;
}

export interface Move {
  readonly place: number;
  /** One sentence. */
  readonly explanation: string;
}

/** A wait that nobody would call one. Chosen: less than a person notices. */
const AT_ONCE_MS = 1_000;

/**
 * Null where it stays. A model that is gone gives way to the first that is not; else only a less liked one that would be sooner takes the job of one that would be
 * too late, and the job does not come back: it would go to and fro.
 */
export function chooseModel(outlooks: readonly Outlook[], waiter: Waiter): Move | null {
  const { place, waitedMs, afterMs } = waiter;
  const present = outlooks[place];
  if (!present) return null;
  if (present.isGone) {
    const best = bestOf(outlooks, waiter);
    const other = best >= 0 ? best : outlooks.findIndex(({ isGone }) => !isGone);
    const to = outlooks[other];
    if (!to) return null;
    const explanation = `${to.modelName} does the job in place of ${present.modelName}, which no backend can run now.`;
    return { place: other, explanation };
  }
  if (afterMs === null || !isTooLate(present, waiter)) return null;
  const best = bestOf(outlooks, waiter, place + 1);
  const other = outlooks[best];
  if (!other || other.waitMs === null) return null;
  if (present.waitMs !== null && other.waitMs >= present.waitMs) return null;
  const late =
    present.waitMs === null
      ? `of which nobody knows when it could start after ${formatDuration(waitedMs)}`
      : `which should start ${formatDuration(waitedMs + present.waitMs)} after it came`;
  return {
    place: best,
    explanation: `${other.modelName} does the job in place of ${present.modelName}, ${late}; it would wait ${formatDuration(afterMs)}.`,
  };
}

/** Where nobody knows when it starts, the job has to have waited first. */
function isTooLate({ waitMs }: Outlook, { waitedMs, afterMs }: Waiter): boolean {
  if (afterMs === null) return false;
  return waitMs === null ? waitedMs >= afterMs : waitedMs + waitMs > Math.max(afterMs, AT_ONCE_MS);
}

/** The first that is soon enough, else the soonest; -1 where nothing is foreseen of any. */
function bestOf(outlooks: readonly Outlook[], { waitedMs, afterMs }: Waiter, from = 0): number {
  const mayTakeMs = Math.max(AT_ONCE_MS, (afterMs ?? Number.POSITIVE_INFINITY) - waitedMs);
  let best = -1;
  let bestMs = Number.POSITIVE_INFINITY;
  for (const [place, { isGone, waitMs }] of outlooks.entries()) {
    if (place < from || isGone || waitMs === null) continue;
    if (waitMs <= mayTakeMs) return place;
    if (waitMs < bestMs) [best, bestMs] = [place, waitMs];
  }
  return best;
}
