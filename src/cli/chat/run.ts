/** `vramkeeper run`: one answer and out, or a conversation where nothing is asked yet. */
import { connected } from '../connection.ts';
import { EXIT, type ExitCode, UsageError } from '../exit.ts';
import { wholeJob } from '../jobs/api-calls.ts';
import { cutNote } from '../jobs/job-report.ts';
import { readStandardInput } from '../submit/job-input.ts';
import { factLines } from '../terminal/facts.ts';
import { onInterrupt } from '../terminal/interrupts.ts';
import { noteStyled, type Terminal } from '../terminal/terminal.ts';
import { RunningAnswer } from './answer.ts';
import { AnswerView, terminalAround, withoutOutput } from './answer-view.ts';
import { chat, goesOn, offerOf } from './chat.ts';
import { type ChatFlags, noteKeepAlive, startOf } from './chat-flags.ts';
import { asked, jobOf } from './conversation.ts';
import { needModel } from './model-choice.ts';
import { questionOf } from './question.ts';
import { timings } from './timings.ts';

export interface RunFlags extends ChatFlags {
  readonly json?: boolean;
}

export async function runModel(
  model: string,
  words: readonly string[],
  flags: RunFlags,
  terminal: Terminal,
): Promise<ExitCode> {
  if (words.length === 0 && process.stdin.isTTY) {
    if (flags.json) throw new UsageError('--json prints the job of one answer: give a prompt.');
    return chat(model, flags, terminal);
  }
  const prompt = await promptOf(words);
  if (prompt.trim() === '') throw new UsageError(`Give a prompt for ${model}, or send it to standard input.`);
  return answerOnce(model, prompt, flags, terminal);
}

/** What is sent comes before what is typed, as with `ollama run`. */
async function promptOf(words: readonly string[]): Promise<string> {
  const sent = process.stdin.isTTY ? '' : (await readStandardInput()).trimEnd();
  return [sent, ...words].filter((part) => part !== '').join(' ');
}

async function answerOnce(
  model: string,
  prompt: string,
  flags: RunFlags,
  terminal: Terminal,
): Promise<ExitCode> {
  const { conversation, settings } = await startOf(model, flags);
  const question = await questionOf(prompt, [], (path) => {
    if (terminal.notesAreTerminal) terminal.note(`Added the image ${path}.`);
  });
  noteKeepAlive(flags, terminal);
  const view = new AnswerView(flags.json ? withoutOutput(terminal) : terminal, settings);
  return connected(flags, terminalAround(view, terminal), async (api) => {
    await needModel(api, model, terminal, offerOf(model, flags, terminal));
    const answer = await RunningAnswer.begin(api, jobOf(asked(conversation, question), settings.priority));
    let isStopped = false;
    const stopListening = onInterrupt((count, signal) => {
      if (signal !== 'SIGINT') {
        view.note(goesOn(answer.id));
        process.exit(EXIT.interrupted);
      }
      if (count > 1) process.exit(EXIT.interrupted);
      isStopped = true;
      answer.cancel().catch(() => process.exit(EXIT.interrupted));
    });
    try {
      const { job } = await answer.show(view, () => {});
      if (flags.json) terminal.outLine(JSON.stringify(await wholeJob(api, job)));
      if (isStopped && job.status === 'CANCELLED') return EXIT.interrupted;
      if (job.status !== 'COMPLETE')
        terminal.note(
          `${job.status}. ${job.failure ? `${job.failure.code}: ${job.failure.message}` : ''}`.trimEnd(),
        );
      const cut = cutNote(job);
      if (cut) terminal.note(cut);
      if (settings.verbose) terminal.note(factLines(timings(job), noteStyled(terminal)));
      return job.status === 'COMPLETE' ? EXIT.done : EXIT.failed;
    } finally {
      stopListening();
    }
  });
}
