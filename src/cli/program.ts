/** The command line: names, flags and help. What the commands do stands in files of their own. */
import { Argument, Command, CommanderError, Option } from 'commander';
import { InvalidSettingError, messageOf, VramkeeperError } from '../domain/errors.ts';
import { addBackup } from './commands/backup-commands.ts';
import { addBatches } from './commands/batch-commands.ts';
import { addChatCommands, withThinkAlone } from './commands/chat-commands.ts';
import { addJobCommands } from './commands/job-commands.ts';
import { addKeys } from './commands/key-commands.ts';
import { addMemory } from './commands/memory-commands.ts';
import { addModels } from './commands/model-commands.ts';
import { collect, number, positive } from './commands/option-values.ts';
import { addQueueCommands } from './commands/queue-commands.ts';
import { addSimulate } from './commands/simulate-command.ts';
import { addTasks } from './commands/task-commands.ts';
import { EXIT, type ExitCode, type Run, UsageError } from './exit.ts';
import type { Terminal } from './terminal/terminal.ts';

/** Runs the command that `args` name, without the program's own name. Never throws. */
export async function runCommand(
  args: readonly string[],
  version: string,
  terminal: Terminal,
): Promise<ExitCode> {
  let exit: ExitCode = EXIT.done;
  const run: Run = async (work) => {
    exit = await work();
  };
  try {
    await build(version, terminal, run).parseAsync([...withThinkAlone(args)], { from: 'user' });
    return exit;
  } catch (error) {
    return report(error, terminal);
  }
}

function report(error: unknown, terminal: Terminal): ExitCode {
  // Commander has said its own already. What it calls failed with 0 are --help and --version.
  if (error instanceof CommanderError) return error.exitCode === 0 ? EXIT.done : EXIT.usage;
  if (error instanceof VramkeeperError) {
    terminal.note(error.message);
    return error instanceof UsageError || error instanceof InvalidSettingError ? EXIT.usage : EXIT.failed;
  }
  const stack = error instanceof Error ? error.stack : undefined;
  terminal.note(`vramkeeper failed unexpectedly: ${stack ?? messageOf(error)}`);
  return EXIT.failed;
}

function build(version: string, terminal: Terminal, run: Run): Command {
  const program = new Command('vramkeeper')
    .description('A VRAM-aware job scheduler and gateway for Ollama.')
    .version(version)
    .exitOverride()
    .showHelpAfterError(
      'Run "vramkeeper --help" for the commands, or "vramkeeper COMMAND --help" for one of them.',
    )
    .configureOutput({
      writeOut: (text) => terminal.out(text),
      writeErr: (text) => terminal.note(text.trimEnd()),
    })
    .configureHelp({ showGlobalOptions: false });
  addServing(program, terminal, run);
  addChatCommands(program, terminal, run);
  addJobCommands(program, terminal, run);
  addBatches(program, terminal, run);
  addQueueCommands(program, terminal, run);
  addModels(program, terminal, run);
  addMemory(program, terminal, run);
  addTasks(program, terminal, run);
  addKeys(program, terminal, run);
  addBackup(program, terminal, run);
  addSimulate(program, terminal, run);
  return program;
}

function addServing(program: Command, terminal: Terminal, run: Run): void {
  withServerFlags(program.command('serve').description('run the server'))
    .option('--log-level <level>', 'debug, info, warn, error or silent')
    .action((options) => run(async () => (await import('./server/serve.ts')).serve(options, terminal)));
  program
    .command('demo')
    .description('run a server with a virtual Ollama, and 50 sample jobs on it')
    .option('--exit', 'end after the summary instead of serving on')
    .option('--managed', 'give each model in memory a virtual server process of its own')
    .option('--open', 'open its web page in a browser')
    .action((options) => run(async () => (await import('./demo/demo.ts')).demo(options, terminal)));
  withServerFlags(
    program.command('doctor').description('check Ollama, GPUs and settings, and say what to change'),
  ).action((options) => run(async () => (await import('./doctor/doctor.ts')).doctor(options, terminal)));
  withServerFlags(
    program
      .command('move')
      .description('move jobs, results, chats and what was learned to another store, while no server runs')
      .requiredOption('--to <place>', 'the URL of a PostgreSQL, or a data folder'),
  ).action((options) => run(async () => (await import('./server/move.ts')).move(options, terminal)));
  program
    .command('import')
    .description('write settings from those of another program; what is left out is told beside them')
    .addArgument(new Argument('<program>', 'whose settings').choices(['llama-swap']))
    .argument('<file>', 'its settings file')
    .action((_program: string, file: string) =>
      run(async () => (await import('./import/import-llama-swap.ts')).importLlamaSwap(file, terminal)),
    );
  program
    .command('virtual-ollama')
    .description('run a stand-in for Ollama that needs neither models nor a GPU')
    .option('--host <address>', 'address to listen on', '127.0.0.1')
    .option('--port <number>', 'port to listen on; 0 takes a free one', number(0, 65535), 11435)
    .option('--gpu <size>', 'a virtual GPU, such as 24GiB; again for more, or none', collect)
    .option('--speed <factor>', 'how many times faster than real time', positive, 1)
    .option('--parallel <number>', 'requests that a model runs at once', number(1, 1024), 1)
    .option('--catalog <file>', 'models to offer instead of the ten small ones (YAML or JSON)')
    .action((options) =>
      run(async () => (await import('./server/virtual-ollama.ts')).virtualOllama(options, terminal)),
    );
  program
    .command('virtual-openai')
    .description("run a stand-in for a server of OpenAI's API that needs neither models nor a GPU")
    .option('--host <address>', 'address to listen on', '127.0.0.1')
    .option('--port <number>', 'port to listen on; 0 takes a free one', number(0, 65535), 8000)
    .addOption(
      new Option('--flavour <server>', 'whose server it stands for')
        .choices(['llama.cpp', 'vllm', 'plain', 'company'])
        .default('llama.cpp'),
    )
    .option('--model <name>', 'a model for chats; again for more', collect)
    .option('--embedding <name>', 'a model for embeddings; again for more', collect)
    .option('--context <tokens>', 'tokens of all slots together', number(1, 16_777_216), 16_384)
    .option('--parallel <number>', 'requests that it runs at once', number(1, 1024), 4)
    .option('--speed <tokens>', 'tokens of one answer in a second', positive, 1_000)
    .option('--vram <size>', 'what it takes of the virtual card that it sees (VIRTUAL_GPU_DIR)')
    .addOption(
      new Option('--fail <how>', 'what goes wrong with its start').choices([
        'exit',
        'never-ready',
        'other-port',
        'out-of-memory',
      ]),
    )
    .action((options) =>
      run(async () => (await import('./server/virtual-openai.ts')).virtualOpenAi(options, terminal)),
    );
}

function withServerFlags(command: Command): Command {
  return command
    .option('--config <file>', 'settings file (default: vramkeeper.yaml, where there is one)')
    .option('--host <address>', 'address to listen on (default: 127.0.0.1)')
    .option('--port <number>', 'port to listen on (default: 5001)')
    .option(
      '--ollama-port <number>',
      'port where programs look for an Ollama, to take its place: 11434 (default: none)',
    )
    .option('--data-dir <folder>', 'where jobs are kept (default: ~/.local/share/vramkeeper)')
    .option('--hosts <names>', 'names that the server answers to beside its own, separated by commas')
    .option('--origins <urls>', 'origins of pages of other sites that may use it, separated by commas')
    .option(
      '--backend <url>',
      'an Ollama to use; again for more (default: the one at OLLAMA_HOST if it answers, else a managed one)',
      collect,
    )
    .addOption(
      new Option('--managed', 'run the `ollama` program, a process for every model in memory').conflicts(
        'backend',
      ),
    );
}
