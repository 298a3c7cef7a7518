/** Waits for one job and prints what it says while it says it. */
import type { ApiClient } from '../../client/api-client.ts';
import { EXIT, type ExitCode } from '../exit.ts';
import { onInterrupt } from '../terminal/interrupts.ts';
import type { Terminal } from '../terminal/terminal.ts';
import { between } from '../terminal/when.ts';
import { embeddingsOf, type ShownJob, type SubmittedJob, wholeJob } from './api-calls.ts';
import { followOutput } from './follow-output.ts';
import { cutNote, resultText } from './job-report.ts';
import type { OutputPiece } from './output-track.ts';
import { tellWhyItWaits } from './wait-reasons.ts';

export async function runOne(
  api: ApiClient,
  submitted: SubmittedJob,
  options: { readonly json: boolean },
  terminal: Terminal,
): Promise<ExitCode> {
  if (terminal.notesAreTerminal)
    terminal.note(terminal.noteStyle('dim', `${submitted.id} on ${submitted.modelName}`));
  const stopListening = onInterrupt(() => {
    terminal.note(
      `\nThe job goes on without you. Look at it with "vramkeeper job ${submitted.id}", end it with "vramkeeper cancel ${submitted.id}".`,
    );
    process.exit(EXIT.interrupted);
  });
  const waiting = new AbortController();
  void tellWhyItWaits(api, submitted.id, (text) => terminal.note(text), waiting.signal);
  try {
    const printer = new OutputPrinter(terminal, options.json);
    const job = await followOutput(api, submitted.id, (piece) => {
      waiting.abort();
      printer.print(piece);
    });
    printer.end();
    return await finish(api, job, options, terminal);
  } finally {
    waiting.abort();
    stopListening();
  }
}

async function finish(
  api: ApiClient,
  job: ShownJob,
  options: { readonly json: boolean },
  terminal: Terminal,
): Promise<ExitCode> {
  if (options.json) terminal.outLine(JSON.stringify(await wholeJob(api, job)));
  else if (job.result?.__typename === 'EmbedResult')
    terminal.outLine(JSON.stringify(await embeddingsOf(api, job.id, job.result)));
  else if (job.status !== 'COMPLETE') terminal.note(`${job.status}. ${resultText(job)}`.trimEnd());
  if (job.status !== 'COMPLETE') return EXIT.failed;
  const cut = cutNote(job);
  if (cut) terminal.note(cut);
  if (terminal.notesAreTerminal) {
    const waited = between(job.createdAt, job.startedAt);
    const tokens = job.result ? `, ${job.result.usage.completionTokens} tokens` : '';
    terminal.note(
      terminal.noteStyle('dim', `waited ${waited}, ran ${between(job.startedAt, job.finishedAt)}${tokens}`),
    );
  }
  return EXIT.done;
}

/** Prints what comes: the text as the result, the thinking as a note. */
class OutputPrinter {
  readonly #terminal: Terminal;
  readonly #silent: boolean;
  #openLine = false;
  #thinking = false;

  constructor(terminal: Terminal, silent: boolean) {
    this.#terminal = terminal;
    this.#silent = silent;
  }

  print({ channel, text, newAttempt }: OutputPiece): void {
    if (this.#silent) return;
    if (newAttempt !== null) this.#restart(newAttempt);
    if (text === '') return;
    if (channel === 'THINKING') this.#think(text);
    else this.#say(text);
  }

  end(): void {
    if (this.#openLine) this.#terminal.outLine();
    this.#openLine = false;
  }

  /** What was printed before is void. */
  #restart(attempt: number): void {
    this.end();
    this.#terminal.note(`The attempt failed; this is attempt ${attempt}:`);
  }

  #say(text: string): void {
    if (this.#thinking) this.#terminal.note('');
    this.#thinking = false;
    this.#terminal.out(text);
    this.#openLine = !text.endsWith('\n');
  }

  /** Not part of the result: only where somebody watches. */
  #think(text: string): void {
    if (!this.#terminal.notesAreTerminal) return;
    this.#terminal.noteText(this.#terminal.noteStyle('dim', text));
    this.#thinking = true;
  }
}
