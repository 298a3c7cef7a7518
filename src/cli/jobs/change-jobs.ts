/** One change made to jobs that are named, and to the jobs of batches that it can be made to. */
import type { ApiClient } from '../../client/api-client.ts';
import type { JobStatus } from '../../client/generated/graphql.ts';
import { append } from '../../domain/long-lists.ts';
import { type ConnectionOptions, connected } from '../connection.ts';
import { EXIT, type ExitCode } from '../exit.ts';
import { onInterrupt } from '../terminal/interrupts.ts';
import type { Terminal } from '../terminal/terminal.ts';
import { batchJobs } from './api-calls.ts';
import { findIds } from './ids.ts';
import { statusText } from './job-report.ts';

export type Changed =
  | { readonly kind: 'changed'; readonly status: JobStatus }
  /** It is not in a status any more in which it could be changed. */
  | { readonly kind: 'late'; readonly message: string }
  | { readonly kind: 'refused'; readonly message: string };

export interface JobChange {
  /** Which jobs of a batch are meant. */
  readonly from: readonly JobStatus[];
  /** `cancelled`, as in `5 jobs cancelled`. */
  readonly done: string;
  change(api: ApiClient, id: string): Promise<Changed>;
}

/** Requests under way at once: many jobs share one commit of the server then. */
const AT_ONCE = 16;

export async function changeJobs(
  texts: readonly string[],
  change: JobChange,
  options: ConnectionOptions & { readonly json?: boolean },
  terminal: Terminal,
): Promise<ExitCode> {
  return connected(options, terminal, async (api) => {
    const stopListening = onInterrupt(() => {
      terminal.note('\nStopped. What was done so far stays; the jobs go on. "vramkeeper jobs" shows them.');
      process.exit(EXIT.interrupted);
    });
    try {
      const meant = await findIds(api, texts);
      let exit: ExitCode = EXIT.done;
      for (const { kind, id } of meant) {
        const done =
          kind === 'batch'
            ? await changeBatch(api, id, change, options.json ?? false, terminal)
            : await changeOne(api, id, change, options.json ?? false, terminal);
        if (!done) exit = EXIT.failed;
      }
      return exit;
    } finally {
      stopListening();
    }
  });
}

async function changeOne(
  api: ApiClient,
  id: string,
  change: JobChange,
  json: boolean,
  terminal: Terminal,
): Promise<boolean> {
  const outcome = await change.change(api, id);
  if (outcome.kind !== 'changed') {
    terminal.note(`${id}: ${outcome.message}`);
    return false;
  }
  const { status } = outcome;
  terminal.outLine(json ? JSON.stringify({ id, status }) : `${id} ${statusText(status, terminal)}`);
  return true;
}

/** Jobs that end meanwhile are no failure: a batch is a moving target. */
async function changeBatch(
  api: ApiClient,
  id: string,
  change: JobChange,
  json: boolean,
  terminal: Terminal,
): Promise<boolean> {
  const jobs = await batchJobs(api, id);
  const meant = jobs.filter(({ status }) => change.from.includes(status));
  const outcomes = await inParallel(meant, (job) => change.change(api, job.id));
  const changed = outcomes.filter(({ kind }) => kind === 'changed').length;
  const refused = outcomes.flatMap((one) => (one.kind === 'refused' ? [one.message] : []));
  const others = jobs.length - changed;
  if (json) terminal.outLine(JSON.stringify({ id, changed, unchanged: others }));
  else {
    const rest = others === 0 ? '' : `, ${others} left as ${others === 1 ? 'it is' : 'they are'}`;
    terminal.outLine(`${id}: ${changed} ${changed === 1 ? 'job' : 'jobs'} ${change.done}${rest}`);
  }
  if (refused[0] !== undefined) terminal.note(`${id}: ${refused[0]}`);
  return refused.length === 0;
}

async function inParallel<T, R>(items: readonly T[], work: (item: T) => Promise<R>): Promise<readonly R[]> {
  const results: R[] = [];
  for (let from = 0; from < items.length; from += AT_ONCE)
    append(results, await Promise.all(items.slice(from, from + AT_ONCE).map(work)));
  return results;
}
