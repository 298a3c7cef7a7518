/** `vramkeeper jobs` */
import type { ApiClient } from '../../client/api-client.ts';
import type { JobStatus } from '../../client/generated/graphql.ts';
import { type Clock, systemClock } from '../../clock.ts';
import { JOB_STATUSES } from '../../domain/job.ts';
import { type ConnectionOptions, connected } from '../connection.ts';
import { CommandError, EXIT, type ExitCode, UsageError } from '../exit.ts';
import type { Terminal } from '../terminal/terminal.ts';
import { findId } from './ids.ts';
import { jobTable } from './job-table.ts';
import { newestJobs } from './listed-jobs.ts';

export interface JobsOptions extends ConnectionOptions {
  readonly status?: readonly string[];
  readonly model?: readonly string[];
  readonly batch?: string;
  readonly limit: number;
  readonly json?: boolean;
}

export async function listJobs(
  options: JobsOptions,
  terminal: Terminal,
  clock: Clock = systemClock,
): Promise<ExitCode> {
  const statuses = options.status?.map(parseStatus);
  return connected(options, terminal, async (api) => {
    const filter = {
      ...(statuses?.length ? { statuses } : {}),
      ...(options.model?.length ? { models: [...options.model] } : {}),
      ...(options.batch === undefined ? {} : { batchId: await batchIdOf(api, options.batch) }),
    };
    const { jobs, totalCount } = await newestJobs(api, filter, options.limit);
    if (options.json) for (const job of jobs) terminal.outLine(JSON.stringify(job));
    else if (jobs.length > 0) terminal.outLine(jobTable(jobs, terminal, clock));
    if (!options.json && jobs.length < totalCount)
      terminal.note(`The newest ${jobs.length} of ${totalCount} jobs; --limit shows more.`);
    if (!options.json && totalCount === 0) terminal.note('No jobs.');
    return EXIT.done;
  });
}

async function batchIdOf(api: ApiClient, text: string): Promise<string> {
  const { kind, id } = await findId(api, text);
  if (kind === 'job') throw new CommandError(`${id} is a job; --batch takes the id of a batch.`);
  return id;
}

export function parseStatus(text: string): JobStatus {
  const found = JOB_STATUSES.find((status) => status === text.toUpperCase());
  if (!found)
    throw new UsageError(`"${text}" is not a status. Use ${JOB_STATUSES.join(', ').toLowerCase()}.`);
  return found;
}
