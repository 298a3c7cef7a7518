/** Keys of a person who watches: `q` and Ctrl-C leave, Ctrl-Z suspends, others move what is shown. */

/** How the picture is to move: by lines, by screens, to an end; or the keys are to be shown. */
export type Move = 'line-down' | 'line-up' | 'screen-down' | 'screen-up' | 'start' | 'end' | 'help';

export interface KeyActions {
  leave(): void;
  move(how: Move): void;
  /** Give the terminal back for a while, and take it again. */
  suspend(): void;
  resume(): void;
}

const CTRL_C = '\u0003';
const CTRL_D = '\u0004';
const CTRL_Z = '\u001a';

const MOVES: Readonly<Record<string, Move>> = {
  j: 'line-down',
  '\u001b[B': 'line-down',
  '\u001bOB': 'line-down',
  k: 'line-up',
  '\u001b[A': 'line-up',
  '\u001bOA': 'line-up',
  ' ': 'screen-down',
  '\u001b[6~': 'screen-down',
  b: 'screen-up',
  '\u001b[5~': 'screen-up',
  g: 'start',
  '\u001b[H': 'start',
  '\u001b[1~': 'start',
  G: 'end',
  '\u001b[F': 'end',
  '\u001b[4~': 'end',
  '?': 'help',
};

/** What was pressed: a terminal may hand over several keys at once. */
export function keysIn(text: string): readonly string[] {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: keys that are no letters begin with one.
  return text.match(/\u001b[[O][0-9;]*[A-Za-z~]|./gsu) ?? [];
}

/** Returns what ends it. Without a terminal on standard input there are no keys, and signals do the same. */
export function readKeys(actions: KeyActions, input: NodeJS.ReadStream = process.stdin): () => void {
  if (!input.isTTY) return () => {};
  const onKey = (key: Buffer) => {
    for (const text of keysIn(key.toString())) {
      const move = MOVES[text];
      if (text === 'q' || text === 'Q' || text === CTRL_C || text === CTRL_D) actions.leave();
      else if (text === CTRL_Z) stop();
      else if (move) actions.move(move);
    }
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
