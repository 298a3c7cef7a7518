/** The commands about GPU memory: names, flags and help. */
import type { Command } from 'commander';
import { withConnection } from '../connection.ts';
import type { Run } from '../exit.ts';
import type { Terminal } from '../terminal/terminal.ts';
import { withBackend } from './backend-flag.ts';
import { number, positive, size, span } from './option-values.ts';

export function addMemory(program: Command, terminal: Terminal, run: Run): void {
  addModelCommands(program, terminal, run);
  addReservations(program, terminal, run);
  addQuestions(program, terminal, run);
  withConnection(
    program.command('top').description('watch GPUs, models in memory, the queue and what is decided'),
  )
    .option('--once', 'print it once and leave')
    .action((options) => run(async () => (await import('../top/top.ts')).top(options, terminal)));
  addLogs(program, terminal, run);
}

function addLogs(program: Command, terminal: Terminal, run: Run): void {
  withBackend(
    program
      .command('logs')
      .description('list the server processes of managed backends, or show what one of them wrote')
      .argument('[cell]', 'its id, the model that it holds, or "library"; by default all are listed'),
  )
    .option('--lines <count>', 'so many of its last lines, up to 1000', number(1, 1_000), 50)
    .option('--follow', 'go on showing what it writes, until it ends or Ctrl-C')
    .option('--json', 'print the list as JSON, one process a line')
    .action((cell, options) =>
      run(async () => (await import('../memory/logs.ts')).logs(cell, options, terminal)),
    );
}

function addModelCommands(program: Command, terminal: Terminal, run: Run): void {
  withBackend(
    program
      .command('load')
      .description('bring models into GPU memory before they are needed')
      .argument('<model...>', 'their names'),
  )
    .option('--context <tokens>', 'context length; by default what jobs get', number(1, 16_777_216))
    .action((models, options) =>
      run(async () => (await import('../memory/models-in-memory.ts')).loadModels(models, options, terminal)),
    );
  withBackend(
    program
      .command('unload')
      .description('unload models, once the jobs on them are done')
      .argument('<model...>', 'their names'),
  ).action((models, options) =>
    run(async () => (await import('../memory/models-in-memory.ts')).unloadModels(models, options, terminal)),
  );
  withBackend(
    program
      .command('pin')
      .description('load models and keep them in GPU memory, whatever else is wanted')
      .argument('<model...>', 'their names'),
  )
    .option('--for <duration>', 'for so long, such as 2h; by default until unpinned', span)
    .action((models, options) =>
      run(async () => (await import('../memory/models-in-memory.ts')).pinModels(models, options, terminal)),
    );
  withBackend(
    program
      .command('unpin')
      .description('let pinned models go again when their memory is wanted')
      .argument('<model...>', 'their names'),
  ).action((models, options) =>
    run(async () => (await import('../memory/models-in-memory.ts')).unpinModels(models, options, terminal)),
  );
}

const GPU = 'an index, BACKEND:INDEX or an id';

function addReservations(program: Command, terminal: Terminal, run: Run): void {
  withConnection(
    program
      .command('reserve')
      .description('keep GPU memory for another program; prints the id once the memory is there')
      .argument('<size>', 'such as 4GiB', size),
  )
    .option('--gpu <gpu>', `${GPU}; by default the one with the most room`)
    .option('--owner <name>', 'who uses it; by default the client')
    .option('--for <duration>', 'for so long, such as 2h; by default until released', span)
    .option('--no-wait', 'do not wait for models to make room')
    .option('--json', 'print the reservation as JSON')
    .action((bytes, options) =>
      run(async () => (await import('../memory/reserve.ts')).reserve(bytes, options, terminal)),
    );
  withConnection(
    program
      .command('release')
      .description('end reservations')
      .argument('<id...>', 'their ids, as "vramkeeper reservations" lists them'),
  ).action((ids, options) =>
    run(async () => (await import('../memory/reserve.ts')).release(ids, options, terminal)),
  );
  withConnection(program.command('reservations').description('list what is kept for other programs'))
    .option('--json', 'print JSON, one reservation a line')
    .action((options) =>
      run(async () => (await import('../memory/reserve.ts')).listReservations(options, terminal)),
    );
}

function addQuestions(program: Command, terminal: Terminal, run: Run): void {
  withConnection(
    program
      .command('workers')
      .description('say how many GPU workers of another program fit, and how much memory each may use')
      .argument('<size>', 'what each of them needs at least, such as 3GiB', size),
  )
    .option('--gpu <gpu>', `${GPU}; by default the one with the most free memory`)
    .option('--max <count>', 'at most so many', number(1, 1_000_000))
    .option('--per-gib <number>', 'at most so many workers per free GiB', positive, 0.25)
    .option('--json', 'print JSON')
    .action((bytes, options) =>
      run(async () => (await import('../memory/memory-questions.ts')).workers(bytes, options, terminal)),
    );
  withConnection(
    program
      .command('budget')
      .description('say whether models fit into GPU memory together, and where')
      .argument('[model...]', 'their names; by default those that are loaded or waited for'),
  )
    .option('--json', 'print JSON')
    .action((models, options) =>
      run(async () => (await import('../memory/memory-questions.ts')).budget(models, options, terminal)),
    );
}
