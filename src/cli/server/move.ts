/** `vramkeeper move` */
import { resolve } from 'node:path';
import { moveStore, type StoreEnd } from '../../app/store.ts';
import { type Flags, loadConfig } from '../../config/load.ts';
import { placeOf } from '../../config/store-place.ts';
import { messageOf } from '../../domain/errors.ts';
import { EXIT, type ExitCode, UsageError } from '../exit.ts';
import type { Terminal } from '../terminal/terminal.ts';

/** Of a folder nothing else has two slashes in its beginning. */
const URL_LIKE = /^[a-z]+:\/\//;

export async function move(flags: Flags & { readonly to: string }, terminal: Terminal): Promise<ExitCode> {
  const config = await loadConfig(flags);
  const from: StoreEnd = config.store ? { place: config.store } : { dataDir: config.dataDir };
  const to: StoreEnd = URL_LIKE.test(flags.to)
    ? { place: placeIn(flags.to) }
    : { dataDir: resolve(flags.to) };
  if (shownOf(from) === shownOf(to)) throw new UsageError(`Everything is in ${shownOf(to)} already.`);
  terminal.note(`Moving everything from ${shownOf(from)} to ${shownOf(to)} …`);
  const { jobs = 0, chats = 0, facts = 0 } = await moveStore(from, to);
  terminal.outLine(`Moved ${jobs} jobs, ${chats} chats and ${facts} figures and settings.`);
  terminal.outLine(
    'place' in to
      ? 'Start the server with VRAMKEEPER_STORE, or store: in its settings, set to that URL.'
      : `Start the server with --data-dir ${to.dataDir}, and without VRAMKEEPER_STORE and store:.`,
  );
  return EXIT.done;
}

function placeIn(text: string) {
  try {
    return placeOf(text);
  } catch (error) {
    throw new UsageError(`--to ${messageOf(error)}`, { cause: error });
  }
}

function shownOf(end: StoreEnd): string {
  return 'place' in end ? end.place.shown : end.dataDir;
}
