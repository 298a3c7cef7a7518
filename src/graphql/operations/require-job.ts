import { isId } from '../../domain/ids.ts';
import type { Job } from '../../domain/job.ts';
import type { GraphQLContext } from '../context.ts';
import { requestError } from '../request-errors.ts';

/** The job that a subscription is to follow. @throws GraphQLError NOT_FOUND */
export async function requireJob(id: string, { loaders }: GraphQLContext): Promise<Job> {
  const job = isId('job', id) ? await loaders.job.load(id) : null;
  if (job) return job;
  throw requestError('NOT_FOUND', 'There is no job with this id. Finished jobs are forgotten after a while.');
}
