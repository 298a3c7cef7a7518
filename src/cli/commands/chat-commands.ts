/** The commands that talk to a model: names, flags and help. */
import type { Command } from 'commander';
import { withConnection } from '../connection.ts';
import type { Run } from '../exit.ts';
import { isThinkLevel } from '../jobs/think-level.ts';
import type { Terminal } from '../terminal/terminal.ts';

export function addChatCommands(program: Command, terminal: Terminal, run: Run): void {
  withConnection(
    withChatFlags(
      program
        .command('chat')
        .description('talk to a model; /help in it has the commands')
        .argument('<model>', 'its name'),
    ),
  ).action((model, options) =>
    run(async () => (await import('../chat/chat.ts')).chat(model, options, terminal)),
  );
  withConnection(
    withChatFlags(
      program
        .command('run')
        .description('answer one prompt, or talk to a model where none is given, as `ollama run` does')
        .argument('<model>', 'its name')
        .argument('[prompt...]', 'the prompt; standard input comes before it'),
    ).option('--json', 'print the job and its result as JSON'),
  ).action((model, words, options) =>
    run(async () => (await import('../chat/run.ts')).runModel(model, words, options, terminal)),
  );
}

/**
 * `--think` may stand alone, and what stands behind it is a level only if it reads like one: `run MODEL --think "Why?"` asks why.
 * @param args of the whole program
 */
export function withThinkAlone(args: readonly string[]): readonly string[] {
  if (args[0] !== 'chat' && args[0] !== 'run') return args;
  const end = args.indexOf('--');
  return args.map((arg, at) => {
    const isFlag = arg === '--think' && (end < 0 || at < end);
    return isFlag && !isThinkLevel(args[at + 1] ?? '') ? '--think=on' : arg;
  });
}

function withChatFlags(command: Command): Command {
  return command
    .option('--system <text>', "in place of the model's own system message")
    .option('--format <json|file>', 'answer in JSON, or as the JSON Schema in a file says')
    .option('--think [level]', 'on, off, low, medium, high or max')
    .option('--hidethinking', 'do not show what the model thinks')
    .option('--verbose', 'print timings after the answer')
    .option('--nowordwrap', 'do not break lines between words')
    .option('--priority <priority>', 'high (the default), normal or low')
    .option('--keepalive <duration>', 'accepted, and left to the server');
}
