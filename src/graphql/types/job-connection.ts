/** Lists of jobs: the connection type, its order and cursors, and the one way to read a page of them. */
import type { GraphQLResolveInfo } from 'graphql';
import type { Job } from '../../domain/job.ts';
import type { JobFilter } from '../../domain/job-filter.ts';
import { type JobOrder, type JobOrderField, type JobPosition, jobPosition } from '../../domain/store.ts';
import { builder } from '../builder.ts';
import type { GraphQLContext } from '../context.ts';
import { connectionOf, type PageArguments, pageRange } from '../paging.ts';
import { JobRef } from '../refs.ts';

export const JobConnection = builder.connectionObject(
  { type: JobRef, name: 'JobConnection', description: 'A page of jobs.' },
  { name: 'JobEdge', description: 'A job and its place in the list.' },
);

/** @throws GraphQLError BAD_USER_INPUT */
export async function jobConnection(
  { answer, store, scope }: Pick<GraphQLContext, 'answer' | 'store' | 'scope'>,
  filter: JobFilter,
  order: JobOrder,
  args: PageArguments,
  info: GraphQLResolveInfo,
) {
  const range = pageRange(args, (text) => parsePosition(order.field, text));
  const page = await store.list({ filter, order, ...range }, scope);
  await answer.take(bytesOf(page.jobs), info);
  return connectionOf<Job>(
    { items: page.jobs, hasPrevious: page.hasPrevious, hasNext: page.hasNext },
    (job) => positionText(order.field, job),
    () => store.countJobs(filter, scope),
  );
}

/** What callers make as long as they like; a page of pages may hold ten thousand of them. */
function bytesOf(jobs: readonly Job[]): number {
  return jobs.reduce((sum, { labels, metadata }) => sum + JSON.stringify([labels, metadata]).length, 0);
}

function positionText(field: JobOrderField, job: Job): string {
  const { value, sequence } = jobPosition(job, field);
  return `${field} ${value ?? '-'} ${sequence}`;
}

const POSITION = /^([A-Z_]+) (-|\d{1,16}) (\d{1,16})$/;

function parsePosition(field: JobOrderField, text: string): JobPosition | undefined {
  const match = POSITION.exec(text);
  if (!match || match[1] !== field) return undefined;
  return { value: match[2] === '-' ? null : Number(match[2]), sequence: Number(match[3]) };
}
