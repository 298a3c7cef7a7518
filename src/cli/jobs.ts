/** `vramkeeper jobs`, `job` and `cancel`. */
import type { ApiClient } from '../client/api-client.ts';
import { CancelJob, ListJobs } from '../client/documents.ts';
import type { JobStatus, ListJobsQuery } from '../client/generated/graphql.ts';
import { type Clock, systemClock } from '../clock.ts';
import { isTerminal, JOB_STATUSES } from '../domain/job.ts';
import { append } from '../domain/long-lists.ts';
import { batchJobs, showJob, wholeJob } from './api-calls.ts';
import { type ConnectionOptions, connected } from './connection.ts';
import { EXIT, type ExitCode, UsageError } from './exit.ts';
import { cutNote, jobReport, statusText } from './job-report.ts';
import { table } from './table.ts';
import type { Terminal } from './terminal.ts';
import { between, relative } from './when.ts';

const LARGEST_PAGE = 100;

export interface JobsOptions extends ConnectionOptions {
  readonly status?: readonly string[];
  readonly model?: readonly string[];
  readonly limit: number;
  readonly json?: boolean;
}

export async function listJobs(
  options: JobsOptions,
  terminal: Terminal,
  clock: Clock = systemClock,
): Promise<ExitCode> {
  const filter = {
    ...(options.status?.length ? { statuses: options.status.map(parseStatus) } : {}),
    ...(options.model?.length ? { models: [...options.model] } : {}),
  };
  return connected(options, terminal, async (api) => {
    const { jobs, totalCount } = await newestJobs(api, filter, options.limit);
    if (options.json) for (const job of jobs) terminal.outLine(JSON.stringify(job));
    else if (jobs.length > 0) terminal.outLine(jobTable(jobs, terminal, clock));
    if (!options.json && jobs.length < totalCount)
      terminal.note(`The newest ${jobs.length} of ${totalCount} jobs; --limit shows more.`);
    if (!options.json && totalCount === 0) terminal.note('No jobs.');
    return EXIT.done;
  });
}

type ListedJob = ListJobsQuery['jobs']['nodes'][number];

async function newestJobs(
  api: ApiClient,
  filter: { readonly statuses?: JobStatus[]; readonly models?: string[] },
  limit: number,
): Promise<{ readonly jobs: readonly ListedJob[]; readonly totalCount: number }> {
  const jobs: ListedJob[] = [];
  let after: string | null = null;
  let totalCount = 0;
  do {
    const first = Math.min(LARGEST_PAGE, limit - jobs.length);
    const { jobs: page }: ListJobsQuery = await api.request(ListJobs, { first, after, filter });
    append(jobs, page.nodes);
    totalCount = page.totalCount;
    after = page.pageInfo.hasNextPage ? (page.pageInfo.endCursor ?? null) : null;
  } while (after !== null && jobs.length < limit);
  return { jobs, totalCount };
}

function parseStatus(text: string): JobStatus {
  const found = JOB_STATUSES.find((status) => status === text.toUpperCase());
  if (!found)
    throw new UsageError(`"${text}" is not a status. Use ${JOB_STATUSES.join(', ').toLowerCase()}.`);
  return found;
}

function jobTable(jobs: readonly ListedJob[], terminal: Terminal, clock: Clock): string {
  return table(
    ['ID', 'STATUS', 'PRIORITY', 'KIND', 'MODEL', 'CLIENT', 'SUBMITTED', 'WAITED', 'RAN'],
    jobs.map((job) => [
      job.id,
      statusText(job.status, terminal),
      job.priority.toLowerCase(),
      job.kind.toLowerCase(),
      job.modelName,
      job.client,
      relative(job.createdAt, clock),
      between(job.createdAt, job.startedAt),
      between(job.startedAt, job.finishedAt),
    ]),
    [7, 8],
  );
}

export async function printJob(
  id: string,
  options: ConnectionOptions & { readonly json?: boolean },
  terminal: Terminal,
  clock: Clock = systemClock,
): Promise<ExitCode> {
  return connected(options, terminal, async (api) => {
    const job = await showJob(api, id);
    terminal.outLine(
      options.json ? JSON.stringify(await wholeJob(api, job), null, 2) : jobReport(job, terminal, clock),
    );
    const cut = cutNote(job);
    if (cut) terminal.note(cut);
    return EXIT.done;
  });
}

/** Ids of batches stand for all of their jobs that have not ended. */
export async function cancelJobs(
  ids: readonly string[],
  options: ConnectionOptions & { readonly reason?: string },
  terminal: Terminal,
): Promise<ExitCode> {
  return connected(options, terminal, async (api) => {
    let exit: ExitCode = EXIT.done;
    for (const id of ids) {
      const jobIds = id.startsWith('bat_') ? await unfinished(api, id) : [id];
      if (jobIds.length === 0) terminal.note(`${id}: every job has ended.`);
      for (const jobId of jobIds)
        if (!(await cancelOne(api, jobId, options.reason, terminal))) exit = EXIT.failed;
    }
    return exit;
  });
}

async function unfinished(api: ApiClient, batchId: string): Promise<readonly string[]> {
  const jobs = await batchJobs(api, batchId);
  return jobs.filter((job) => !isTerminal(job.status)).map((job) => job.id);
}

async function cancelOne(
  api: ApiClient,
  id: string,
  reason: string | undefined,
  terminal: Terminal,
): Promise<boolean> {
  const { cancelJob: answer } = await api.request(CancelJob, {
    input: { id, ...(reason ? { reason } : {}) },
  });
  if (answer.__typename === 'CancelJobPayload') {
    terminal.outLine(`${id} ${statusText(answer.job.status, terminal)}`);
    return true;
  }
  terminal.note(`${id}: ${answer.message}`);
  return false;
}
