/** Ctrl-C and the signals that mean the same. */
import { type Clock, systemClock } from '../../clock.ts';

/** npm and our own launcher pass signals on that the terminal has sent to everyone already: such echoes come at once. */
const ECHO_MS = 250;

/**
 * Calls `callback` with 1, 2, … for each of the signals that a person meant. Returns what ends it.
 * @param signals absent: all that mean an end
 */
export function onInterrupt(
  callback: (count: number, signal: NodeJS.Signals) => void,
  clock: Clock = systemClock,
  signals: readonly NodeJS.Signals[] = ['SIGINT', 'SIGTERM', 'SIGHUP'],
): () => void {
  let count = 0;
  let last = Number.NEGATIVE_INFINITY;
  const listener = (signal: NodeJS.Signals) => {
    const now = clock.monotonic();
    if (now - last < ECHO_MS) return;
    last = now;
    count += 1;
    callback(count, signal);
  };
  for (const signal of signals) process.on(signal, listener);
  return () => {
    for (const signal of signals) process.off(signal, listener);
  };
}
