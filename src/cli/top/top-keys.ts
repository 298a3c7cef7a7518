/** Keys of a person who watches: `q` and Ctrl-C leave, Ctrl-Z suspends. */

export interface KeyActions {
  leave(): void;
  /** Give the terminal back for a while, and take it again. */
  suspend(): void;
  resume(): void;
}

const CTRL_C = '\u0003';
const CTRL_D = '\u0004';
const CTRL_Z = '\u001a';

/** Returns what ends it. Without a terminal on standard input there are no keys, and signals do the same. */
export function readKeys(actions: KeyActions, input: NodeJS.ReadStream = process.stdin): () => void {
  if (!input.isTTY) return () => {};
  const onKey = (key: Buffer) => {
    const text = key.toString();
    if (text === 'q' || text === 'Q' || text === CTRL_C || text === CTRL_D) actions.leave();
    else if (text === CTRL_Z) stop();
  };
  const stop = () => {
    actions.suspend();
    input.setRawMode(false);
    process.once('SIGCONT', onContinue);
    // To all that the terminal would have sent it to: a launcher waits for us.
    process.kill(0, 'SIGTSTP');
  };
  const onContinue = () => {
    input.setRawMode(true);
    actions.resume();
  };
  input.setRawMode(true);
  input.on('data', onKey);
  input.resume();
  return () => {
    process.off('SIGCONT', onContinue);
    input.off('data', onKey);
    input.setRawMode(false);
    input.pause();
  };
}
