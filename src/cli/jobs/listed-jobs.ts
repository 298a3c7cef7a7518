/** Jobs as lists show them, read page by page. */
import type { ApiClient } from '../../client/api-client.ts';
import { ListJobs } from '../../client/documents.ts';
import type { JobFilter, ListJobsQuery } from '../../client/generated/graphql.ts';
import { append } from '../../domain/long-lists.ts';

const LARGEST_PAGE = 100;

export type ListedJob = ListJobsQuery['jobs']['nodes'][number];

/** At most `limit`, newest first, and how many there are in all. */
export async function newestJobs(
  api: ApiClient,
  filter: JobFilter,
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
