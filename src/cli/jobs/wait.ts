/** `vramkeeper wait`: returns when jobs have ended, and its exit code says how. */
import type { ApiClient } from '../../client/api-client.ts';
import { type ConnectionOptions, connected } from '../connection.ts';
import { EXIT, type ExitCode } from '../exit.ts';
import { onInterrupt } from '../terminal/interrupts.ts';
import type { Terminal } from '../terminal/terminal.ts';
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
): Promise<ExitCode> {
  const tell = (id: string, status: WatchedStatus) =>
    terminal.outLine(options.json ? JSON.stringify({ id, status }) : `${id} ${statusText(status, terminal)}`);
  return connected(options, terminal, async (api) => {
    const ids = await jobIdsOf(api, await findIds(api, texts));
    const progress = createProgress(terminal);
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

async function jobIdsOf(api: ApiClient, meant: readonly Meant[]): Promise<readonly string[]> {
  const ids: string[] = [];
  for (const { kind, id } of meant) {
    if (kind === 'job') ids.push(id);
    else for (const job of await batchJobs(api, id)) ids.push(job.id);
  }
  return ids;
}
