/** `vramkeeper import llama-swap FILE`: prints a backends section, and beside it what it leaves out. */
import { readFile } from 'node:fs/promises';
import { parse, stringify } from 'yaml';
import { messageOf } from '../../domain/errors.ts';
import { CommandError, EXIT, type ExitCode } from '../exit.ts';
import type { Terminal } from '../terminal/terminal.ts';
import { fromLlamaSwap } from './from-llama-swap.ts';
import { type LlamaSwapFile, llamaSwapFile } from './llama-swap-file.ts';

/** What it could not take over is told on standard error: standard output is YAML alone. */
export async function importLlamaSwap(path: string, terminal: Terminal): Promise<ExitCode> {
  const { models, leftOut } = fromLlamaSwap(await readLlamaSwap(path));
  for (const note of leftOut) terminal.note(note);
  if (Object.keys(models).length === 0)
    throw new CommandError(`No model of ${path} can be taken over, so nothing is written.`);
  const backends = [{ name: 'llama-swap', type: 'command', models }];
  terminal.out(stringify({ backends }, { lineWidth: 0 }));
  return EXIT.done;
}

async function readLlamaSwap(path: string): Promise<LlamaSwapFile> {
  let content: unknown;
  try {
    content = parse(await readFile(path, 'utf8'));
  } catch (error) {
    throw new CommandError(`${path} cannot be read: ${messageOf(error)}`, { cause: error });
  }
  const { data, error } = llamaSwapFile.safeParse(content);
  if (data) return data;
  const [issue] = error.issues;
  throw new CommandError(
    `${path} is no configuration of llama-swap (${issue?.path.join('.') || 'it'}: ${issue?.message}).`,
    { cause: error },
  );
}
