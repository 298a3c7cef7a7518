/** Waits for one job and prints what it says while it says it. */
import type { ApiClient } from '../../client/api-client.ts';
import { JobOutput } from '../../client/documents.ts';
import type { JobOutputSubscription } from '../../client/generated/graphql.ts';
import { EXIT, type ExitCode } from '../exit.ts';
import { onInterrupt } from '../terminal/interrupts.ts';
import type { Terminal } from '../terminal/terminal.ts';
import { between } from '../terminal/when.ts';
import { embeddingsOf, type SubmittedJob, showJob, wholeJob } from './api-calls.ts';
import { cutNote, resultText } from './job-report.ts';
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
    for await (const { jobOutput } of api.subscribe(JobOutput, { id: submitted.id })) {
      waiting.abort();
      printer.print(jobOutput);
    }
    printer.end();
    return await finish(api, submitted.id, options, terminal);
  } finally {
    waiting.abort();
    stopListening();
  }
}

async function finish(
  api: ApiClient,
  id: string,
  options: { readonly json: boolean },
  terminal: Terminal,
): Promise<ExitCode> {
  const job = await showJob(api, id);
  if (options.json) terminal.outLine(JSON.stringify(await wholeJob(api, job)));
  else if (job.result?.__typename === 'EmbedResult')
    terminal.outLine(JSON.stringify(await embeddingsOf(api, id, job.result)));
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

type Chunk = JobOutputSubscription['jobOutput'];

/** Prints each piece once, although a stream that was interrupted begins again from the start. */
class OutputPrinter {
  readonly #terminal: Terminal;
  readonly #silent: boolean;
  #attempt = 1;
  /** Where the next new piece of the attempt starts, over all channels. */
  #next = 0;
  #openLine = false;
  #thinking = false;

  constructor(terminal: Terminal, silent: boolean) {
    this.#terminal = terminal;
    this.#silent = silent;
  }

  print(chunk: Chunk): void {
    if (this.#silent || chunk.attempt < this.#attempt) return;
    if (chunk.attempt > this.#attempt) this.#restart(chunk.attempt);
    const fresh = chunk.text.slice(Math.max(0, this.#next - chunk.offset));
    this.#next = Math.max(this.#next, chunk.offset + chunk.text.length);
    if (fresh === '') return;
    if (chunk.channel === 'THINKING') this.#think(fresh);
    else this.#say(fresh);
  }

  end(): void {
    if (this.#openLine) this.#terminal.outLine();
    this.#openLine = false;
  }

  /** What was printed before is void. */
  #restart(attempt: number): void {
    this.end();
    if (this.#next > 0) this.#terminal.note(`The attempt failed; this is attempt ${attempt}:`);
    this.#attempt = attempt;
    this.#next = 0;
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
    process.stderr.write(this.#terminal.noteStyle('dim', text));
    this.#thinking = true;
  }
}
