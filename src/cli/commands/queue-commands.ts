/** The commands about the queue as a whole: names, flags and help. */
import type { Command } from 'commander';
import { withConnection } from '../connection.ts';
import type { Run } from '../exit.ts';
import type { Terminal } from '../terminal/terminal.ts';
import { collect, number } from './option-values.ts';

export function addQueueCommands(program: Command, terminal: Terminal, run: Run): void {
  withConnection(
    program.command('pause').description('start no more jobs; running ones finish, new ones are queued'),
  ).action((options) => run(async () => (await import('../queue/pause.ts')).pause(options, terminal)));
  withConnection(program.command('resume').description('start jobs again')).action((options) =>
    run(async () => (await import('../queue/pause.ts')).resume(options, terminal)),
  );
  withConnection(
    program.command('decisions').description('list what the scheduler did and why, newest first'),
  )
    .option('--kind <kind>', 'only these, such as load, unload or dispatch; again for more', collect)
    .option('--model <name>', 'only about this model')
    .option('--job <id>', 'only about this job')
    .option('--limit <count>', 'at most so many', number(1, 10_000), 20)
    .option('--json', 'print JSON, one decision a line')
    .action((options) =>
      run(async () => (await import('../queue/decisions.ts')).listDecisions(options, terminal)),
    );
  withConnection(
    program.command('health').description('say whether jobs run as they should; fails when they do not'),
  )
    .option('--json', 'print JSON')
    .action((options) =>
      run(async () => (await import('../queue/health.ts')).printHealth(options, terminal)),
    );
}
