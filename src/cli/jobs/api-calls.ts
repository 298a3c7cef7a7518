/** Requests to the server whose refusals become sentences. */
import type { ApiClient } from '../../client/api-client.ts';
import { BatchJobs, ReadEmbeddings, ShowJob, SubmitBatch, SubmitJob } from '../../client/documents.ts';
import type {
  BatchJobsQuery,
  ModelCapability,
  ShowJobQuery,
  SubmitJobInput,
} from '../../client/generated/graphql.ts';
import { ListModels, ModelFacts } from '../../client/model-documents.ts';
import { append } from '../../domain/long-lists.ts';
import { MiB } from '../../domain/units.ts';
import { CommandError } from '../exit.ts';

/** The most jobs that one batch may have. */
export const LARGEST_BATCH = 1000;

interface Issue {
  readonly path: readonly string[];
  readonly message: string;
}

interface Refusal {
  readonly __typename: string;
  readonly message: string;
  readonly issues?: readonly Issue[];
}

/** The server took nothing of what was submitted. */
class SubmissionRefusedError extends CommandError {
  constructor(message: string, issues: readonly Issue[]) {
    super(
      issues.length === 0
        ? message
        : issues.map((issue) => `${issue.path.join('.') || 'input'}: ${issue.message}`).join('\n'),
    );
  }
}

function refused(refusal: Refusal): SubmissionRefusedError {
  return new SubmissionRefusedError(refusal.message, refusal.issues ?? []);
}

export interface SubmittedJob {
  readonly id: string;
  readonly modelName: string;
}

/** @throws SubmissionRefusedError */
export async function submitJob(
  api: ApiClient,
  input: SubmitJobInput,
): Promise<SubmittedJob & { readonly kind: string }> {
  const { submitJob: answer } = await api.request(SubmitJob, { input });
  if (answer.__typename === 'SubmitJobPayload') return answer.job;
  throw refused(answer);
}

/** One batch of at most LARGEST_BATCH jobs. @throws SubmissionRefusedError */
export async function submitBatch(
  api: ApiClient,
  jobs: readonly SubmitJobInput[],
  name: string | null,
): Promise<string> {
  const { submitBatch: answer } = await api.request(SubmitBatch, { input: { jobs: [...jobs], name } });
  if (answer.__typename === 'SubmitBatchPayload') return answer.batch.id;
  throw refused(answer);
}

export type BatchJob = NonNullable<BatchJobsQuery['batch']>['jobs']['nodes'][number];

/** Every job of a batch, in the order of submission. @throws CommandError when there is no such batch */
export async function batchJobs(api: ApiClient, batchId: string): Promise<readonly BatchJob[]> {
  const jobs: BatchJob[] = [];
  let after: string | null = null;
  do {
    const { batch }: BatchJobsQuery = await api.request(BatchJobs, { id: batchId, after });
    if (!batch)
      throw new CommandError(`There is no batch ${batchId}. Finished ones are forgotten after a while.`);
    append(jobs, batch.jobs.nodes);
    after = batch.jobs.pageInfo.hasNextPage ? (batch.jobs.pageInfo.endCursor ?? null) : null;
  } while (after !== null);
  return jobs;
}

export interface JobModel {
  readonly name: string;
  readonly capabilities: readonly ModelCapability[];
}

/** Every model that the server's backends have. */
export async function allModels(api: ApiClient): Promise<readonly JobModel[]> {
  const models: JobModel[] = [];
  let after: string | null = null;
  do {
    const page: { readonly nodes: readonly JobModel[]; readonly pageInfo: PageEnd } = (
      await api.request(ListModels, { after })
    ).models;
    append(models, page.nodes);
    after = page.pageInfo.hasNextPage ? (page.pageInfo.endCursor ?? null) : null;
  } while (after !== null);
  return models;
}

interface PageEnd {
  readonly hasNextPage: boolean;
  readonly endCursor?: string | null;
}

/** Null while no backend is known to have it. */
export async function findModel(api: ApiClient, name: string): Promise<JobModel | null> {
  return (await api.request(ModelFacts, { name })).model ?? null;
}

export type ShownJob = NonNullable<ShowJobQuery['job']>;

/** What one page of embeddings is to take at most; servers refuse much larger ones. */
const PAGE_BYTES = 4 * MiB;

/** Every vector of an embedding, read in pages. */
export async function embeddingsOf(
  api: ApiClient,
  id: string,
  { bytes, count }: { readonly bytes: number; readonly count: number },
): Promise<readonly (readonly number[])[]> {
  const first = Math.min(10_000, Math.max(1, Math.floor((PAGE_BYTES / bytes) * count)));
  const vectors: (readonly number[])[] = [];
  while (vectors.length < count) {
    const { job } = await api.request(ReadEmbeddings, { id, first, offset: vectors.length });
    if (job?.result?.__typename !== 'EmbedResult' || job.result.embeddings.length === 0)
      throw new CommandError(`The job ${id} was forgotten while its embeddings were read.`);
    append(vectors, job.result.embeddings);
  }
  return vectors;
}

/** The job with its embeddings, if it made any. */
export async function wholeJob(api: ApiClient, job: ShownJob): Promise<object> {
  const { result } = job;
  if (result?.__typename !== 'EmbedResult') return job;
  return { ...job, result: { ...result, embeddings: await embeddingsOf(api, job.id, result) } };
}

/** @throws CommandError when there is none */
export async function showJob(api: ApiClient, id: string): Promise<ShownJob> {
  const { job } = await api.request(ShowJob, { id });
  if (!job)
    throw new CommandError(
      `There is no job ${id}. Finished ones are forgotten after a while; "vramkeeper jobs" lists the others.`,
    );
  return job;
}
