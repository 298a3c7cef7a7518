/** `vramkeeper wait`: returns when jobs have ended, and its exit code says how. */
import type { ApiClient } from '../../client/api-client.ts';
import { ExpectedEnds } from '../../client/documents.ts';
import { type Clock, systemClock } from '../../clock.ts';
import { type ConnectionOptions, connected } from '../connection.ts';
import { EXIT, type ExitCode } from '../exit.ts';
import { onInterrupt } from '../terminal/interrupts.ts';
import type { Terminal } from '../terminal/terminal.ts';
import { relative } from '../terminal/when.ts';
import { batchJobs } from './api-calls.ts';
import { findIds, type Meant } from './ids.ts';
import { statusText } from './job-report.ts';
import { JobWatch, type WatchedStatus } from './job-watch.ts';
import { createProgress } from './progress.ts';

/** Fails unless every job is complete. */
export async function waitForJobs(
  texts: readonly string[],
  options: ConnectionOptions & { readonly json?: boolean },
  terminal: Terminal,
  clock: Clock = systemClock,
): Promise<ExitCode> {
  const tell = (id: string, status: WatchedStatus) =>
    terminal.outLine(options.json ? JSON.stringify({ id, status }) : `${id} ${statusText(status, terminal)}`);
  return connected(options, terminal, async (api) => {
    const ids = await jobIdsOf(api, await findIds(api, texts));
    const progress = createProgress(terminal);
    const end = await expectedEnd(api, ids);
    if (end !== null) terminal.note(`The last of them should be done ${relative(end, clock)}.`);
    const stopListening = onInterrupt(() => {
      progress.stop();
      terminal.note('\nThe jobs go on without you. "vramkeeper jobs" shows them.');
      process.exit(EXIT.interrupted);
    });
    try {
      const watch = new JobWatch(api, {
        onChange: (tally) => progress.update(tally),
        onEnd: (id, status) => progress.aside(() => tell(id, status)),
      });
      watch.add(ids);
      watch.seal();
      await watch.untilDone();
      const { complete, total } = watch.tally();
      return complete === total ? EXIT.done : EXIT.failed;
    } finally {
      progress.stop();
      stopListening();
    }
  });
}

/** Of how many the server is asked at once. */
const MOST_ASKED = 100;

/** Null where they are too many to ask about, have all ended, or where the end of one is not known. */
async function expectedEnd(api: ApiClient, ids: readonly string[]): Promise<string | null> {
  if (ids.length > MOST_ASKED) return null;
  const { nodes } = await api.request(ExpectedEnds, { ids: [...ids] });
  const unfinished = nodes.flatMap((node) => (node?.__typename === 'Job' && !node.finishedAt ? [node] : []));
  // One that runs for longer than it should says nothing of those that wait.
  if (unfinished.some(({ expectedEndAt, status }) => !expectedEndAt && status !== 'RUNNING')) return null;
  return (
    unfinished
      .flatMap(({ expectedEndAt }) => expectedEndAt ?? [])
      .sort()
      .at(-1) ?? null
  );
}

async function jobIdsOf(api: ApiClient, meant: readonly Meant[]): Promise<readonly string[]> {
  const ids: string[] = [];
  for (const { kind, id } of meant) {
    if (kind === 'job') ids.push(id);
    else for (const job of await batchJobs(api, id)) ids.push(job.id);
  }
  return ids;
}
