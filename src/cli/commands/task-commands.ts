/** The commands about tasks: names, flags and help. */
import type { Command } from 'commander';
import { withConnection } from '../connection.ts';
import type { Run } from '../exit.ts';
import type { Terminal } from '../terminal/terminal.ts';

export function addTasks(program: Command, terminal: Terminal, run: Run): void {
  const task = program.command('task').description('see tasks, and choose their models');
  withConnection(task.command('list').description('list tasks, their options, and whether all fit together'))
    .option('--json', 'print JSON, one task a line')
    .action((options) => run(async () => (await import('../tasks/tasks.ts')).listTasks(options, terminal)));
  withConnection(
    task
      .command('select')
      .description('give a task another option, for jobs that come later')
      .argument('<task>', 'its name')
      .argument('<option>', 'one of its options'),
  ).action((name, option, options) =>
    run(async () => (await import('../tasks/tasks.ts')).selectTask(name, option, options, terminal)),
  );
  withConnection(
    task
      .command('warmup')
      .description('load the selected models of tasks, as far as they fit together')
      .argument('[task...]', 'their names; by default all'),
  ).action((names, options) =>
    run(async () => (await import('../tasks/tasks.ts')).warmUpTasks(names, options, terminal)),
  );
}
