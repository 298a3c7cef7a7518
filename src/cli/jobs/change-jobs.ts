/** One change made to jobs that are named, and to the jobs of batches that it can be made to. */
import type { ApiClient } from '../../client/api-client.ts';
import type { JobSelection, JobStatus } from '../../client/generated/graphql.ts';
import { ShowBatch } from '../../client/job-documents.ts';
import { type ConnectionOptions, connected } from '../connection.ts';
import { EXIT, type ExitCode } from '../exit.ts';
import { onInterrupt } from '../terminal/interrupts.ts';
import type { Terminal } from '../terminal/terminal.ts';
import { findIds } from './ids.ts';
import { statusText } from './job-report.ts';

export type Changed =
  | { readonly kind: 'changed'; readonly status: JobStatus }
  /** It is not in a status any more in which it could be changed. */
  | { readonly kind: 'late'; readonly message: string }
  | { readonly kind: 'refused'; readonly message: string };

export interface JobChange {
  /** `cancelled`, as in `5 jobs cancelled`. */
  readonly done: string;
  change(api: ApiClient, id: string): Promise<Changed>;
  /** Of all that it can be made to, as many as the server takes at once. */
  changeMany(api: ApiClient, jobs: JobSelection): Promise<ManyChanged>;
}

export type ManyChanged =
  | { readonly kind: 'changed'; readonly changed: number; readonly more: boolean }
  | { readonly kind: 'refused'; readonly message: string };

interface ManyAnswer {
  readonly __typename: string;
}

/** What a mutation of many jobs answered. */
export function manyChanged(
  answer:
    | (ManyAnswer & { readonly changed: number; readonly more: boolean })
    | (ManyAnswer & { readonly message: string; readonly issues?: readonly { readonly message: string }[] }),
): ManyChanged {
  if ('changed' in answer) return { kind: 'changed', changed: answer.changed, more: answer.more };
  const issues = answer.issues?.map(({ message }) => message).join(' ');
  return { kind: 'refused', message: issues || answer.message };
}

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
  const { batch } = await api.request(ShowBatch, { id });
  const total = batch?.counts.total ?? 0;
  const { changed, left } = await changeAll(total, () => change.changeMany(api, { filter: { batchId: id } }));
  const others = Math.max(0, total - changed);
  if (json) terminal.outLine(JSON.stringify({ id, changed, unchanged: others }));
  else {
    const rest = others === 0 ? '' : `, ${others} left as ${others === 1 ? 'it is' : 'they are'}`;
    terminal.outLine(`${id}: ${changed} ${changed === 1 ? 'job' : 'jobs'} ${change.done}${rest}`);
  }
  if (left !== null) terminal.note(`${id}: ${left}`);
  return left === null;
}

/**
 * Asks for as long as the server says that there is more, and each answer brings it nearer to the end. More changes than there are jobs
 * mean that the same ones come round again, as those do that fail as soon as they are queued again.
 * @returns `left` why jobs are left that could be changed, or null
 */
export async function changeAll(
  total: number,
  changeMore: () => Promise<ManyChanged>,
): Promise<{ readonly changed: number; readonly left: string | null }> {
  let changed = 0;
  for (;;) {
    const outcome = await changeMore();
    if (outcome.kind === 'refused') return { changed, left: outcome.message };
    changed += outcome.changed;
    if (!outcome.more) return { changed, left: null };
    if (outcome.changed === 0 || changed >= total) return { changed, left: LEFT };
  }
}

const LEFT = 'Not all of its jobs were reached. Do it again for the rest.';
