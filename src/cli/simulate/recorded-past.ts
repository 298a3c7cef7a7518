/** What a server has done, read from it as recorded jobs. */
import type { ApiClient } from '../../client/api-client.ts';
import type { ModelSizesQuery, RecordedJobsQuery } from '../../client/generated/graphql.ts';
import { ModelSizes, RecordedJobs } from '../../client/recorded-documents.ts';
import { append } from '../../domain/long-lists.ts';
import type { SimulatedModel, TraceJob } from '../../simulator/index.ts';
import { CommandError } from '../exit.ts';

const LARGEST_PAGE = 100;

export interface RecordedPast {
  readonly jobs: readonly TraceJob[];
  readonly models: readonly SimulatedModel[];
}

/** The newest `limit` jobs that were completed, in order of arrival. @throws CommandError when there are none */
export async function recordedPast(api: ApiClient, limit: number): Promise<RecordedPast> {
  const nodes = await newestJobs(api, limit);
  const done = nodes.flatMap(({ startedAt, finishedAt, ...job }) => {
    if (!startedAt || !finishedAt) return [];
    return [{ ...job, workMs: Math.max(1, Date.parse(finishedAt) - Date.parse(startedAt)) }];
  });
  const firstMs = done.reduce(
    (least, { createdAt }) => Math.min(least, Date.parse(createdAt)),
    Number.POSITIVE_INFINITY,
  );
  if (done.length === 0)
    throw new CommandError(
      'The server has no completed jobs that it still knows. It forgets them after its `retention`.',
    );
  const jobs = done.map(
    ({ modelName, client, priority, createdAt, workMs }): TraceJob => ({
      arrivalMs: Date.parse(createdAt) - firstMs,
      promptTokens: 0,
      outputTokens: 0,
      workMs,
      model: modelName,
      modelBytes: null,
      client,
      priority,
    }),
  );
  return { jobs: jobs.sort((a, b) => a.arrivalMs - b.arrivalMs), models: await sizes(api) };
}

async function newestJobs(api: ApiClient, limit: number): Promise<RecordedJobsQuery['jobs']['nodes']> {
  const found: RecordedJobsQuery['jobs']['nodes'][number][] = [];
  for (let after: string | null = null; found.length < limit; ) {
    const first = Math.min(LARGEST_PAGE, limit - found.length);
    const { jobs }: RecordedJobsQuery = await api.request(RecordedJobs, { first, after });
    append(found, jobs.nodes);
    if (!jobs.pageInfo.hasNextPage) break;
    after = jobs.pageInfo.endCursor ?? null;
  }
  return found;
}

/** As they are estimated, or were measured; of those that nobody knows what their files take. */
async function sizes(api: ApiClient): Promise<readonly SimulatedModel[]> {
  const models: SimulatedModel[] = [];
  for (let after: string | null = null; ; ) {
    const { models: page }: ModelSizesQuery = await api.request(ModelSizes, { first: LARGEST_PAGE, after });
    append(
      models,
      page.nodes.map(({ name, diskBytes, vramEstimate }): SimulatedModel => {
        const bytes = vramEstimate?.bytes ?? diskBytes;
        return { name, bytes, weightsBytes: diskBytes, predictedBytes: bytes };
      }),
    );
    if (!page.pageInfo.hasNextPage) return models;
    after = page.pageInfo.endCursor ?? null;
  }
}
