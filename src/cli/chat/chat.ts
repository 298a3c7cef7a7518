/** `vramkeeper chat`: a conversation with a model. */
import { createInterface } from 'node:readline/promises';
import type { ApiClient } from '../../client/api-client.ts';
import { connected } from '../connection.ts';
import { CommandError, EXIT, type ExitCode } from '../exit.ts';
import { pullModel } from '../models/pull.ts';
import { onInterrupt } from '../terminal/interrupts.ts';
import type { Terminal } from '../terminal/terminal.ts';
import { AnswerView, terminalAround } from './answer-view.ts';
import { type ChatFlags, noteKeepAlive, startOf } from './chat-flags.ts';
import { ChatSession } from './chat-session.ts';
import { LineInput } from './line-input.ts';
import { lookForModel } from './model-choice.ts';

export async function chat(model: string, flags: ChatFlags, terminal: Terminal): Promise<ExitCode> {
  const start = await startOf(model, flags);
  noteKeepAlive(flags, terminal);
  const view = new AnswerView(terminal, start.settings);
  return connected(flags, terminalAround(view, terminal), async (api) => {
    await needModel(api, model, flags, terminal);
    const session = new ChatSession(
      api,
      start,
      view,
      terminal,
      (handlers) => new LineInput({ input: process.stdin, output: process.stdout, ...handlers }),
    );
    const stopListening = onInterrupt((_count, signal) => {
      if (signal === 'SIGINT' && session.jobId !== null) return session.interrupt();
      // The terminal is gone, or somebody ends the program: nobody has said that the answer is not wanted.
      if (session.jobId !== null) session.say(goesOn(session.jobId));
      process.exit(EXIT.interrupted);
    });
    try {
      return await session.talk();
    } finally {
      stopListening();
      session.input.close();
    }
  });
}

/** Of a job whose reader leaves without having stopped it. */
export function goesOn(id: string): string {
  return `The job goes on without you. Read it with "vramkeeper follow ${id}", end it with "vramkeeper cancel ${id}".`;
}

/** @throws CommandError when it is not there and is not to be fetched */
export async function needModel(
  api: ApiClient,
  model: string,
  flags: ChatFlags,
  terminal: Terminal,
): Promise<void> {
  const choice = await lookForModel(api, model);
  if (choice.kind === 'there') return;
  if (!process.stdin.isTTY || !terminal.notesAreTerminal)
    throw new CommandError(`${choice.message}\nFetch it with "vramkeeper pull ${model}".`);
  terminal.note(choice.message);
  if (!(await agrees(`Fetch it now, as "vramkeeper pull ${model}" does? [y/N] `)))
    throw new CommandError(`Then choose another. "vramkeeper list" has those that are there.`);
  const exit = await pullModel(model, flags, terminal);
  if (exit !== EXIT.done) throw new CommandError(`Without ${model} there is nobody to talk to.`);
}

/** Leaving is no. */
async function agrees(question: string): Promise<boolean> {
  const lines = createInterface({ input: process.stdin, output: process.stderr });
  try {
    const left = new Promise<string>((resolve) => {
      lines.once('close', () => resolve(''));
    });
    return /^y(es)?$/i.test((await Promise.race([lines.question(question), left])).trim());
  } finally {
    lines.close();
  }
}
