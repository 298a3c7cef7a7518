/** What would wait if more jobs came. */
import { emptyBacklog, type QueueBacklog } from '../../domain/backlog.ts';
import type { JobPriority } from '../../domain/job.ts';
import type { QueueKey } from '../../domain/queue-key.ts';
import type { Demand } from '../decide/snapshot.ts';

/** Jobs of one client that would come together, alike to whoever decides. */
export interface ComingJobs {
  readonly queue: QueueKey;
  readonly priority: JobPriority;
  /** At least one. */
  readonly count: number;
  /** What one of them takes, in milliseconds, in the mean. Absent: what others of its queue do. */
  readonly runMs?: number;
}

/** @param fresh what is waited for where nothing of its queue waits yet */
export function withMore(
  demand: readonly Demand[],
  fresh: Omit<Demand, 'backlog'>,
  { queue, priority, count: coming }: ComingJobs,
  now: number,
): readonly Demand[] {
  const known = demand.find(({ backlog }) => backlog.queue === queue);
  const { backlog, ...rest } = known ?? { ...fresh, backlog: emptyBacklog(queue) };
  const { count, createdAtSum, oldestCreatedAt } = backlog.byPriority[priority];
  const more = {
    count: count + coming,
    createdAtSum: createdAtSum + coming * now,
    oldestCreatedAt: oldestCreatedAt ?? now,
  };
  const longer: QueueBacklog = {
    ...backlog,
    count: backlog.count + coming,
    oldestCreatedAt: Math.min(backlog.oldestCreatedAt, now),
    byPriority: { ...backlog.byPriority, [priority]: more },
  };
  return [...demand.filter((each) => each !== known), { ...rest, backlog: longer }];
}
