/** How many jobs of its own queue and priority start before a job: clients take turns, the least served first. */
import { bucketId, placeInBucket, type QueueBacklog } from '../../domain/backlog.ts';
import type { Job } from '../../domain/job.ts';
import { EXPECTED_SERVICE_SECONDS } from '../decide/constants.ts';
import { orderOf, type ServiceCounters } from '../decide/queue-order.ts';

/** So many clients are looked at one by one; of the others their mean. */
const MOST_CLIENTS = 64;

export type Placed = Pick<Job, 'client' | 'priority'> & {
  /** Null for one that comes now. */
  readonly sequence: number | null;
  /** So many of its bucket come before it. Absent: as its sequence has it. */
  readonly place?: number;
};

/**
 * @param backlog as it is now: of an older one the order of all its clients would have to be made anew
 * @param runSeconds what a job of the queue takes, null where nobody knows
 */
export function aheadOf(
  backlog: QueueBacklog,
  { client, priority, sequence, place }: Placed,
  service: ServiceCounters,
  runSeconds: number | null,
): number {
  const own = backlog.buckets.get(bucketId({ queue: backlog.queue, priority, client }));
  const taken = own ? (backlog.claimed?.get(own.id) ?? 0) : 0;
  const placed = place ?? (own ? (sequence === null ? own.count : placeInBucket(own, sequence)) : 0);
  const before = Math.max(0, placed - taken);
  const chargeSeconds = Math.max(1e-3, runSeconds ?? EXPECTED_SERVICE_SECONDS);
  const turnAt = (service.get(client) ?? 0) + before * chargeSeconds;
  const beforeOf = (used: number, count: number) =>
    Math.min(count, Math.max(0, Math.ceil((turnAt - used) / chargeSeconds)));
  let ahead = before;
  let seen = own?.count ?? 0;
  let clients = 0;
  const cursor = orderOf(backlog, service).usual(priority);
  for (let entry = cursor.next(); entry && clients < MOST_CLIENTS; entry = cursor.next()) {
    clients += 1;
    if (entry.bucket.client === client) continue;
    const count = entry.bucket.count - (backlog.claimed?.get(entry.bucket.id) ?? 0);
    ahead += beforeOf(entry.service, count);
    seen += entry.bucket.count;
    if (entry.service > turnAt) break;
  }
  cursor.close();
  const rest = backlog.byPriority[priority].count - seen;
  const others = backlog.buckets.size - clients;
  if (clients < MOST_CLIENTS || rest <= 0 || others <= 0) return ahead;
  return ahead + others * beforeOf(service.get(client) ?? 0, rest / others);
}
