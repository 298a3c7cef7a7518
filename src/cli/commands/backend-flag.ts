/** `--backend NAME`: which of the server's backends a command is about. */
import type { Command } from 'commander';
import { withConnection } from '../connection.ts';

/** The options of a client command that is about one backend. */
export function withBackend(command: Command): Command {
  return withConnection(command).option('--backend <name>', 'which backend, where there are several');
}
