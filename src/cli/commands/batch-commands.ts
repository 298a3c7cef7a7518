/** The commands about batches: names, flags and help. */
import type { Command } from 'commander';
import { withConnection } from '../connection.ts';
import type { Run } from '../exit.ts';
import type { Terminal } from '../terminal/terminal.ts';
import { number } from './option-values.ts';

export function addBatches(program: Command, terminal: Terminal, run: Run): void {
  const batch = program.command('batch').description('see batches, and keep them');
  withConnection(batch.command('list').description('list batches, newest first'))
    .option('--kind <kind>', 'only those whose metadata has this kind, such as comparison')
    .option('--of <client>', 'only those of this client')
    .option('--limit <count>', 'at most so many', number(1, 10_000), 20)
    .option('--json', 'print JSON, one batch a line')
    .action((options) =>
      run(async () => (await import('../jobs/batches.ts')).listBatches(options, terminal)),
    );
  withConnection(
    batch
      .command('keep')
      .description('keep batches and their jobs beyond the usual time')
      .argument('<id...>', 'their ids, or enough of how they begin')
      .option('--let-go', 'keep them no longer than usual'),
  ).action((ids, options) =>
    run(async () => (await import('../jobs/batches.ts')).keepBatches(ids, options, terminal)),
  );
}
