/** The commands about keys: names, flags and help. */
import type { Command } from 'commander';
import type { Run } from '../exit.ts';
import type { Terminal } from '../terminal/terminal.ts';

export function addKeys(program: Command, terminal: Terminal, run: Run): void {
  const key = program.command('key').description('make API keys for clients');
  key
    .command('create')
    .description('make a key, shown once, and print the entry of the settings that knows it')
    .argument('<name>', 'the client that it stands for')
    .option('--json', 'print name, key and digest as JSON')
    .action((name, options) =>
      run(async () => (await import('../key/create-key.ts')).createKey(name, options, terminal)),
    );
}
