/** What would wait if one more job came. */
import { emptyBacklog, type QueueBacklog } from '../../domain/backlog.ts';
import type { JobPriority } from '../../domain/job.ts';
import type { Demand } from '../decide/snapshot.ts';

/** @param fresh what is waited for where nothing of its queue waits yet */
export function withOneMore(
  demand: readonly Demand[],
  fresh: Omit<Demand, 'backlog'> & Pick<QueueBacklog, 'queue'>,
  priority: JobPriority,
  now: number,
): readonly Demand[] {
  const { queue, ...place } = fresh;
  const known = demand.find(({ backlog }) => backlog.queue === queue);
  const { backlog, ...rest } = known ?? { ...place, backlog: emptyBacklog(queue) };
  const { count, createdAtSum, oldestCreatedAt } = backlog.byPriority[priority];
  const more = {
    count: count + 1,
    createdAtSum: createdAtSum + now,
    oldestCreatedAt: oldestCreatedAt ?? now,
  };
  const longer: QueueBacklog = {
    ...backlog,
    count: backlog.count + 1,
    oldestCreatedAt: Math.min(backlog.oldestCreatedAt, now),
    byPriority: { ...backlog.byPriority, [priority]: more },
  };
  return [...demand.filter((each) => each !== known), { ...rest, backlog: longer }];
}
