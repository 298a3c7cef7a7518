/** `vramkeeper job`: everything about a job, or how far a batch is. */
import type { ApiClient } from '../../client/api-client.ts';
import type { ShowBatchQuery } from '../../client/generated/graphql.ts';
import { ShowBatch } from '../../client/job-documents.ts';
import { type Clock, systemClock } from '../../clock.ts';
import { type ConnectionOptions, connected } from '../connection.ts';
import { CommandError, EXIT, type ExitCode } from '../exit.ts';
import { factLines } from '../terminal/facts.ts';
import type { Terminal } from '../terminal/terminal.ts';
import { relative } from '../terminal/when.ts';
import { showJob, wholeJob } from './api-calls.ts';
import { findId } from './ids.ts';
import { cutNote, jobReport } from './job-report.ts';
import { jobTable } from './job-table.ts';
import { newestJobs } from './listed-jobs.ts';

/** Of the jobs of a batch so many are shown with it. */
const MOST_SHOWN = 20;

export async function printJob(
  text: string,
  options: ConnectionOptions & { readonly json?: boolean },
  terminal: Terminal,
  clock: Clock = systemClock,
): Promise<ExitCode> {
  return connected(options, terminal, async (api) => {
    const { kind, id } = await findId(api, text);
    if (kind === 'batch') await printBatch(api, id, options.json ?? false, terminal, clock);
    else {
      const job = await showJob(api, id);
      terminal.outLine(
        options.json ? JSON.stringify(await wholeJob(api, job), null, 2) : jobReport(job, terminal, clock),
      );
      const cut = cutNote(job);
      if (cut) terminal.note(cut);
    }
    return EXIT.done;
  });
}

type ShownBatch = NonNullable<ShowBatchQuery['batch']>;

async function printBatch(
  api: ApiClient,
  id: string,
  json: boolean,
  terminal: Terminal,
  clock: Clock,
): Promise<void> {
  const { batch } = await api.request(ShowBatch, { id });
  if (!batch) throw new CommandError(`There is no batch ${id}. Finished ones are forgotten after a while.`);
  if (json) {
    terminal.outLine(JSON.stringify(batch, null, 2));
    return;
  }
  terminal.outLine(batchReport(batch, terminal, clock));
  const { jobs, totalCount } = await newestJobs(api, { batchId: id }, MOST_SHOWN);
  terminal.outLine(`\n${jobTable(jobs, terminal, clock)}`);
  if (jobs.length < totalCount)
    terminal.note(
      `The newest ${jobs.length} of ${totalCount} jobs; "vramkeeper jobs --batch ${id} --limit ${totalCount}" shows all.`,
    );
}

function batchReport(batch: ShownBatch, terminal: Terminal, clock: Clock): string {
  const { counts } = batch;
  const ended = counts.complete + counts.failed + counts.cancelled;
  const parts = [
    [counts.complete, 'complete'],
    [counts.failed, 'failed'],
    [counts.cancelled, 'cancelled'],
    [counts.running, 'running'],
    [counts.pending + counts.queued, 'waiting'],
  ] as const;
  const states = parts.flatMap(([count, name]) => (count > 0 ? [`${count} ${name}`] : [])).join(', ');
  return factLines(
    [
      ['Batch', batch.id],
      ['Name', batch.name],
      ['Client', batch.client],
      ['Submitted', relative(batch.createdAt, clock)],
      ['Finished', batch.finishedAt ? relative(batch.finishedAt, clock) : null],
      ['Ends', batch.expectedEnd ? relative(batch.expectedEnd, clock) : null],
      ['Progress', `${ended} of ${counts.total} ended: ${states}`],
    ],
    terminal,
  );
}
