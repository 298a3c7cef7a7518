/** `vramkeeper key create`: a key for a client, and what the settings need to know it by. */
import { stringify } from 'yaml';
import { type Random, systemRandom } from '../../clock.ts';
import { digestText, keyOf } from '../../domain/api-key.ts';
import { EXIT, type ExitCode, UsageError } from '../exit.ts';
import type { Terminal } from '../terminal/terminal.ts';

const KEY_BYTES = 32;

export interface CreateKeyOptions {
  readonly json?: boolean;
}

/** The key alone is the result, so that a script can take it; all about it is told beside it. Neither it nor anything else is kept. */
export async function createKey(
  name: string,
  options: CreateKeyOptions,
  terminal: Terminal,
  random: Random = systemRandom,
): Promise<ExitCode> {
  if (!/^[\x20-\x7e]{1,64}$/.test(name) || name.trim() !== name || name === 'default')
    throw new UsageError(
      `${JSON.stringify(name)} is not the name of a client: use 1 to 64 characters of ASCII, and not "default", which stands for all others.`,
    );
  const key = keyOf(random.bytes(KEY_BYTES));
  const digest = digestText(key);
  if (options.json) {
    terminal.outLine(JSON.stringify({ name, key, digest }));
    return EXIT.done;
  }
  terminal.outLine(key);
  terminal.note();
  terminal.note(
    'This key is shown once and kept nowhere. Add what it is known by to the settings, and reload them:',
  );
  terminal.note();
  for (const line of stringify({ clients: { [name]: { key: digest } } }, { lineWidth: 0 })
    .trimEnd()
    .split('\n'))
    terminal.noteText(`${line}\n`);
  return EXIT.done;
}
