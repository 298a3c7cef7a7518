/** What waits of one client. */
import { type BacklogView, bucketId } from './backlog.ts';
import type { Bucket } from './bucket.ts';
import { JOB_PRIORITIES } from './job.ts';

/** Without what is tried again later, which is in no bucket. */
export function bucketsOf(backlog: Pick<BacklogView, 'queues' | 'held'>, client: string): readonly Bucket[] {
  const limited = backlog.held.ofClient(client);
  if (limited.length > 0) return limited;
  return backlog
    .queues()
    .flatMap(({ queue, buckets }) =>
      JOB_PRIORITIES.flatMap((priority) => buckets.get(bucketId({ queue, priority, client })) ?? []),
    );
}
