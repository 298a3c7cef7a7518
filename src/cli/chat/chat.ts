/** `vramkeeper chat`: a conversation with a model. */
import { createInterface } from 'node:readline/promises';
import { connected } from '../connection.ts';
import { EXIT, type ExitCode } from '../exit.ts';
import { pullModel } from '../models/pull.ts';
import { onInterrupt } from '../terminal/interrupts.ts';
import type { Terminal } from '../terminal/terminal.ts';
import { AnswerView, terminalAround } from './answer-view.ts';
import { type ChatFlags, noteKeepAlive, startOf } from './chat-flags.ts';
import { ChatSession } from './chat-session.ts';
import { LineInput } from './line-input.ts';
import { isYes, needModel, type Offer } from './model-choice.ts';

export async function chat(model: string, flags: ChatFlags, terminal: Terminal): Promise<ExitCode> {
  const start = await startOf(model, flags);
  noteKeepAlive(flags, terminal);
  const view = new AnswerView(terminal, start.settings);
  return connected(flags, terminalAround(view, terminal), async (api) => {
    await needModel(api, model, terminal, offerOf(model, flags, terminal));
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

/** Of a model that is missing at the start; null where nobody can be asked. */
export function offerOf(model: string, flags: ChatFlags, terminal: Terminal): Offer | null {
  if (!process.stdin.isTTY || !terminal.notesAreTerminal) return null;
  return { agrees, pull: () => pullModel(model, flags, terminal) };
}

/** Leaving is no. */
async function agrees(question: string): Promise<boolean> {
  const lines = createInterface({ input: process.stdin, output: process.stderr });
  try {
    const left = new Promise<string>((resolve) => {
      lines.once('close', () => resolve(''));
    });
    return isYes(await Promise.race([lines.question(question), left]));
  } finally {
    lines.close();
  }
}
