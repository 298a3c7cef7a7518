/** `vramkeeper follow`: what a job says while it says it, or what becomes of the jobs of a batch. */
import type { ApiClient } from '../../client/api-client.ts';
import { type ConnectionOptions, connected } from '../connection.ts';
import { EXIT, type ExitCode } from '../exit.ts';
import { onInterrupt } from '../terminal/interrupts.ts';
import type { Terminal } from '../terminal/terminal.ts';
import { batchJobs, showJob } from './api-calls.ts';
import { findId } from './ids.ts';
import { JobResults, tallyText } from './job-results.ts';
import { JobWatch } from './job-watch.ts';
import { createProgress } from './progress.ts';
import { runOne } from './run-one.ts';

export async function follow(
  text: string,
  options: ConnectionOptions & { readonly json?: boolean },
  terminal: Terminal,
): Promise<ExitCode> {
  const json = options.json ?? false;
  return connected(options, terminal, async (api) => {
    const { kind, id } = await findId(api, text);
    return kind === 'job'
      ? runOne(api, await showJob(api, id), { json }, terminal)
      : followBatch(api, id, json, terminal);
  });
}

async function followBatch(
  api: ApiClient,
  batchId: string,
  json: boolean,
  terminal: Terminal,
): Promise<ExitCode> {
  const jobs = await batchJobs(api, batchId);
  const progress = createProgress(terminal);
  const stopListening = onInterrupt(() => {
    progress.stop();
    terminal.note(`\nThe jobs go on without you. End them with "vramkeeper cancel ${batchId}".`);
    process.exit(EXIT.interrupted);
  });
  try {
    const results = new JobResults(api, { json, total: jobs.length }, progress, terminal);
    const watch = new JobWatch(api, {
      filter: { batchId },
      onChange: (tally) => progress.update(tally),
      onEnd: (id, status) => results.ended(id, status),
    });
    results.number(jobs);
    watch.add(jobs.map(({ id }) => id));
    watch.seal();
    await watch.untilDone();
    await results.told();
    progress.stop();
    const tally = watch.tally();
    if (!json) terminal.outLine(tallyText(tally));
    return tally.complete === tally.total ? EXIT.done : EXIT.failed;
  } finally {
    progress.stop();
    stopListening();
  }
}
