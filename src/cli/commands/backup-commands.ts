/** The commands about backups: names, flags and help. */
import type { Command } from 'commander';
import type { Run } from '../exit.ts';
import type { Terminal } from '../terminal/terminal.ts';

export function addBackup(program: Command, terminal: Terminal, run: Run): void {
  ofDirectory(
    program
      .command('backup')
      .description('write all jobs and images to a file, also while the server runs')
      .argument('<file>', 'which is not there yet'),
  ).action((file, options) =>
    run(async () => (await import('../backup/backup.ts')).writeBackup(file, options, terminal)),
  );
  ofDirectory(
    program
      .command('restore')
      .description('put a backup back, while no server runs')
      .argument('<file>', 'a backup'),
  )
    .option('--replace', 'set aside what is there')
    .action((file, options) =>
      run(async () => (await import('../backup/backup.ts')).restoreBackup(file, options, terminal)),
    );
}

function ofDirectory(command: Command): Command {
  return command
    .option('--config <file>', 'settings file (default: vramkeeper.yaml, where there is one)')
    .option('--data-dir <folder>', 'where jobs are kept (default: ~/.local/share/vramkeeper)');
}
