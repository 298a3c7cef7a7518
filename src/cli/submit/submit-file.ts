/** `vramkeeper submit --batch`: a file of jobs, checked as a whole before any of them is queued. */
import type { ApiClient } from '../../client/api-client.ts';
import { ServerUnreachableError } from '../../client/errors.ts';
import type { SubmitJobInput } from '../../client/generated/graphql.ts';
import { CheckBatch } from '../../client/job-documents.ts';
import { type ConnectionOptions, connected } from '../connection.ts';
import type { ExitCode } from '../exit.ts';
import { LARGEST_BATCH } from '../jobs/api-calls.ts';
import type { Terminal } from '../terminal/terminal.ts';
import { batchProblems, jobsOf, type Objection, readBatch } from './batch-file.ts';
import { type JobDefaults, withDefaults } from './job-defaults.ts';
import { type ManyJobs, runMany } from './submit-many.ts';

export interface FileOptions extends Pick<ManyJobs, 'pause' | 'wait' | 'json'> {
  readonly defaults: JobDefaults;
  readonly connection: ConnectionOptions;
}

/** @throws CommandError with every line that is wrong */
export async function submitBatchFile(
  path: string,
  { defaults, connection, ...many }: FileOptions,
  terminal: Terminal,
): Promise<ExitCode> {
  const file = await readBatch(path);
  const jobs = jobsOf(file).map((job) => withDefaults(job, defaults));
  const own = batchProblems(file, []);
  return connected(connection, terminal, async (api) => {
    const problems = batchProblems(file, await objections(api, jobs, own !== null));
    if (problems) throw problems;
    const lines = file.lines.map(({ number }) => number);
    return runMany(api, { ...many, jobs, lines, name: file.name, results: 'texts' }, terminal);
  });
}

/** @param mayFail what is wrong without the server's word is told without it, where there is no server */
async function objections(
  api: ApiClient,
  jobs: readonly SubmitJobInput[],
  mayFail: boolean,
): Promise<readonly Objection[]> {
  const found: Objection[] = [];
  try {
    for (let from = 0; from < jobs.length; from += LARGEST_BATCH) {
      const input = { jobs: jobs.slice(from, from + LARGEST_BATCH) };
      const { checkBatch } = await api.request(CheckBatch, { input });
      // Of the path the first two names are the list and the place in it.
      for (const { path, message } of checkBatch)
        found.push({ job: from + Number(path[1] ?? 0), path: path.slice(2), message });
    }
  } catch (error) {
    if (!mayFail || !(error instanceof ServerUnreachableError)) throw error;
  }
  return found;
}
