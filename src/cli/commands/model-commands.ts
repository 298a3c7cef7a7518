/** The commands about models: names, flags and help. */
import { type Command, Option } from 'commander';
import { withConnection } from '../connection.ts';
import type { Run } from '../exit.ts';
import { MODEL_PARTS } from '../models/model-parts.ts';
import type { Terminal } from '../terminal/terminal.ts';
import { withBackend } from './backend-flag.ts';

export function addModels(program: Command, terminal: Terminal, run: Run): void {
  addLists(program, terminal, run);
  addChanges(program, terminal, run);
}

function addLists(program: Command, terminal: Terminal, run: Run): void {
  withConnection(program.command('models').description('list models: size, VRAM, where they are in memory'))
    .option('--json', 'print JSON, one model a line')
    .action((options) =>
      run(async () => (await import('../models/models.ts')).listModels(options, terminal)),
    );
  withConnection(program.command('list').alias('ls').description('list models, as "ollama list" does'))
    .option('--json', 'print JSON, one model a line')
    .action((options) =>
      run(async () => (await import('../models/list.ts')).listInstalled(options, terminal)),
    );
  withConnection(program.command('ps').description('list what is in memory, as "ollama ps" does'))
    .option('--json', 'print JSON, one instance a line')
    .action((options) => run(async () => (await import('../models/ps.ts')).listInstances(options, terminal)));
  const show = withConnection(
    program.command('show').description('show a model, as "ollama show" does').argument('<name>', 'its name'),
  )
    .option('-v, --verbose', 'with all of its metadata and its tensors')
    .option('--json', 'print JSON');
  for (const [part, description] of Object.entries(MODEL_PARTS)) {
    const others = Object.keys(MODEL_PARTS).filter((other) => other !== part);
    show.addOption(new Option(`--${part}`, description).conflicts([...others, 'verbose', 'json']));
  }
  show.action((name, options) =>
    run(async () => (await import('../models/show.ts')).showModel(name, options, terminal)),
  );
}

function addChanges(program: Command, terminal: Terminal, run: Run): void {
  withBackend(
    program
      .command('pull')
      .description('fetch a model, or bring it up to date')
      .argument('<name>', 'such as qwen3:8b or hf.co/owner/model:tag'),
  ).action((name, options) =>
    run(async () => (await import('../models/pull.ts')).pullModel(name, options, terminal)),
  );
  withBackend(
    program
      .command('copy')
      .alias('cp')
      .description('give a model a second name')
      .argument('<source>', 'its name')
      .argument('<destination>', 'the name to add'),
  ).action((source, destination, options) =>
    run(async () => (await import('../models/library.ts')).copyModel(source, destination, options, terminal)),
  );
  withBackend(
    program
      .command('delete')
      .alias('rm')
      .description('delete models from a backend, after unloading them')
      .argument('<name...>', 'their names'),
  ).action((names, options) =>
    run(async () => (await import('../models/library.ts')).deleteModels(names, options, terminal)),
  );
}
