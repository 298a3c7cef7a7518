/** `vramkeeper export`: jobs with their answers, one a line. */
import type { ApiClient } from '../../client/api-client.ts';
import { ListJobs, ShowJob } from '../../client/documents.ts';
import type { ListJobsQuery } from '../../client/generated/graphql.ts';
import { type ConnectionOptions, connected } from '../connection.ts';
import { EXIT, type ExitCode } from '../exit.ts';
import type { Terminal } from '../terminal/terminal.ts';
import { wholeJob } from './api-calls.ts';
import { parseStatus } from './jobs.ts';

export interface ExportOptions extends ConnectionOptions {
  readonly status?: readonly string[];
}

const PAGE = 100;
/** Whole jobs that are asked for at once: each may be large. */
const AT_ONCE = 8;

/** All that the caller's key may see, newest first: those that come meanwhile are not among them, and none is there twice. */
export async function exportJobs(options: ExportOptions, terminal: Terminal): Promise<ExitCode> {
  const statuses = options.status?.map(parseStatus);
  return connected(options, terminal, async (api) => {
    const filter = statuses?.length ? { statuses } : {};
    let after: string | null = null;
    let count = 0;
    do {
      const { jobs }: ListJobsQuery = await api.request(ListJobs, { first: PAGE, after, filter });
      for (let start = 0; start < jobs.nodes.length; start += AT_ONCE) {
        const part = jobs.nodes.slice(start, start + AT_ONCE);
        for (const job of await Promise.all(part.map(({ id }) => readWhole(api, id)))) {
          if (!job) continue;
          terminal.outLine(JSON.stringify(job));
          count += 1;
        }
      }
      after = jobs.pageInfo.hasNextPage ? (jobs.pageInfo.endCursor ?? null) : null;
    } while (after !== null);
    terminal.note(`${count} jobs.`);
    return EXIT.done;
  });
}

/** Null where it was forgotten since its page was read. */
async function readWhole(api: ApiClient, id: string): Promise<object | null> {
  const { job } = await api.request(ShowJob, { id });
  return job ? wholeJob(api, job) : null;
}
